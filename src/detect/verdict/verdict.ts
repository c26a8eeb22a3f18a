import { earliest, later, type EventTime } from '../../bgp/time.ts';
import type { Sample } from '../../rib/sample.ts';
import type { BlindReason, Verdict } from '../events/event.ts';
import type { Policy } from '../policy.ts';

/** A verdict that says something of the territory, not of us. */
export type Known = Exclude<Verdict, 'unknown'>;

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
 * blind: too few voters. Each `…Since` is there while its condition lasts and has not become a verdict.
 */
export type VerdictState =
  | {
      readonly kind: 'unknown';
      readonly since: EventTime;
      readonly reason: BlindReason;
      /** The verdict before our eyes closed; `undefined` at the start. */
      readonly before: Known | undefined;
      readonly sightedSince?: EventTime;
      readonly lowSince?: EventTime;
      readonly dipSince?: EventTime;
      readonly fineSince?: EventTime;
    }
  | {
      readonly kind: 'routable';
      readonly since: EventTime;
      readonly dipSince?: EventTime;
      readonly lowSince?: EventTime;
      readonly blindSince?: EventTime;
    }
  | {
      readonly kind: 'degraded';
      readonly since: EventTime;
      readonly lowSince?: EventTime;
      readonly clearSince?: EventTime;
      readonly blindSince?: EventTime;
    }
  | {
      readonly kind: 'unroutable';
      readonly since: EventTime;
      readonly upSince?: EventTime;
      readonly blindSince?: EventTime;
    };

export function firstState(): VerdictState {
  return { kind: 'unknown', since: 0 as EventTime, reason: 'too-few-voters', before: undefined };
}

/** A sample, and how the control group stood at its moment: the share of its units that were visible, where one is watched. */
export type Controlled = Sample & { readonly control?: number | undefined };

/** Why this sample proves nothing, if it does not. */
export function blindness(sample: Controlled, policy: Policy): BlindReason | undefined {
  if (sample.witnesses < policy.minVoters) return 'too-few-voters';
  if (sample.witnesses < policy.minVoterShare * sample.known) return 'lost-voters';
  if (!sample.isProven) return 'never-seen';
  if (sample.collectors < policy.minCollectors) return 'too-few-collectors';
  return sample.control !== undefined && sample.control < policy.minControlShare ? 'control-group' : undefined;
}

/**
 * Takes a territory one sample further. The only clock is `sample.at`. At most one verdict changes: at a deadline the
 * sample is that of the moment before, so call it again at each `deadline` that a later element has passed.
 */
export function step(state: VerdictState, sample: Controlled, policy: Policy): VerdictState {
  const blind = blindness(sample, policy);
  if (state.kind === 'unknown') return blind === undefined ? look(state, sample, policy) : stayBlind(state, blind);
  if (blind !== undefined) return goBlind(state, sample.at, blind, policy);

  const { at, share } = sample;
  const low = share < policy.unroutableBelow;
  switch (state.kind) {
    case 'routable': {
      const lowSince = held(low, state.lowSince, at);
      const dipSince = held(share < policy.degradedBelow, state.dipSince, at);
      if (lasted(lowSince, at, policy.unroutableHoldMs)) return { kind: 'unroutable', since: lowSince };
      if (lasted(dipSince, at, policy.degradedHoldMs))
        return { kind: 'degraded', since: dipSince, ...some({ lowSince }) };
      return { kind: 'routable', since: state.since, ...some({ dipSince, lowSince }) };
    }
    case 'degraded': {
      const lowSince = held(low, state.lowSince, at);
      const clearSince = held(share >= policy.recoveredAt, state.clearSince, at);
      if (lasted(lowSince, at, policy.unroutableHoldMs)) return { kind: 'unroutable', since: lowSince };
      if (lasted(clearSince, at, policy.settleMs)) return { kind: 'routable', since: clearSince };
      return { kind: 'degraded', since: state.since, ...some({ lowSince, clearSince }) };
    }
    case 'unroutable': {
      const upSince = held(share >= policy.restoredAt, state.upSince, at);
      if (!lasted(upSince, at, policy.settleMs))
        return { kind: 'unroutable', since: state.since, ...some({ upSince }) };
      return { kind: share < policy.degradedBelow ? 'degraded' : 'routable', since: upSince };
    }
  }
}

