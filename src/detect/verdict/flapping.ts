import { later, type EventTime } from '../../bgp/time.ts';
import type { Policy } from '../../policy/policy.ts';
import { countedDrops, type Levels } from './levels.ts';

/** A territory that drops again and again, counted up to its last change of level. */
export interface Flapping {
  /** When the first of its drops began. */
  readonly since: EventTime;
  /** Drops that are over. */
  readonly drops: number;
  /** Time below the usual level, and all time that was seen. */
  readonly downMs: number;
  readonly seenMs: number;
  /** Up to here it is counted. */
  readonly to: EventTime;
}

/** What became of it with a look at the levels. `drops` are all that began by now. */
export interface FlappingStep {
  readonly flapping: Flapping | undefined;
  readonly told?: { readonly what: 'flapping' | 'steady'; readonly since: EventTime; readonly count: Flapping };
}

/** It began to flap when there were enough drops in the window, and is steady when nothing changed for half of it. */
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
    return { flapping, told: { what: 'flapping', since, count: withOpenDrop(flapping, levels, at) } };
  }
  const flapping = changedAt > before.to ? countTo(before, levels, changedAt) : before;
  if (!isQuiet) return { flapping };
  return {
    flapping: undefined,
    told: { what: 'steady', since: changedAt, count: withOpenDrop(flapping, levels, at) },
  };
}

/** When it is steady, if nothing changes. */
export function steadyAt({ stretches }: Levels, policy: Policy): EventTime {
  return later(stretches.at(-1)?.from ?? (0 as EventTime), Math.ceil(policy.flappingWindowMs / 2));
}

/** When the first drop of the window began, if the window holds enough of them. */
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

/** With the drop that began with the last change, if it did. */
function withOpenDrop(flapping: Flapping, levels: Levels, at: EventTime): Flapping {
  const open = countedDrops(levels, at).filter(({ from }) => from >= flapping.to).length;
  return { ...flapping, drops: flapping.drops + open };
}
