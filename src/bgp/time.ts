import type { Brand } from './brand.ts';

/**
 * Event time: whole milliseconds since 1970-01-01T00:00:00Z, by the collector's clock. It is the only clock of the
 * core. Finer parts (BGP4MP_ET has microseconds) are cut off, not rounded.
 */
export type EventTime = Brand<number, 'EventTime'>;

/** MRT timestamps are 32-bit seconds, RFC 6396 section 2: the latest possible time. */
export const LAST_EVENT_TIME = (0xffff_ffff * 1000 + 999) as EventTime;

/** Milliseconds of a minute. */
export const MINUTE_MS = 60_000;

/** Milliseconds of an hour. */
export const HOUR_MS = 60 * MINUTE_MS;

/** Milliseconds of a day. */
export const DAY_MS = 24 * HOUR_MS;

/** Milliseconds to event time; `undefined` for a time that no collector can have written. */
export function eventTimeOf(ms: number): EventTime | undefined {
  const whole = Math.floor(ms);
  return whole >= 0 && whole <= LAST_EVENT_TIME ? (whole as EventTime) : undefined;
}

/** The moment `ms` milliseconds after this one. */
export function later(at: EventTime, ms: number): EventTime {
  return (at + ms) as EventTime;
}

/** The first of these moments; `undefined` when there is none. */
export function earliest(...times: readonly (EventTime | undefined)[]): EventTime | undefined {
  let first: EventTime | undefined;
  for (const at of times) if (at !== undefined && (first === undefined || at < first)) first = at;
  return first;
}

/** RFC 3339 in UTC with milliseconds, the form events carry: `2014-12-22T16:15:00.000Z`. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

/** Reads a time that `isoTime` wrote, or that a schema has checked. */
export function eventTime(text: string): EventTime {
  return Date.parse(text) as EventTime;
}
