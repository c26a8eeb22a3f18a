import { earliest, later, type EventTime } from '../../bgp/time.ts';
import type { Sample } from '../../rib/sample.ts';
import type { BlindReason, Verdict } from '../events/event.ts';
import type { Policy } from '../../policy/policy.ts';
import { areasOf, follow, lasted, only, some, type Areas } from './conditions.ts';
import type { Beat, Known } from './levels.ts';

/**
 *                            dip for degradedHold
 *     routable --------------------------------------> degraded
 *      ^  ^  \                  low for unroutableHold  /   ^
 *      |  |   +----------------> unroutable <----------+    |
 *      |  |                        | up for settle          |
 *      |  +---- not dip -----------+----------- dip --------+
 *      +------------------- clear for settle ---------------+
 *
 *   any --- blind for blindHold ---> unknown --- sighted, and the hold of what is seen ---> any
 *
 * low: below unroutableBelow. dip: below degradedBelow. up: from restoredAt on. clear: from recoveredAt on.
 * blind: too few voters. Each `…Since` is present while its condition lasts and has not become a verdict. A condition
 * goes on although the share misses its threshold by up to one voter, as long as the mean since its start meets it. So
 * one voter that comes and goes does not move the date.
 *
 * During a beat (more drops within the window than holds can follow) the mean of the window replaces visibility:
 *
 *     routable, in a drop --- mean below degradedBelow, unroutableBelow ---> degraded, unroutable
 *     degraded --- mean below unroutableBelow ---> unroutable --- mean from restoredAt on ---> degraded
 *
 * `degraded` then lasts until the beat is over, unless visibility is low for half of the window.
 */
export type VerdictState =
  | {
      readonly kind: 'unknown';
      readonly since: EventTime;
      readonly reason: BlindReason;
      /** The last verdict before it became `unknown`; `undefined` at the start. */
      readonly before: Known | undefined;
      readonly sightedSince?: EventTime;
      readonly lowSince?: EventTime;
      readonly dipSince?: EventTime;
      readonly fineSince?: EventTime;
      readonly areas?: Areas;
    }
  | {
      readonly kind: 'routable';
      readonly since: EventTime;
      readonly dipSince?: EventTime;
      readonly lowSince?: EventTime;
      readonly areas?: Areas;
      readonly blindSince?: EventTime;
    }
  | {
      readonly kind: 'degraded';
      readonly since: EventTime;
      readonly lowSince?: EventTime;
      readonly clearSince?: EventTime;
      readonly areas?: Areas;
      readonly blindSince?: EventTime;
    }
  | {
      readonly kind: 'unroutable';
      readonly since: EventTime;
      readonly upSince?: EventTime;
      readonly areas?: Areas;
      readonly blindSince?: EventTime;
    };

/** The state before the first sample. */
export function firstState(): VerdictState {
  return { kind: 'unknown', since: 0 as EventTime, reason: 'too-few-voters', before: undefined };
}

/** A sample, with the control group and the recent past at its moment. */
export type Controlled = Sample & {
  /** The share of the control group's units that were visible; `undefined`: no control group is watched. */
  readonly control?: number | undefined;
  /** Sum of visibility times milliseconds up to this moment. Without it a condition must hold without interruption. */
  readonly area?: number | undefined;
  /** The drops and returns of the window, if there are too many of them for holds. */
  readonly beat?: Beat | undefined;
};

/** Why this sample proves nothing; `undefined`: it is usable. */
export function blindness(sample: Controlled, policy: Policy): BlindReason | undefined {
  if (sample.witnesses < policy.minVoters) return 'too-few-voters';
  if (sample.witnesses < policy.minVoterShare * sample.known) return 'lost-voters';
  if (!sample.isProven) return 'never-seen';
  if (sample.collectors < policy.minCollectors) return 'too-few-collectors';
  return sample.control !== undefined && sample.control < policy.minControlShare ? 'control-group' : undefined;
}

/**
 * Advances a territory by one sample. The only clock is `sample.at`. Each call changes the verdict at most once: before
 * you apply a later element, call it at each `deadline` up to then, with the sample that held.
 */
export function step(state: VerdictState, sample: Controlled, policy: Policy): VerdictState {
  const blind = blindness(sample, policy);
  if (state.kind === 'unknown') return blind === undefined ? look(state, sample, policy) : stayBlind(state, blind);
  if (blind !== undefined) return goBlind(state, sample.at, blind, policy);

  switch (state.kind) {
    case 'routable':
      return beaten(state, sample, policy) ?? fromRoutable(state, sample, policy);
    case 'degraded':
      return beaten(state, sample, policy) ?? fromDegraded(state, sample, policy);
    case 'unroutable':
      return beaten(state, sample, policy) ?? fromUnroutable(state, sample, policy);
  }
}

