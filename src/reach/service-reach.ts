import { SERVICES, targetText, type Service } from '../bgp/probe.ts';
import type { EventTime } from '../bgp/time.ts';
import type { Reachability, UnreachedReason } from '../detect/events/reachability.ts';
import { REACH_POLICY } from '../policy/reach-policy.ts';
import type { ReachLevel, TargetState } from './target-reach.ts';

/** What the results of one class of service say at this moment. */
export interface ServiceAim {
  readonly service: Service;
  readonly verdict: Reachability;
  readonly answering: number;
  readonly silent: number;
  readonly targets: number;
  /** When the last target took the level it has, and the first one that does not answer, and that is not silent. */
  readonly times: { readonly last: EventTime; readonly firstWorse: EventTime; readonly firstReached: EventTime };
}

/** What the results of a territory say at this moment. */
export interface Aims {
  readonly services: readonly ServiceAim[];
  readonly vantages: number;
  /** Why every class is `unknown`, where that is so. */
  readonly reason: UnreachedReason | undefined;
}

/**
 * What recent results say: of each class that has any.
 *
 * @param states those of vantage points whose line works, recent ones alone.
 * @param isOwnLineDown whether there are others, whose line does not.
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

/** One target from all its vantage points: it answers from more than half of them, or is silent from all. */
function combined(levels: readonly ReachLevel[]): ReachLevel {
  if (levels.every((level) => level === 'silent')) return 'silent';
  return levels.filter((level) => level === 'answers').length * 2 > levels.length ? 'answers' : 'reached';
}

/** Since when a class has been as its results say, given the verdict before. */
export function sinceOf({ verdict, times }: ServiceAim, before: Reachability): EventTime {
  if (verdict === 'partly' && before === 'reachable') return times.firstWorse;
  if (verdict === 'partly' && before === 'unreachable') return times.firstReached;
  return times.last;
}
