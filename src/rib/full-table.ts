import type { Family } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import { SMALLEST_FULL_TABLE_SHARE } from '../policy/fixed.ts';

/**
 * Routes in a usual full table at the beginning of some years, rounded, after Geoff Huston's reports
 * (https://bgp.potaroo.net). Between them the earlier one counts.
 */
const TABLES: Readonly<Record<Family, readonly (readonly [year: number, routes: number])[]>> = {
  ipv4: [
    [2000, 100_000],
    [2004, 130_000],
    [2008, 240_000],
    [2011, 340_000],
    [2014, 490_000],
    [2016, 590_000],
    [2018, 700_000],
    [2020, 820_000],
    [2022, 910_000],
    [2024, 950_000],
  ],
  ipv6: [
    [2000, 600],
    [2008, 1_000],
    [2011, 4_000],
    [2014, 16_000],
    [2016, 26_000],
    [2018, 46_000],
    [2020, 80_000],
    [2022, 145_000],
    [2024, 200_000],
  ],
};

/**
 * The smallest table that may be a full one at this time. If the largest table known is smaller, no peer need be
 * full-feed, and what none of them ever had may still be routed.
 */
export function smallestFullTable(family: Family, at: EventTime): number {
  const year = new Date(at).getUTCFullYear();
  const [, first = 0] = TABLES[family][0] ?? [];
  const usual = TABLES[family].findLast(([from]) => from <= year)?.[1] ?? first;
  return SMALLEST_FULL_TABLE_SHARE * usual;
}
