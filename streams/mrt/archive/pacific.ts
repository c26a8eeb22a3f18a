import { HOUR_MS } from '../../../src/bgp/time.ts';
import type { Collector } from '../../../src/bgp/peer.ts';

/** Until when Route Views named its files in Pacific time, as the name has it: 2003-02-03, about 19:00 UTC. */
const UNTIL = Date.UTC(2003, 1, 3, 11);
/** And route-views.eqix: 2006-02-01, about 21:00 UTC. */
const EQIX_UNTIL = Date.UTC(2006, 1, 1, 13);

/**
 * Whether the time in a name of a Route Views file is Pacific time: before 2003-02-03, at route-views.eqix before 2006-02-01
 * (http://www.routeviews.org/data.html).
 *
 * @param written the time in the name, read as if it were UTC. Milliseconds since 1970.
 */
export function isInPacificTime(collector: Collector, written: number): boolean {
  return written < pacificUntil(collector);
}

/**
 * Whether a name does not say which moment it is: within an hour of the change to UTC, and in the hour that comes twice
 * in autumn.
 */
export function isUnsure(collector: Collector, written: number): boolean {
  if (Math.abs(written - pacificUntil(collector)) <= HOUR_MS) return true;
  return isInPacificTime(collector, written) && momentsOf(written).length !== 1;
}

/** A time in a name, read as if it were UTC, from Pacific time. Of an hour that comes twice it is the first. */
export function utcOfPacific(written: number): number {
  return momentsOf(written)[0] ?? written + 8 * HOUR_MS;
}

/** Only by the old names: a collector with a name of 2023 has no file of that time. */
function pacificUntil(collector: Collector): number {
  if (!collector.startsWith('route-views')) return Number.NEGATIVE_INFINITY;
  return collector === 'route-views.eqix' ? EQIX_UNTIL : UNTIL;
}

/** Every moment at which clocks in California show this time. */
function momentsOf(written: number): readonly number[] {
  return [7, 8].map((hours) => written + hours * HOUR_MS).filter((moment) => shownAt(moment) === written);
}

let format: Intl.DateTimeFormat | undefined;

/** Created on demand: it takes 30 ms, and most archives are younger. */
function pacific(): Intl.DateTimeFormat {
  format ??= new Intl.DateTimeFormat('en-US', {
    timeZone: 'America/Los_Angeles',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return format;
}

/** What clocks in California show at a moment, to the minute, read as if it were UTC. */
function shownAt(moment: number): number {
  const part = new Map(
    pacific()
      .formatToParts(moment)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const [year, month, day] = [part.get('year') ?? 0, part.get('month') ?? 0, part.get('day') ?? 0];
  return Date.UTC(year, month - 1, day, part.get('hour') ?? 0, part.get('minute') ?? 0);
}