type StateOf<Kind> = Extract<VerdictState, { kind: Kind }>;

function fromRoutable(state: StateOf<'routable'>, sample: Controlled, policy: Policy): VerdictState {
  const { at } = sample;
  const found = follow(state, ['dipSince', 'lowSince'], sample, policy);
  const { lowSince, dipSince } = found;
  if (lasted(lowSince, at, policy.unroutableHoldMs)) return { kind: 'unroutable', since: lowSince };
  if (lasted(dipSince, at, policy.degradedHoldMs))
    return { kind: 'degraded', since: dipSince, ...only(found, 'lowSince') };
  return { kind: 'routable', since: state.since, ...found };
}

function fromDegraded(state: StateOf<'degraded'>, sample: Controlled, policy: Policy): VerdictState {
  const { at, beat } = sample;
  const found = follow(state, ['lowSince', 'clearSince'], sample, policy);
  const { lowSince, clearSince } = found;
  if (lasted(lowSince, at, lowHoldMs(beat, policy))) return { kind: 'unroutable', since: lowSince };
  if (beat === undefined && lasted(clearSince, at, policy.settleMs)) return { kind: 'routable', since: clearSince };
  return { kind: 'degraded', since: state.since, ...found };
}

function fromUnroutable(state: StateOf<'unroutable'>, sample: Controlled, policy: Policy): VerdictState {
  const { at, share } = sample;
  const found = follow(state, ['upSince'], sample, policy);
  if (!lasted(found.upSince, at, policy.settleMs)) return { kind: 'unroutable', since: state.since, ...found };
  return { kind: share < policy.degradedBelow ? 'degraded' : 'routable', since: found.upSince };
}

/**
 * The verdict that the mean of a beat gives; `undefined`: no change. It is dated from the first drop, or rise, since
 * the present verdict.
 */
function beaten(state: StateOf<Known>, { at, share, beat }: Controlled, policy: Policy): VerdictState | undefined {
  if (beat === undefined) return undefined;
  const { mean } = beat;
  const from = (times: readonly EventTime[]) => times.find((time) => time >= state.since) ?? at;
  if (state.kind === 'unroutable')
    return mean >= policy.restoredAt ? { kind: 'degraded', since: from(beat.rises) } : undefined;
  if (mean < policy.unroutableBelow && share < policy.degradedBelow)
    return { kind: 'unroutable', since: from(beat.starts) };
  const isDip = state.kind === 'routable' && mean < policy.degradedBelow && share < policy.degradedBelow;
  return isDip ? { kind: 'degraded', since: from(beat.starts) } : undefined;
}

/** During a beat, a drop of the usual length is not a new outage. */
function lowHoldMs(beat: Beat | undefined, policy: Policy): number {
  return beat === undefined
    ? policy.unroutableHoldMs
    : Math.max(policy.unroutableHoldMs, Math.floor(policy.meanWindowMs / 2));
}

/** When the state changes without a new message: at the end of the earliest hold, or at the end of the beat. */
export function deadline(state: VerdictState, policy: Policy, beat?: Beat): EventTime | undefined {
  let next = beat?.steadyAt;
  const blindSince = since(state, 'blindSince');
  if (blindSince !== undefined) return earliest(next, later(blindSince, policy.blindHoldMs));
  for (const { condition, hold } of HOLDS) {
    const at = since(state, condition);
    if (at !== undefined && !isSuspended(state, condition, beat))
      next = earliest(next, later(at, condition === 'lowSince' ? lowHoldOf(state, beat, policy) : policy[hold]));
  }
  return next;
}

/** During a beat, `degraded` does not end. */
function isSuspended({ kind }: VerdictState, condition: Condition, beat: Beat | undefined): boolean {
  return beat !== undefined && kind === 'degraded' && condition === 'clearSince';
}

function lowHoldOf({ kind }: VerdictState, beat: Beat | undefined, policy: Policy): number {
  return kind === 'degraded' ? lowHoldMs(beat, policy) : policy.unroutableHoldMs;
}

/** A verdict whose hold is not over. */
export interface Pending {
  readonly verdict: Verdict;
  readonly since: EventTime;
  /** When the verdict will be given if the condition lasts. */
  readonly at: EventTime;
}

