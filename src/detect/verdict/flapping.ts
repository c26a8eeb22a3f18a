import { later, type EventTime } from '../../bgp/time.ts';
import type { Policy } from '../../policy/policy.ts';
import { countedDrops, type Levels } from './levels.ts';

/** The count of drops of a territory that flaps, up to its last change of level. */
export interface Flapping {
  /** When the first drop began. */
  readonly since: EventTime;
  /** Drops that are over. */
  readonly drops: number;
  /** Milliseconds below the usual level, and milliseconds in which the level was known. */
  readonly downMs: number;
  readonly seenMs: number;
  /** The count includes everything up to this moment. */
  readonly to: EventTime;
}

/** The result of a look at the levels. `drops`: all drops that have begun so far. */
export interface FlappingStep {
  readonly flapping: Flapping | undefined;
  readonly turn?: { readonly what: 'flapping' | 'steady'; readonly since: EventTime; readonly count: Flapping };
}

/** Flapping begins with enough drops in the window, and ends when nothing has changed for half a window. */
export function followFlapping(
  before: Flapping | undefined,
  levels: Levels,
  at: EventTime,
  policy: Policy,
): FlappingStep {
  const changedAt = levels.stretches.at(-1)?.from ?? at;
  const isQuiet = at >= steadyAt(levels, policy);
  if (before === undefined) {
    const since = isQuiet ? undefined : beganIn(levels, at, policy);
    if (since === undefined) return { flapping: undefined };
    const flapping = countTo({ since, drops: 0, downMs: 0, seenMs: 0, to: since }, levels, changedAt);
    return { flapping, turn: { what: 'flapping', since, count: withOpenDrop(flapping, levels, at) } };
  }
  const flapping = changedAt > before.to ? countTo(before, levels, changedAt) : before;
  if (!isQuiet) return { flapping };
  return {
    flapping: undefined,
    turn: { what: 'steady', since: changedAt, count: withOpenDrop(flapping, levels, at) },
  };
}

/** When the flapping ends if nothing changes. */
export function steadyAt({ stretches }: Levels, policy: Policy): EventTime {
  return later(stretches.at(-1)?.from ?? (0 as EventTime), Math.ceil(policy.flappingWindowMs / 2));
}

/** When the first drop of the window began; `undefined`: the window holds too few drops. */
function beganIn(levels: Levels, at: EventTime, policy: Policy): EventTime | undefined {
  if (levels.stretches.length < 2 * policy.flappingDrops - 1) return undefined;
  const starts = countedDrops(levels, at).map(({ from }) => from);
  const last = starts.at(-1);
  if (last === undefined) return undefined;
  const inWindow = starts.filter((from) => last - from < policy.flappingWindowMs);
  return inWindow.length >= policy.flappingDrops ? inWindow[0] : undefined;
}

function countTo(before: Flapping, levels: Levels, to: EventTime): Flapping {
  let { downMs, seenMs } = before;
  for (const [i, { level, from }] of levels.stretches.entries()) {
    const until = Math.min(levels.stretches[i + 1]?.from ?? to, to);
    const ms = until - Math.max(from, before.to);
    if (ms <= 0) continue;
    seenMs += ms;
    if (level !== 'routable') downMs += ms;
  }
  const over = countedDrops(levels, to).filter(({ from }) => from >= before.to && from < to).length;
  return { since: before.since, drops: before.drops + over, downMs, seenMs, to };
}

/** Adds the last change, which may begin a drop. */
function withOpenDrop(flapping: Flapping, levels: Levels, at: EventTime): Flapping {
  const open = countedDrops(levels, at).filter(({ from }) => from >= flapping.to).length;
  return { ...flapping, drops: flapping.drops + open };
}
