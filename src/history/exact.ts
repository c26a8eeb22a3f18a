import type { EventTime } from '../bgp/time.ts';
import type { Look } from './bucket.ts';
import { stamp } from './calendar.ts';

/** What was seen at one moment, to the second. */
export type ExactLook = Omit<Look, 'upstreams'>;

/** Key of the record of what changed within a minute. */
export function exactKey(at: EventTime): string {
  return `x ${stamp.minute(at)}`;
}

/** Looks of one minute as JSON: times from its begin; the share is `null` while it is not known. */
export function exactText(minute: EventTime, looks: readonly ExactLook[]): string {
  return JSON.stringify(
    looks.map(({ at, isBlind, share, voters, collectors, units }) => [
      at - minute,
      isBlind ? null : share,
      voters,
      collectors,
      ...(isBlind ? [] : units),
    ]),
  );
}

/** @throws Error when it was not so written. */
export function parseExact(minute: EventTime, text: string): ExactLook[] {
  type Row = [number, number | null, number, number, ...number[]];
  return (JSON.parse(text) as Row[]).map(([ms, share, voters, collectors, ...units]) => ({
    at: (minute + ms) as EventTime,
    isBlind: share === null,
    share: share ?? 0,
    voters,
    collectors,
    units,
  }));
}
