import type { EventTime } from '../../../src/bgp/time.ts';
import type { Collector } from '../../../src/bgp/peer.ts';
import type { PlannedFile } from './planned-file.ts';
import { documentedInterval } from './cadence.ts';

/** A stretch of event time, in milliseconds, that the sequence of update files leaves out. */
export interface Hole {
  /** Where the files before it end, by the collector's usual interval. */
  readonly from: number;
  /** Where the next file begins. */
  readonly to: number;
  /** Index in `updates` of the file after the hole, or in `ribs` where there are no updates; their number when there is none. */
  readonly before: number;
}

/** The range of event time for which verdicts are wanted. */
export interface Window {
  readonly since?: EventTime;
  readonly until?: EventTime;
}

/** The files of one collector's updates, in order of time. */
export interface Updates {
  readonly collector: Collector;
  readonly files: readonly PlannedFile[];
  /** Starts, in milliseconds, of those that cannot be read: empty ones, web pages. Only their names say it. */
  readonly unread: readonly number[];
}

/** Used where a collector's interval can neither be known nor seen: Route Views' 15 minutes, the longest in use. */
const USUAL_INTERVAL_MS = 15 * 60_000;
/** Rotation is late at times. A hole is longer than this share of an interval. */
const HOLE_SHARE = 0.5;
/** BIRD dumps IPv4 and IPv6 into two files: dumps no further apart than this are one. */
const SAME_DUMP_MS = 60_000;

/**
 * What a window needs: the last RIB dump before it, the update files from that dump on, and the dumps within it.
 * Without a dump before it, update files from the window's begin on.
 */
export function withinWindow(
  ribs: readonly PlannedFile[],
  updates: Updates,
  { since, until }: Window,
): { ribs: readonly PlannedFile[]; updates: readonly PlannedFile[] } {
  const end = until ?? Number.POSITIVE_INFINITY;
  const last = since === undefined ? undefined : ribs.findLast(({ start }) => start <= since);
  const seed = last && ribs.find(({ start }) => start >= last.start - SAME_DUMP_MS);
  const from = seed?.start ?? since ?? Number.NEGATIVE_INFINITY;
  const { files } = updates;
  return {
    ribs: ribs.filter((file) => file.start >= from && file.start <= end),
    updates: files.filter((file, i) => {
      // A file lasts until the next one begins; the last one as long as usual, else its length is unknown.
      const length = intervalAt(updates, file.start) ?? Number.POSITIVE_INFINITY;
      const next = files[i + 1]?.start ?? file.start + length;
      return file.start <= end && next > from;
    }),
  };
}

/**
 * Missing update files, between the others and between the first RIB dump and the first of them. Found from the names
 * and the documented interval of the collector's project; for other collectors, from the most common interval of their
 * files.
 */
export function findHoles(ribs: readonly PlannedFile[], updates: Updates): readonly Hole[] {
  const { files } = updates;
  const named = files.map((file) => (file.isStartNamed ? file.start : undefined));
  const holes: Hole[] = [];
  const before = holeBeforeFirst(ribs[0], named[0], updates);
  if (before !== undefined) holes.push(before);
  for (const [i, start] of named.entries()) {
    const isLast = i + 1 === files.length;
    if (start === undefined || (!isLast && named[i + 1] === undefined)) continue;
    const hole = holeAfter(start, named[i + 1], updates);
    if (hole !== undefined) holes.push({ ...hole, before: i + 1 });
  }
  return holes;
}

/** Missing files between the dump and the first update file after it. */
function holeBeforeFirst(rib: PlannedFile | undefined, first: number | undefined, updates: Updates): Hole | undefined {
  if (rib === undefined || (first === undefined && updates.files.length > 0)) return undefined;
  const interval = intervalAt(updates, rib.start) ?? USUAL_INTERVAL_MS;
  const unread = updates.unread.filter((start) => start > rib.start - interval && start < (first ?? Infinity));
  if (first === undefined && unread.length === 0) return undefined;
  const to = first ?? Math.max(...unread) + interval;
  // Both projects begin an update file when they dump; it is not known whether others do.
  const late = documentedInterval(updates.collector, rib.start) === undefined ? 1 + HOLE_SHARE : HOLE_SHARE;
  const before = updates.files.length === 0 ? 1 : 0;
  return unread.length > 0 || to - rib.start > late * interval ? { from: rib.start, to, before } : undefined;
}

/** Missing files between a file that begins at `start` and the next one, or after the last one. */
function holeAfter(start: number, next: number | undefined, updates: Updates): Omit<Hole, 'before'> | undefined {
  const interval = intervalAt(updates, start) ?? USUAL_INTERVAL_MS;
  const unread = updates.unread.filter((other) => other > start && (next === undefined || other < next));
  const [first] = unread;
  if (first !== undefined) return { from: first, to: next ?? Math.max(...unread) + interval };
  if (next === undefined || next - start <= (1 + HOLE_SHARE) * interval) return undefined;
  return { from: start + interval, to: next };
}

/** The end of the update files of all collectors. */
export interface UpdatesEnd {
  /** Event time in milliseconds. */
  readonly at: number;
  /** A collector whose files end at most this much earlier is complete: the others' last file is just longer. */
  readonly slack: number;
}

/** The end of these files: the end of the last one, or its start if its length is not known. */
export function endOf(updates: Updates): UpdatesEnd | undefined {
  const starts = [...updates.files.map(({ start }) => start), ...updates.unread];
  if (starts.length === 0) return undefined;
  const last = Math.max(...starts);
  const interval = intervalAt(updates, last);
  return interval === undefined ? { at: last, slack: 0 } : { at: last + interval, slack: HOLE_SHARE * interval };
}

/**
 * The missing end of a collector whose files end while those of others go on. Without this gap, its peers' last routes
 * would stay valid to the end. For a collector without updates: everything after its dumps.
 */
export function holesAtEnd(
  ribs: readonly PlannedFile[],
  updates: Updates,
  { at: end, slack }: UpdatesEnd,
): readonly Hole[] {
  const { files } = updates;
  if (files.length === 0) {
    return ribs
      .map(({ start }, i) => ({ from: start, to: ribs[i + 1]?.start ?? end, before: i + 1 }))
      .filter(({ from, to }) => to - from > SAME_DUMP_MS);
  }
  const last = files.at(-1);
  const interval = last?.isStartNamed === true ? intervalAt(updates, last.start) : undefined;
  const own = interval === undefined ? undefined : endOf(updates);
  return own === undefined || end - own.at <= slack ? [] : [{ from: own.at, to: end, before: files.length }];
}

function intervalAt(updates: Updates, at: number): number | undefined {
  return documentedInterval(updates.collector, at) ?? usualInterval(updates);
}

/**
 * The most common difference of starts, the smallest of equally common ones; `undefined`: there is none. A difference
 * that occurs only once may itself be a missing file, so it does not count for more than the usual one.
 */
function usualInterval({ files, unread }: Updates): number | undefined {
  const starts = [...files.filter(({ isStartNamed }) => isStartNamed).map(({ start }) => start), ...unread];
  const counts = new Map<number, number>();
  let before: number | undefined;
  for (const start of starts.toSorted((a, b) => a - b)) {
    const difference = before === undefined ? 0 : start - before;
    before = start;
    if (difference > 0) counts.set(difference, (counts.get(difference) ?? 0) + 1);
  }
  const [best] = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
  if (best === undefined) return undefined;
  const [difference, times] = best;
  return times > 1 ? difference : Math.min(difference, USUAL_INTERVAL_MS);
}
