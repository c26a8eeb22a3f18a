import type { EventTime } from '../../src/bgp/time.ts';
import type { PlannedFile } from './archive.ts';

/** A stretch of event time, in milliseconds, that the sequence of update files leaves out. */
export interface Hole {
  /** Where the files before it end, by the collector's usual interval. */
  readonly from: number;
  /** Where the next file begins. */
  readonly to: number;
  /** Index in `updates` of the file after the hole. */
  readonly before: number;
}

/** Used where a collector's interval cannot be seen: Route Views' 15 minutes, the longest in use. */
const USUAL_INTERVAL_MS = 15 * 60_000;
/** Rotation is late at times. A hole is longer than this many intervals. */
const HOLE_INTERVALS = 1.5;
/** BIRD dumps IPv4 and IPv6 into two files: dumps no further apart than this are one. */
const SAME_DUMP_MS = 60_000;

/**
 * What a window needs: the last RIB dump before it, the update files from that dump on, and the dumps within it. Without
 * a dump before it, update files from the window's begin on.
 */
export function withinWindow(
  ribs: readonly PlannedFile[],
  updates: readonly PlannedFile[],
  since: EventTime | undefined,
  until: EventTime | undefined,
): { ribs: readonly PlannedFile[]; updates: readonly PlannedFile[] } {
  const end = until ?? Number.POSITIVE_INFINITY;
  const last = since === undefined ? undefined : ribs.findLast(({ start }) => start <= since);
  const seed = last && ribs.find(({ start }) => start >= last.start - SAME_DUMP_MS);
  const from = seed?.start ?? since ?? Number.NEGATIVE_INFINITY;
  const interval = usualInterval(updates);
  return {
    ribs: ribs.filter((file) => file.start >= from && file.start <= end),
    updates: updates.filter((file, i) => {
      // A file lasts until the next one begins; the last one as long as is usual, or nobody knows.
      const next = updates[i + 1]?.start ?? (interval === undefined ? Number.POSITIVE_INFINITY : file.start + interval);
      return file.start <= end && next > from;
    }),
  };
}

/** Missing update files, between the others and between the first RIB dump and the first of them. Only names tell. */
export function findHoles(ribs: readonly PlannedFile[], updates: readonly PlannedFile[]): readonly Hole[] {
  const interval = usualInterval(updates) ?? USUAL_INTERVAL_MS;
  const holes: Hole[] = [];
  const [rib] = ribs;
  const [first] = updates;
  if (rib !== undefined && first?.isStartNamed === true && first.start - rib.start > HOLE_INTERVALS * interval) {
    holes.push({ from: rib.start, to: first.start, before: 0 });
  }
  for (const [i, file] of updates.entries()) {
    const before = updates[i - 1];
    if (before === undefined || !file.isStartNamed || !before.isStartNamed) continue;
    if (file.start - before.start > HOLE_INTERVALS * interval) {
      holes.push({ from: before.start + interval, to: file.start, before: i });
    }
  }
  return holes;
}

/**
 * The most common difference of starts, the smallest of equally common ones; `undefined` when there is none. One that was
 * seen only once may itself be a hole, and does not count for more than the usual.
 */
function usualInterval(files: readonly PlannedFile[]): number | undefined {
  const counts = new Map<number, number>();
  for (const [i, file] of files.entries()) {
    const before = files[i - 1];
    if (before === undefined || !file.isStartNamed || !before.isStartNamed) continue;
    const difference = file.start - before.start;
    if (difference > 0) counts.set(difference, (counts.get(difference) ?? 0) + 1);
  }
  const [best] = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
  if (best === undefined) return undefined;
  const [difference, times] = best;
  return times > 1 ? difference : Math.min(difference, USUAL_INTERVAL_MS);
}
