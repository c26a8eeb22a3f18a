import type { ProbeElement } from '../bgp/element.ts';
import { isReached, targetText } from '../bgp/probe.ts';
import { earliest, later, type EventTime } from '../bgp/time.ts';
import { digest, type Chain, type Draft } from '../detect/events/chain.ts';
import type { ReachabilityView, UnroutableEvent } from '../detect/events/event.ts';
import { REACH_POLICY } from '../policy/reach-policy.ts';
import type { Evaluator } from '../detect/evaluator.ts';
import type { Territory } from '../territory/territory.ts';
import { TerritoryReach, type LineOf } from './territory-reach.ts';

/** The state of one vantage point's network line, as its controls show it. */
export interface VantageLine {
  /** The last result of each control, by `targetText`. */
  readonly controls: ReadonlyMap<string, ProbeElement>;
  readonly isDown: boolean;
  /** When a control answered again after all had been silent. */
  readonly upSince: EventTime | undefined;
}

const UNKNOWN_LINE: VantageLine = { controls: new Map(), isDown: false, upSince: undefined };

/** The drafts of one territory's events. */
export interface ReachDecision {
  readonly id: string;
  readonly drafts: readonly Draft[];
}

/** The network lines of all vantage points. If all controls of a vantage point are silent, its results do not count. */
export class Lines {
  readonly #lines = new Map<string, VantageLine>();

  /** A result of a control. */
  take(element: ProbeElement): void {
    const id = element.vantage.id;
    const before = this.#lines.get(id) ?? UNKNOWN_LINE;
    const controls = new Map(before.controls).set(targetText(element.target), element);
    for (const [key, { at, everyMs }] of controls)
      if (later(at, everyMs * REACH_POLICY.recentIntervals) <= element.at) controls.delete(key);
    const isDown = ![...controls.values()].some(({ result }) => isReached(result));
    const upSince = before.isDown && !isDown ? element.at : before.upSince;
    this.#lines.set(id, { controls, isDown, upSince });
  }

  /** The state of a vantage point's line. Without controls, the line is taken to work. */
  readonly of: LineOf = (vantage) => this.#lines.get(vantage) ?? UNKNOWN_LINE;

  snapshot(): ReadonlyMap<string, VantageLine> {
    return this.#lines;
  }

  restore(id: string, line: VantageLine): void {
    this.#lines.set(id, line);
  }
}

/**
 * Whether services inside the territories answer. Its clock is the event time of its own elements. A result never moves
 * the time of the routes, so no decision about routes depends on it.
 */
export class Reach {
  readonly lines: Lines;
  readonly territories: readonly TerritoryReach[];
  #now: EventTime | undefined;
  #deadline: EventTime | undefined;

  constructor(territories: readonly TerritoryReach[], lines: Lines) {
    this.lines = lines;
    this.territories = territories;
  }

  /** Event time of the latest result. */
  get now(): EventTime | undefined {
    return this.#now;
  }

  /** When a decision is due without a new result. */
  get deadline(): EventTime | undefined {
    return this.#deadline;
  }

  /** Takes one result, after the decisions that were due before it. */
  apply(element: ProbeElement): readonly ReachDecision[] {
    const at = Math.max(element.at, this.#now ?? 0) as EventTime;
    const due = this.advance(at);
    this.#now = at;
    if (element.territory === undefined) this.lines.take(element);
    const concerned =
      element.territory === undefined
        ? this.territories
        : this.territories.filter(({ territory }) => territory.id === element.territory);
    if (element.territory !== undefined) for (const one of concerned) one.take(element);
    const decided = [...due, ...decisions(concerned, at)];
    this.#schedule();
    return decided;
  }

  /** Makes the decisions that are due up to and including `to`, each at its own time. */
  advance(to: EventTime): readonly ReachDecision[] {
    const decided: ReachDecision[] = [];
    while (this.#deadline !== undefined && this.#deadline <= to) {
      const at = Math.max(this.#deadline, this.#now ?? 0) as EventTime;
      this.#now = at;
      decided.push(...decisions(this.territories, at));
      this.#schedule();
    }
    return decided;
  }

  /** The reachability of each territory that has results, by id. */
  views(at: EventTime | undefined): ReadonlyMap<string, ReachabilityView> {
    const now = Math.max(at ?? 0, this.#now ?? 0) as EventTime;
    const probed = this.territories.filter(({ isProbed }) => isProbed);
    return new Map(probed.map((one) => [one.territory.id, one.view(now)]));
  }

  /** Call it after all parts are restored. */
  restored(now: EventTime | undefined): void {
    this.#now = now;
    this.#schedule();
  }

  #schedule(): void {
    this.#deadline = earliest(...this.territories.map((one) => one.deadline()));
  }
}

function decisions(territories: readonly TerritoryReach[], at: EventTime): readonly ReachDecision[] {
  return territories.flatMap((one) => {
    const drafts = one.observe(at);
    return drafts.length === 0 ? [] : [{ id: one.territory.id, drafts }];
  });
}

/** The reachability of these territories. It reads the verdicts of the evaluators; they do not depend on it. */
export function reachBeside(
  territories: readonly { readonly territory: Territory }[],
  evaluators: readonly { readonly evaluator: Evaluator }[],
): Reach {
  const lines = new Lines();
  const reaches = territories.map(({ territory }) => {
    const own = evaluators.filter(({ evaluator }) => evaluator.view.territory.id === territory.id);
    return new TerritoryReach(territory, lines.of, () =>
      own.map(({ evaluator: { view, state } }) => ({ family: view.family, verdict: state.kind })),
    );
  });
  return new Reach(reaches, lines);
}

const VERSION = digest([REACH_POLICY]).slice(0, 16);

/** Turns the drafts into events. Each territory has a chain for these, separate from the chain of its routes. */
export function reachEvents(decisions: readonly ReachDecision[], chain: Chain): readonly UnroutableEvent[] {
  return decisions.flatMap(({ id, drafts }) =>
    drafts.map((draft) => chain.append(draft, `/territories/${id}/data`, VERSION)),
  );
}