/** When the state changes though nothing is heard: the earliest hold that ends. */
export function deadline(state: VerdictState, policy: Policy): EventTime | undefined {
  let next: EventTime | undefined;
  for (const { condition, hold } of HOLDS) {
    const at = since(state, condition);
    if (at !== undefined) next = earliest(next, later(at, policy[hold]));
  }
  return next;
}

/** A verdict that has not lasted long enough to be given. */
export interface Pending {
  readonly verdict: Verdict;
  readonly since: EventTime;
  /** When it will be given, if it lasts. */
  readonly at: EventTime;
}

/** The verdict that comes next if all stays as it is; `undefined` when the one that stands does. */
export function pending(state: VerdictState, policy: Policy): Pending | undefined {
  return HOLDS.flatMap(({ condition, hold, verdict }) => {
    const at = since(state, condition);
    return at === undefined ? [] : [{ verdict, since: at, at: later(at, policy[hold]) }];
  }).sort((a, b) => a.at - b.at)[0];
}

/** The moments since which conditions last that are no verdict yet. */
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

/** Our eyes are open again: what is seen must last as long as it must from any other state. */
function look(state: VerdictState & { kind: 'unknown' }, sample: Sample, policy: Policy): VerdictState {
  const { at, share } = sample;
  const sightedSince = state.sightedSince ?? at;
  const lowSince = held(share < policy.unroutableBelow, state.lowSince, at);
  const dipSince = held(share < policy.degradedBelow, state.dipSince, at);
  const fineSince = held(dipSince === undefined, state.fineSince, at);
  if (lasted(lowSince, at, policy.unroutableHoldMs)) return { kind: 'unroutable', since: lowSince };
  if (lasted(dipSince, at, policy.degradedHoldMs)) return { kind: 'degraded', since: dipSince, ...some({ lowSince }) };
  // The first look needs no hold: it contradicts nothing that was said.
  const holdMs = state.before === undefined ? 0 : policy.blindHoldMs;
  if (lasted(fineSince, at, holdMs)) return { kind: 'routable', since: fineSince };
  const { kind, reason, before } = state;
  return { kind, since: state.since, reason, before, sightedSince, ...some({ lowSince, dipSince, fineSince }) };
}

function stayBlind(state: VerdictState & { kind: 'unknown' }, reason: BlindReason): VerdictState {
  return { kind: 'unknown', since: state.since, reason, before: state.before };
}

/** Blindness is not an outage: a verdict stands for the hold, a suspicion is dropped at once. */
function goBlind(
  state: Exclude<VerdictState, { kind: 'unknown' }>,
  at: EventTime,
  reason: BlindReason,
  policy: Policy,
): VerdictState {
  const blindSince = state.blindSince ?? at;
  if (lasted(blindSince, at, policy.blindHoldMs))
    return { kind: 'unknown', since: blindSince, reason, before: state.kind };
  return { kind: state.kind, since: state.since, blindSince };
}

function held(is: boolean, since: EventTime | undefined, at: EventTime): EventTime | undefined {
  return is ? (since ?? at) : undefined;
}

function lasted(since: EventTime | undefined, at: EventTime, ms: number): since is EventTime {
  return since !== undefined && at - since >= ms;
}

type Some<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The same without what is `undefined`: a field is there only in the state in which it says something. */
function some<T extends Record<string, unknown>>(fields: T): Some<T> {
  const there: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) there[name] = fields[name];
  return there as Some<T>;
}
