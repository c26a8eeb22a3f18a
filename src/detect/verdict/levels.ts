import { later, type EventTime } from '../../bgp/time.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Verdict } from '../events/event.ts';
import { FLICKER_MS } from '../../policy/fixed.ts';

/** A verdict about the territory, not about our own view. */
export type Known = Exclude<Verdict, 'unknown'>;

/** At most this many stretches are stored: 128 drops within the window are enough to detect flapping. */
const MAX_STRETCHES = 256;

/**
 * Time at one level. The level is the verdict that would apply without any hold. A stretch ends where the next one
 * begins.
 */
export interface Stretch {
  readonly level: Known;
  readonly from: EventTime;
  /** Sum of visibility times milliseconds from the first sample to `from`. */
  readonly area: number;
  readonly lowest: number;
}

/** The recent past of one view's visibility, for the mean over a window and for the drops in it. */
export interface Levels {
  /** When visibility last changed, and its new value. It joins a stretch only when time moves on. */
  readonly at: EventTime;
  readonly share: number;
  /** Sum of visibility times milliseconds from the first sample to `at`. */
  readonly area: number;
  /** Oldest first. The last one has not ended. */
  readonly stretches: readonly Stretch[];
}

/** Drops and returns that follow each other faster than the holds: the mean decides instead. */
export interface Beat {
  /** When each drop of the window began, oldest first; at least `flappingDrops` of them. */
  readonly starts: readonly EventTime[];
  /** When visibility rose between the drops. */
  readonly rises: readonly EventTime[];
  /** Time-weighted mean visibility from the first start to the last one. */
  readonly mean: number;
  /** When the window will hold too few drops if no other comes. */
  readonly steadyAt: EventTime;
}

const DEPTH: Readonly<Record<Known, number>> = { routable: 0, degraded: 1, unroutable: 2 };

/** Whether the first verdict is worse than the second. */
export function isWorse(a: Known, b: Known): boolean {
  return DEPTH[a] > DEPTH[b];
}

/** Levels that start with this share. */
export function startLevels(share: number, at: EventTime, policy: Policy): Levels {
  const level = share < policy.unroutableBelow ? 'unroutable' : share < policy.degradedBelow ? 'degraded' : 'routable';
  return { at, share, area: 0, stretches: [{ level, from: at, area: 0, lowest: share }] };
}

/** Adds a sample. A second look at the same moment, or without a change, makes no difference. */
export function noteLevel(levels: Levels, share: number, at: EventTime, policy: Policy): Levels {
  if (at <= levels.at) return share === levels.share ? levels : { ...levels, share };
  const settled = settle(levels, policy);
  if (share === settled.share) return settled;
  return { at, share, area: areaAt(settled, at), stretches: settled.stretches };
}

/** Sum of visibility times milliseconds up to `at`. */
export function areaAt({ at: last, share, area }: Levels, at: EventTime): number {
  return area + share * (at - last);
}

/** A fall, through any number of levels. It ends with the next rise. */
export interface Drop {
  readonly from: EventTime;
  readonly until: EventTime | undefined;
}

/** The drops among the stretches, the oldest first. */
export function dropsOf({ stretches }: Levels): readonly Drop[] {
  const drops: { from: EventTime; until: EventTime | undefined }[] = [];
  let isFalling = false;
  for (const [i, { level, from }] of stretches.entries()) {
    const before = stretches[i - 1];
    if (before === undefined) continue;
    const falls = isWorse(level, before.level);
    const open = drops.at(-1);
    if (falls && !isFalling) drops.push({ from, until: undefined });
    if (!falls && open !== undefined) open.until ??= from;
    isFalling = falls;
  }
  return drops;
}

/** When the youngest drop will have lasted longer than a flicker; `undefined`: there is no drop that short at `now`. */
export function dropCountsAt(levels: Levels, now: EventTime, policy: Policy): EventTime | undefined {
  const settled = settle(levels, policy);
  if (settled.stretches.length < 2) return undefined;
  const drop = dropsOf(settled).at(-1);
  if (drop === undefined || drop.until !== undefined) return undefined;
  const at = later(drop.from, FLICKER_MS);
  return at > now ? at : undefined;
}

/** Drops that lasted longer than a flicker by `at`, oldest first. */
export function countedDrops(levels: Levels, at: EventTime): readonly Drop[] {
  return dropsOf(levels).filter(({ from, until }) => (until ?? at) - from >= FLICKER_MS);
}

/**
 * The beat at `at`, over the window that ends with the last drop. `undefined`: the window holds too few drops, or the
 * beat is over.
 */
