import { isoTime, type EventTime } from '../bgp/time.ts';

/** Formats event time for people: in UTC, and in the local time of the territory on that day. */
export interface LocalClock {
  /** The town that names the zone, `Pyongyang`; `undefined` when there is no zone but UTC. */
  readonly place: string | undefined;
  /**
   * `2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec)`. The local day is added if it differs from the day in
   * UTC.
   */
  moment(at: EventTime): string;
  /** The local time there. */
  wall(at: EventTime): Wall;
}

/** A moment in parts. All have two digits, except the year. */
export interface Wall {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  /** `01:15:00` */
  readonly time: string;
}

/** `timeZone` is an IANA name that `isTimeZone` knows. */
export function createClock(timeZone: string | undefined): LocalClock {
  const place = placeOf(timeZone);
  const wall = place === undefined ? utcWall : zoneWall(timeZone ?? 'UTC');
  return {
    place,
    wall,
    moment(at) {
      const utc = utcText(at);
      if (place === undefined) return utc;
      const there = wall(at);
      const sameDay = utcWall(at).day === there.day;
      return `${utc} (${there.time} in ${place}${sameDay ? '' : `, ${dayText(there)}`})`;
    },
  };
}

/** Whether this is an IANA time zone that this machine knows. */
export function isTimeZone(name: string): boolean {
  // Intl also accepts an offset such as +09:00, but an offset has no place and no history.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** `2014-12-22 16:15:00 UTC`. Fractions of a second are cut off: the archives mostly have whole seconds. */
export function utcText(at: EventTime): string {
  const { year, month, day, time } = utcWall(at);
  return `${year}-${month}-${day} ${time} UTC`;
}

/** A moment in parts, in UTC. */
export function utcWall(at: EventTime): Wall {
  const text = isoTime(at);
  return { year: text.slice(0, 4), month: text.slice(5, 7), day: text.slice(8, 10), time: text.slice(11, 19) };
}

/** `23 Dec` */
export function dayText({ day, month }: Wall): string {
  return `${Number(day)} ${MONTHS[Number(month) - 1] ?? month}`;
}

/**
 * `9 h 31 min`: the two largest units, rounded down, so that the printed time has really passed. Durations under an
 * hour have seconds.
 */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return 'less than 1 s';
  const counts = UNITS.map(([size, unit], i) => {
    const above = UNITS[i - 1]?.[0] ?? Number.POSITIVE_INFINITY;
    return { unit, count: Math.floor((seconds % above) / size) };
  });
  const first = counts.findIndex(({ count }) => count > 0);
  return counts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ count, unit }) => `${count} ${unit}`)
    .join(' ');
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * `Asia/Pyongyang` gives Pyongyang, `America/Argentina/Buenos_Aires` gives Buenos Aires. UTC and other zones without a
 * place give `undefined`.
 */
function placeOf(timeZone: string | undefined): string | undefined {
  if (timeZone === undefined || !timeZone.includes('/') || timeZone.startsWith('Etc/')) return undefined;
  return timeZone.slice(timeZone.lastIndexOf('/') + 1).replaceAll('_', ' ');
}

function zoneWall(timeZone: string): (at: EventTime) => Wall {
  // Created when first used: the first format of a process takes 25 ms or more, and many clocks are never used.
  let made: Intl.DateTimeFormat | undefined;
  return (at) => {
    const parts = new Map((made ??= formatOf(timeZone)).formatToParts(at).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
    return {
      year: part('year'),
      month: part('month'),
      day: part('day'),
      time: `${part('hour')}:${part('minute')}:${part('second')}`,
    };
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

/** Formats a time of the machine's clock, in milliseconds since 1970-01-01T00:00:00Z, in the same way. */
export function wallText(ms: number): string {
  return utcText(ms as EventTime);
}