/** The next verdict if nothing changes; `undefined`: the present one stays. */
export function pending(state: VerdictState, policy: Policy): Pending | undefined {
  const isBlind = since(state, 'blindSince') !== undefined;
  return HOLDS.flatMap(({ condition, hold, verdict }) => {
    if (isBlind && condition !== 'blindSince') return [];
    const at = since(state, condition);
    return at === undefined ? [] : [{ verdict, since: at, at: later(at, policy[hold]) }];
  }).sort((a, b) => a.at - b.at)[0];
}

/** Whether the last sample was usable for a verdict. */
export function isSighted(state: VerdictState): boolean {
  return state.kind === 'unknown' ? state.sightedSince !== undefined : state.blindSince === undefined;
}

/**
 * From when on messages belong to the evidence of a verdict: after blindness from its start, otherwise from `first`,
 * when the change began.
 */
export function evidenceSince(before: VerdictState, first: EventTime): EventTime {
  return before.kind === 'unknown' ? (Math.min(before.since, first) as EventTime) : first;
}

/** Since when the conditions have lasted that have not become a verdict yet. */
export function trackers(state: VerdictState): readonly EventTime[] {
  return [
    since(state, 'lowSince'),
    since(state, 'dipSince'),
    since(state, 'fineSince'),
    since(state, 'clearSince'),
    since(state, 'upSince'),
  ].filter((at) => at !== undefined);
}

type Condition = 'blindSince' | 'lowSince' | 'dipSince' | 'fineSince' | 'clearSince' | 'upSince';

interface Hold {
  readonly condition: Condition;
  readonly hold: 'blindHoldMs' | 'unroutableHoldMs' | 'degradedHoldMs' | 'settleMs';
  readonly verdict: Verdict;
}

/** How long each condition must last, and what it leads to. */
const HOLDS: readonly Hold[] = [
  { condition: 'blindSince', hold: 'blindHoldMs', verdict: 'unknown' },
  { condition: 'lowSince', hold: 'unroutableHoldMs', verdict: 'unroutable' },
  { condition: 'dipSince', hold: 'degradedHoldMs', verdict: 'degraded' },
  { condition: 'fineSince', hold: 'blindHoldMs', verdict: 'routable' },
  { condition: 'clearSince', hold: 'settleMs', verdict: 'routable' },
  { condition: 'upSince', hold: 'settleMs', verdict: 'routable' },
];

function since(state: VerdictState, condition: Condition): EventTime | undefined {
  return (state as Partial<Record<Condition, EventTime>>)[condition];
}

/** There are enough voters again. What they see must last as long as from any other state. */
function look(state: StateOf<'unknown'>, sample: Controlled, policy: Policy): VerdictState {
  const { at } = sample;
  const sightedSince = state.sightedSince ?? at;
  const found = follow(state, ['lowSince', 'dipSince'], sample, policy);
  const { lowSince, dipSince } = found;
  const fineSince = dipSince === undefined ? (state.fineSince ?? at) : undefined;
  if (lasted(lowSince, at, policy.unroutableHoldMs)) return { kind: 'unroutable', since: lowSince };
  if (lasted(dipSince, at, policy.degradedHoldMs))
    return { kind: 'degraded', since: dipSince, ...only(found, 'lowSince') };
  // The first look needs no hold: there is no earlier verdict that it contradicts.
  const holdMs = state.before === undefined ? 0 : policy.blindHoldMs;
  if (lasted(fineSince, at, holdMs)) return { kind: 'routable', since: fineSince };
  const { kind, reason, before } = state;
  return { kind, since: state.since, reason, before, sightedSince, ...found, ...some({ fineSince }) };
}

function stayBlind(state: VerdictState & { kind: 'unknown' }, reason: BlindReason): VerdictState {
  return { kind: 'unknown', since: state.since, reason, before: state.before };
}

/**
 * Blindness is not an outage: the verdict stays until the hold of blindness ends. A loss that had begun also stays: if
 * it is still there when we can see again, its hold continues. Otherwise each restart of the process would start the
 * hold again. While we are blind, only the hold of blindness can end.
 */
function goBlind(
  state: Exclude<VerdictState, { kind: 'unknown' }>,
  at: EventTime,
  reason: BlindReason,
  policy: Policy,
): VerdictState {
  const blindSince = state.blindSince ?? at;
  if (lasted(blindSince, at, policy.blindHoldMs))
    return { kind: 'unknown', since: blindSince, reason, before: state.kind };
  const { kind, since } = state;
  if (kind === 'unroutable') return { kind, since, blindSince };
  const { lowSince } = state;
  const dipSince = kind === 'routable' ? state.dipSince : undefined;
  const areas = areasOf(state.areas, { lowSince, dipSince });
  const lost = some({ lowSince, dipSince, areas });
  return { kind, since, blindSince, ...lost };
}
