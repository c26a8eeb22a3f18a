import type { ProbeElement } from '../bgp/element.ts';
import { isReached, type ProbeResult } from '../bgp/probe.ts';
import { later, type EventTime } from '../bgp/time.ts';
import { REACH_POLICY } from '../policy/reach-policy.ts';

/** How much of a target works, from bad to good. */
export type ReachLevel = 'silent' | 'reached' | 'answers';

const ORDER: readonly ReachLevel[] = ['silent', 'reached', 'answers'];

/** The state of one target as one vantage point sees it. */
export interface TargetState {
  /** The last result that counts. */
  readonly last: ProbeElement;
  /** `undefined` while the target has only been silent once. */
  readonly level: ReachLevel | undefined;
  /** When the first result of this level came. */
  readonly since: EventTime;
  /** A worse level that was not found in enough rounds in a row yet. */
  readonly turning?: { readonly level: ReachLevel; readonly since: EventTime; readonly rounds: number };
}

/** The level of a single result. */
export function levelOf(result: ProbeResult): ReachLevel {
  if (result === 'answered') return 'answers';
  return isReached(result) ? 'reached' : 'silent';
}

/**
 * Adds a result. A better one counts at once, a worse one only after `worseRounds` rounds in a row. Late results change
 * nothing.
 */
export function stepTarget(state: TargetState | undefined, element: ProbeElement): TargetState {
  const level = levelOf(element.result);
  const { at } = element;
  if (state === undefined) return turned({ last: element, level: undefined, since: at }, level, element);
  if (at <= state.last.at) return state;
  if (level === state.level) return { last: element, level, since: state.since };
  return turned({ ...state, last: element }, level, element);
}

function turned(state: TargetState, level: ReachLevel, element: ProbeElement): TargetState {
  const { at } = element;
  const isBetter = state.level === undefined ? level !== 'silent' : ORDER.indexOf(level) > ORDER.indexOf(state.level);
  if (isBetter) return { last: element, level, since: at };
  const before = state.turning?.level === level ? state.turning : { level, since: at, rounds: 0 };
  const rounds = before.rounds + 1;
  if (rounds >= REACH_POLICY.worseRounds) return { last: element, level, since: before.since };
  return { ...state, turning: { ...before, rounds } };
}

/** Until when the last result counts. */
export function recentUntil({ last }: TargetState): EventTime {
  return later(last.at, last.everyMs * REACH_POLICY.recentIntervals);
}
