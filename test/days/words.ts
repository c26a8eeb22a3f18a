import type { Incident, UnroutableEvent } from '../../src/detect/events/event.ts';
import { clock, Day, peers } from '../support/day.ts';

/** Forty voters, as in the independent count. */
export const all = peers(40);

/** A moment so many seconds after one of `clock`, as `Day` reads it. */
export function after(text: string, seconds: number): string {
  const at = new Date(clock(text) + seconds * 1000).toISOString();
  const days = (Date.parse(at.slice(0, 10)) - Date.UTC(2014, 11, 22)) / 86_400_000;
  return `${days === 0 ? '' : `+${days} `}${at.slice(11, 19)}`;
}

const played = new Map<string, Day>();

/**
 * A day on which all of it goes and comes: so many seconds down, then up, for an hour from 01:00 on. It is played once
 * and has ended: nothing is added to it.
 */
export function flappingDay(down: number, up: number): Day {
  const name = `${down} ${up}`;
  const day = played.get(name) ?? flapped(down, up);
  played.set(name, day);
  return day;
}

function flapped(down: number, up: number): Day {
  const day = new Day().dump('00:00', all);
  for (let t = 0; t < 3600; t += down + up)
    day.withdraw(after('01:00', t), all).announce(after('01:00', t + down), all);
  return day.tick('04:00');
}

/** Incidents as they were reported last, in order. */
export function incidentsOf({ events }: Day): readonly Incident[] {
  const found = new Map<string, Incident>();
  for (const { data } of events)
    if ('incident' in data && typeof data.incident === 'object') found.set(data.incident.id, data.incident);
  return [...found.values()];
}

/** The spans of an incident in short: `01:00:09 unroutable`, and when the last one ended. */
export function spansIn({ spans }: Incident): readonly string[] {
  const end = spans.at(-1)?.until;
  const texts = spans.map(
    ({ from, verdict, sinceAtLatest }) => `${from.slice(11, 19)} ${verdict}${sinceAtLatest ? ' or earlier' : ''}`,
  );
  return end === undefined ? texts : [...texts, `${end.slice(11, 19)} over`];
}

/** What updates of incidents report: `10:06:16 below-half spread`. */
export function newsOf({ events }: Day): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'incident.updated' ? [`${event.time.slice(11, 19)} ${event.data.changed?.join(' ')}`] : [],
  );
}

export function minutes(count: number): number {
  return count * 60_000;
}

export function eventsOf<Type extends UnroutableEvent['type']>(
  { events }: Day,
  type: Type,
): readonly Extract<UnroutableEvent, { type: Type }>[] {
  return events.filter((event): event is Extract<UnroutableEvent, { type: Type }> => event.type === type);
}
