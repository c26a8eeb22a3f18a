import type { ProbeElement } from '../bgp/element.ts';
import { targetText, type Service } from '../bgp/probe.ts';
import { earliest, isoTime, later, type EventTime } from '../bgp/time.ts';
import type { Draft } from '../detect/events/chain.ts';
import type { Verdict } from '../detect/events/event.ts';
import type { Family } from '../bgp/prefix.ts';
import type {
  Reachability,
  ReachabilityData,
  ReachabilityView,
  UnreachedReason,
} from '../detect/events/reachability.ts';
import type { Territory } from '../territory/territory.ts';
import { REACH_POLICY } from '../policy/reach-policy.ts';
import { aimsOf, sinceOf, type Aims } from './service-reach.ts';
import { recentUntil, stepTarget, type TargetState } from './target-reach.ts';

/** A verdict, and since when. */
export interface ReachVerdict {
  readonly verdict: Reachability;
  readonly since: EventTime;
}

/** The state from which a territory's reachability continues. */
export interface ReachState {
  readonly territory: ReachVerdict & { readonly reason?: UnreachedReason | undefined };
  readonly services: ReadonlyMap<Service, ReachVerdict>;
  /** Since when the results have shown another verdict, and when that last changed. */
  readonly pending?: { readonly since: EventTime; readonly changed: EventTime; readonly aims: string };
}

/** Reads the verdicts on a territory's routes, to see whether services were lost first. */
export type RouteVerdicts = () => readonly { readonly family: Family; readonly verdict: Verdict }[];

/** Whether a vantage point's line works, and from when on its results count. */
export type LineOf = (vantage: string) => { readonly isDown: boolean; readonly upSince: EventTime | undefined };

/** Whether the services of one territory answer. It decides from results alone, with a hold. */
export class TerritoryReach {
  readonly territory: Territory;
  readonly #targets = new Map<string, TargetState>();
  readonly #lineOf: LineOf;
  readonly #routes: RouteVerdicts;
  #state: ReachState;

  constructor(territory: Territory, lineOf: LineOf, routes: RouteVerdicts) {
    this.territory = territory;
    this.#lineOf = lineOf;
    this.#routes = routes;
    this.#state = { territory: { verdict: 'unknown', since: 0 as EventTime }, services: new Map() };
  }

  /** Takes one result. `observe` decides. */
  take(element: ProbeElement): void {
    const key = `${element.vantage.id} ${targetText(element.target)}`;
    const before = this.#targets.get(key);
    if (before === undefined && this.#targets.size >= REACH_POLICY.maxPairs) return;
    this.#targets.set(key, stepTarget(before, element));
  }

  /** When a decision is due without a new result. */
  deadline(): EventTime | undefined {
    const { pending } = this.#state;
    let next = pending === undefined ? undefined : decidesAt(pending);
    for (const state of this.#targets.values()) next = earliest(next, recentUntil(state));
    return next;
  }

  /** Makes the decisions that are due at `at`. */
  observe(at: EventTime): readonly Draft[] {
    for (const [key, state] of this.#targets) if (recentUntil(state) <= at) this.#targets.delete(key);
    const aims = this.#aims(at);
    const text = this.#difference(aims);
    const before = this.#state.pending;
    if (text === '') {
      const { territory, services } = this.#state;
      this.#state = { territory, services };
      return [];
    }
    const changed = before?.aims === text ? before.changed : at;
    const pending = { since: before?.since ?? at, changed, aims: text };
    this.#state = { ...this.#state, pending };
    return decidesAt(pending) <= at ? this.#decide(aims, at) : [];
  }

  #aims(at: EventTime): Aims {
    let isOwnLineDown = false;
    const usable = [...this.#targets.values()].filter(({ last }) => {
      const { isDown, upSince } = this.#lineOf(last.vantage.id);
      isOwnLineDown ||= isDown;
      return !isDown && (upSince === undefined || last.at >= upSince);
    });
    return aimsOf(usable, isOwnLineDown, at);
  }

  /** The classes whose results differ from their present verdict; empty if there are none. */
  #difference({ services, reason }: Aims): string {
    const { services: decided, territory } = this.#state;
    const parts = services
      .filter(({ service, verdict }) => verdict !== (decided.get(service)?.verdict ?? 'unknown'))
      .map(({ service, verdict }) => `${service} ${verdict}`);
    const gone = [...decided].filter(
      ([service, { verdict }]) => verdict !== 'unknown' && services.every((aim) => aim.service !== service),
    );
    if (parts.length === 0 && gone.length === 0) return '';
    return [...parts, ...gone.map(([service]) => `${service} gone`), reason ?? '', territory.verdict].join(', ');
  }

