import type { EventTime } from '../bgp/time.ts';
import type { Look } from './bucket.ts';
import { stamp } from './calendar.ts';

/** What voters saw at one moment, to the second. */
export type ExactLook = Omit<Look, 'upstreams'>;

/** The key of the record of the changes within a minute. */
export function exactKey(at: EventTime): string {
  return `x ${stamp.minute(at)}`;
}

/** The samples of one minute as JSON: times are relative to its start; the share is `null` while it is not known. */
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

/** @throws Error when the text has another form. */
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
