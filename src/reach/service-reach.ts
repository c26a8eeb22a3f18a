import { SERVICES, targetText, type Service } from '../bgp/probe.ts';
import type { EventTime } from '../bgp/time.ts';
import type { Reachability, UnreachedReason } from '../detect/events/reachability.ts';
import { REACH_POLICY } from '../policy/reach-policy.ts';
import type { ReachLevel, TargetState } from './target-reach.ts';

/** What the results for one class of service show at this moment. */
export interface ServiceAim {
  readonly service: Service;
  readonly verdict: Reachability;
  readonly answering: number;
  readonly silent: number;
  readonly targets: number;
  /**
   * Three times: when the last target reached its present level, since when the first target has not answered, and
   * since when the first target has not been silent.
   */
  readonly times: { readonly last: EventTime; readonly firstWorse: EventTime; readonly firstReached: EventTime };
}

/** What the results for a territory show at this moment. */
export interface Aims {
  readonly services: readonly ServiceAim[];
  readonly vantages: number;
  /** Why every class is `unknown`; absent otherwise. */
  readonly reason: UnreachedReason | undefined;
}

/**
 * What recent results show, for each class that has any.
 *
 * @param states recent ones only, of vantage points whose line works.
 * @param isOwnLineDown whether there are vantage points whose line does not work.
 */
export function aimsOf(states: readonly TargetState[], isOwnLineDown: boolean, at: EventTime): Aims {
  const known = states.filter(({ level }) => level !== undefined);
  const targets = new Set(known.map(({ last }) => targetText(last.target)));
  const vantages = new Set(states.map(({ last }) => last.vantage.id)).size;
  const reason = reasonOf(states.length, targets.size, isOwnLineDown);
  const services = SERVICES.flatMap((service) => {
    const own = known.filter(({ last }) => last.service === service);
    if (own.length === 0) return [];
    const aim = aimOf(service, own, at);
    return [reason === undefined ? aim : { ...aim, verdict: 'unknown' as const }];
  });
  return { services, vantages, reason };
}

function reasonOf(states: number, targets: number, isOwnLineDown: boolean): UnreachedReason | undefined {
  if (targets >= REACH_POLICY.minTargets) return undefined;
  if (isOwnLineDown) return 'own-line';
  return states === 0 ? 'no-results' : 'too-few-targets';
}

function aimOf(service: Service, states: readonly TargetState[], at: EventTime): ServiceAim {
  const byTarget = new Map<string, ReachLevel[]>();
  for (const { last, level } of states) {
    const key = targetText(last.target);
    byTarget.set(key, [...(byTarget.get(key) ?? []), ...(level === undefined ? [] : [level])]);
  }
  const levels = [...byTarget.values()].map(combined);
  const answering = levels.filter((level) => level === 'answers').length;
  const silent = levels.filter((level) => level === 'silent').length;
  const targets = levels.length;
  const sinceOf = (is: (level: ReachLevel | undefined) => boolean): readonly number[] =>
    states.filter(({ level }) => is(level)).map(({ since }) => since);
  return {
    service,
    verdict: answering === targets ? 'reachable' : silent === targets ? 'unreachable' : 'partly',
    ...{ answering, silent, targets },
    times: {
      last: Math.max(0, ...sinceOf(() => true)) as EventTime,
      firstWorse: Math.min(at, ...sinceOf((level) => level !== 'answers')) as EventTime,
      firstReached: Math.min(at, ...sinceOf((level) => level !== 'silent')) as EventTime,
    },
  };
}

/**
 * The level of one target over all its vantage points. It answers if more than half of them get an answer; it is silent
 * if none gets anything.
 */
function combined(levels: readonly ReachLevel[]): ReachLevel {
  if (levels.every((level) => level === 'silent')) return 'silent';
  return levels.filter((level) => level === 'answers').length * 2 > levels.length ? 'answers' : 'reached';
}

/** Since when a class has had its present verdict, given the one before. */
export function sinceOf({ verdict, times }: ServiceAim, before: Reachability): EventTime {
  if (verdict === 'partly' && before === 'reachable') return times.firstWorse;
  if (verdict === 'partly' && before === 'unreachable') return times.firstReached;
  return times.last;
}
