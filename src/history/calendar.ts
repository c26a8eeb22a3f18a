import { isoTime, MINUTE_MS, type EventTime } from '../bgp/time.ts';

/** The start, in UTC, of the bucket of this width that contains a moment. */
export function beginOf(at: number, widthMs: number): EventTime {
  return (Math.floor(at / widthMs) * widthMs) as EventTime;
}

/** The starts of the minutes of a range. */
export function minutesOf({ from, until }: { readonly from: EventTime; readonly until: EventTime }): EventTime[] {
  const minutes: EventTime[] = [];
  for (let at = beginOf(from, MINUTE_MS); at < until; at = (at + MINUTE_MS) as EventTime) minutes.push(at);
  return minutes;
}

/** UTC times as keys of records: their text order is their time order. */
export const stamp = {
  /** `2026-11-28T10:23` */
  minute: (at: EventTime): string => isoTime(at).slice(0, 16),
  /** `2026-11-28T10` */
  hour: (at: EventTime): string => isoTime(at).slice(0, 13),
  /** `2026-11-28` */
  day: (at: EventTime): string => isoTime(at).slice(0, 10),
  /** `2026-11` */
  month: (at: EventTime): string => isoTime(at).slice(0, 7),
  /** `2026` */
  year: (at: EventTime): string => isoTime(at).slice(0, 4),
} as const;

/** The start of the month, or year, after the one that contains a moment. */
export function nextMonth(at: number): EventTime {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) as EventTime;
}

/** The start of the month that contains a moment. */
export function beginOfMonth(at: number): EventTime {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth()) as EventTime;
}

/** The start of the year that contains a moment. */
export function beginOfYear(at: number): EventTime {
  return Date.UTC(new Date(at).getUTCFullYear(), 0) as EventTime;
}