export function beatOf(levels: Levels, at: EventTime, policy: Policy): Beat | undefined {
  if (levels.stretches.length < 2 * policy.flappingDrops - 1) return undefined;
  const all = countedDrops(levels, at).map(({ from }) => from);
  const [last, third] = [all.at(-1), all.at(-policy.flappingDrops)];
  if (last === undefined || third === undefined || last === third) return undefined;
  const steadyAt = later(third, policy.meanWindowMs);
  if (last >= steadyAt || at >= steadyAt) return undefined;
  const starts = all.filter((from) => last - from < policy.meanWindowMs);
  const first = starts[0] ?? last;
  let area = 0;
  const rises: EventTime[] = [];
  for (const [i, stretch] of levels.stretches.entries()) {
    const before = levels.stretches[i - 1];
    if (stretch.from === first) area -= stretch.area;
    if (stretch.from === last) area += stretch.area;
    if (stretch.from < first || stretch.from >= last) continue;
    if (before !== undefined && isWorse(before.level, stretch.level)) rises.push(stretch.from);
  }
  return { starts, rises, mean: area / (last - first), steadyAt };
}

/**
 * The lowest visibility of the stretches that begin in a time span; if none does, of the stretch that contains it.
 * @param to `undefined`: until now.
 */
export function lowestBetween({ stretches, share }: Levels, from: EventTime, to: EventTime | undefined): number {
  const inside = stretches.filter((stretch) => stretch.from >= from && (to === undefined || stretch.from < to));
  const around = inside.length > 0 ? inside : stretches.filter((stretch) => stretch.from < from).slice(-1);
  return Math.min(...around.map(({ lowest }) => lowest), ...(to === undefined ? [share] : []), 1);
}

/** A time with a better level that has ended. */
export interface Pause {
  readonly verdict: 'routable' | 'degraded';
  readonly from: EventTime;
  readonly until: EventTime;
}

/** The times after `from` in which the level was better than the verdict and then fell back. */
export function pausesOf(
  levels: Levels,
  { verdict, from, at }: { verdict: Known; from: EventTime; at: EventTime },
): readonly Pause[] {
  if ((levels.stretches.at(-1)?.from ?? 0) <= from) return [];
  const pauses: Pause[] = [];
  let open: { verdict: Pause['verdict']; from: EventTime } | undefined;
  let downFrom: EventTime | undefined;
  for (const [i, { level, from: begins }] of levels.stretches.entries()) {
    if (begins < from) continue;
    if (isWorse(verdict, level) && level !== 'unroutable') {
      open = { verdict: level === 'routable' ? level : (open?.verdict ?? level), from: open?.from ?? begins };
      downFrom = undefined;
      continue;
    }
    downFrom ??= begins;
    if (open === undefined || (levels.stretches[i + 1]?.from ?? at) - downFrom < FLICKER_MS) continue;
    pauses.push({ ...open, until: downFrom });
    open = undefined;
  }
  return pauses;
}

/**
 * Puts the last change into a stretch, now that time has moved on. The order of messages within one moment thus makes
 * no difference.
 */
export function settle(levels: Levels, policy: Policy): Levels {
  const last = lastOf(levels);
  const level = levelOf(last.level, levels.share, policy);
  if (level === last.level) {
    if (levels.share >= last.lowest) return levels;
    return { ...levels, stretches: [...levels.stretches.slice(0, -1), { ...last, lowest: levels.share }] };
  }
  return { ...levels, stretches: nextStretches(levels, level, policy) };
}

function nextStretches({ stretches, share, at, area }: Levels, level: Known, policy: Policy): readonly Stretch[] {
  const [last, before] = [stretches.at(-1), stretches.at(-2)];
  if (last !== undefined && before?.level === level && at - last.from < FLICKER_MS) {
    const lowest = Math.min(before.lowest, last.lowest, share);
    return [...stretches.slice(0, -2), { ...before, lowest }];
  }
  const oldest = at - Math.max(policy.meanWindowMs, policy.flappingWindowMs);
  // The stretch that lasted into the window stays whole.
  const gone = stretches.findIndex((_, i) => (stretches[i + 1]?.from ?? Infinity) > oldest);
  const recent = stretches.slice(Math.max(gone, stretches.length + 1 - MAX_STRETCHES));
  return [...recent, { level, from: at, area, lowest: share }];
}

/** As in the verdict's diagram, without holds: what is low is left at `restoredAt`, what is degraded at `recoveredAt`. */
function levelOf(level: Known, share: number, policy: Policy): Known {
  if (share < policy.unroutableBelow) return 'unroutable';
  if (level === 'unroutable' && share < policy.restoredAt) return 'unroutable';
  const isDegraded = share < (level === 'degraded' ? policy.recoveredAt : policy.degradedBelow);
  return isDegraded ? 'degraded' : 'routable';
}

function lastOf({ stretches }: Levels): Stretch {
  const last = stretches.at(-1);
  if (last === undefined) throw new Error('levels without a stretch');
  return last;
}