  #decide(aims: Aims, at: EventTime): readonly Draft[] {
    const before = this.#state;
    const turnedAt = before.pending?.since ?? at;
    const services = new Map<Service, ReachVerdict>();
    for (const aim of aims.services) {
      const old = before.services.get(aim.service) ?? { verdict: 'unknown', since: 0 as EventTime };
      const began = aim.verdict === 'unknown' ? turnedAt : sinceOf(aim, old.verdict);
      const since = Math.max(old.since, began) as EventTime;
      services.set(aim.service, aim.verdict === old.verdict ? old : { verdict: aim.verdict, since });
    }
    for (const [service, old] of before.services)
      if (!services.has(service))
        services.set(service, old.verdict === 'unknown' ? old : { verdict: 'unknown', since: turnedAt });
    const verdict = verdictOf([...services.values()]);
    const changed = [...services].flatMap(([service, now]) => {
      const previous = before.services.get(service)?.verdict ?? 'unknown';
      return previous === now.verdict ? [] : [{ service, previous, since: now.since }];
    });
    const isWhole = verdict === 'reachable' || verdict === 'unreachable';
    const times = changed.map((one) => one.since);
    const since = (isWhole ? Math.max(0, ...times) : Math.min(at, ...times)) as EventTime;
    const isSame = verdict === before.territory.verdict;
    const territory = { verdict, since: isSame ? before.territory.since : since, reason: aims.reason };
    this.#state = { territory, services };
    return this.#drafts(before.territory.verdict, changed, at);
  }

  #drafts(
    previous: Reachability,
    changed: readonly { readonly service: Service; readonly previous: Reachability }[],
    at: EventTime,
  ): readonly Draft[] {
    const { id, name } = this.territory;
    const view = this.view(at);
    const data: ReachabilityData = {
      territory: { id, name },
      ...view,
      previous,
      changed: changed.map(({ service, previous: one }) => ({ service, previous: one })),
    };
    const draft = {
      at,
      subject: `${id}/data`,
      about: [view.reachability, ...view.services.map(({ service, verdict }) => `${service} ${verdict}`)].join(' '),
    };
    const routes = this.#routes();
    const isWorse = WORSE.indexOf(view.reachability) > Math.max(0, WORSE.indexOf(previous)) && previous !== 'unknown';
    const isEarly = isWorse && routes.length > 0 && routes.every(({ verdict }) => verdict === 'routable');
    return [
      { ...draft, type: 'reachability.changed', data },
      ...(isEarly ? [{ ...draft, type: 'reachability.warning' as const, data: { ...data, routes } }] : []),
    ];
  }

  /** `undefined` before the first result. */
  get isProbed(): boolean {
    return this.#targets.size > 0 || this.#state.services.size > 0;
  }

  /** The reachability at `at`. */
  view(at: EventTime): ReachabilityView {
    const { territory, services } = this.#state;
    const aims = this.#aims(at);
    const reason = territory.verdict === 'unknown' ? (territory.reason ?? aims.reason) : undefined;
    return {
      reachability: territory.verdict,
      since: isoTime(territory.since),
      ...(reason === undefined ? {} : { reason }),
      vantages: aims.vantages,
      services: [...services].map(([service, { verdict, since }]) => {
        const { answering, silent, targets } = aims.services.find((aim) => aim.service === service) ?? NONE;
        return { service, verdict, since: isoTime(since), answering, silent, targets };
      }),
      targets: [...this.#targets.values()].slice(0, MAX_LISTED).map(({ last }) => ({
        target: targetText(last.target),
        service: last.service,
        vantage: last.vantage,
        result: last.result,
        at: isoTime(last.at),
        detail: last.detail,
      })),
    };
  }

  snapshot(): { readonly state: ReachState; readonly targets: readonly TargetState[] } {
    return { state: this.#state, targets: [...this.#targets.values()] };
  }

  restore({ state, targets }: ReturnType<TerritoryReach['snapshot']>): void {
    this.#state = state;
    for (const target of targets)
      this.#targets.set(`${target.last.vantage.id} ${targetText(target.last.target)}`, target);
  }
}

const MAX_LISTED = 100;
const NONE = { answering: 0, silent: 0, targets: 0 };
const WORSE: readonly Reachability[] = ['reachable', 'partly', 'unreachable'];

function decidesAt({ since, changed }: NonNullable<ReachState['pending']>): EventTime {
  return Math.min(later(changed, REACH_POLICY.settleMs), later(since, REACH_POLICY.latestMs)) as EventTime;
}

/** The common verdict of all classes if they agree, otherwise `partly`. Classes that are `unknown` do not count. */
function verdictOf(services: readonly ReachVerdict[]): Reachability {
  const known = new Set(services.map(({ verdict }) => verdict).filter((verdict) => verdict !== 'unknown'));
  const [only] = known;
  if (only === undefined) return 'unknown';
  return known.size === 1 ? only : 'partly';
}
