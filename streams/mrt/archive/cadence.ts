import { projectOf, type Collector } from '../../../src/bgp/peer.ts';
import { MINUTE_MS } from '../../../src/bgp/time.ts';

/** RIS wrote update files every 15 minutes until July 2003, every 5 minutes since (RIPE NCC, RIS raw data). */
const RIS_FIVE_MINUTES_SINCE = Date.UTC(2003, 7, 1);

/**
 * How often a collector begins a new file of updates, in milliseconds, by the documents of its project: RIS every 5
 * minutes (15 in its first years), Route Views every 15 (routeviews.org/routeviews/archive). `undefined` for other
 * collectors: each operator chooses an interval.
 *
 * The documents decide, not the files: if every second file is missing, the existing ones are ten minutes apart.
 */
export function documentedInterval(collector: Collector, at: number): number | undefined {
  const project = projectOf(collector);
  if (project === 'ris') return at < RIS_FIVE_MINUTES_SINCE ? 15 * MINUTE_MS : 5 * MINUTE_MS;
  return project === 'routeviews' ? 15 * MINUTE_MS : undefined;
}
