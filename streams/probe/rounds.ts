import type { ProbeElement } from '../../src/bgp/element.ts';
import { isReached, OWN_VANTAGE, targetText, type ProbeResult } from '../../src/bgp/probe.ts';
import { eventTimeOf, type EventTime } from '../../src/bgp/time.ts';
import type { Clock } from '../../src/ports.ts';
import { ask } from './ask.ts';
import { ETIQUETTE } from './etiquette.ts';
import type { AskingOptions } from './finding.ts';

/** A target, and the territory or control that it belongs to. */
export type Probed = Pick<ProbeElement, 'territory' | 'service' | 'target'>;

/** What to probe, and how often. */
export interface ProbePlan {
  /** The controls, which show whether our own line works. They come first in every round. */
  readonly controls: readonly Probed[];
  readonly targets: readonly Probed[];
  /** Milliseconds between two rounds, before jitter. At least `ETIQUETTE.minEveryMs`. */
  readonly everyMs: number;
  readonly ask: AskingOptions;
}

/** The reports of a prober. */
export type ProbeReport =
  /** A query could not be sent, for a reason on our side: too many open files, no IPv6. */
  | { readonly type: 'not-asked'; readonly target: string; readonly reason: string }
  /** No control answers: our own line is down, and the targets are not probed in this round. */
  | { readonly type: 'own-line'; readonly controls: number };

/** The last query to a target, possibly by an earlier process. */
export interface LastAsked {
  readonly at: EventTime;
  readonly result: ProbeResult;
}

/** What the prober needs besides its plan. */
export interface ProberParts {
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly report: (report: ProbeReport) => void;
  /** By `targetText`. */
  readonly last?: ReadonlyMap<string, LastAsked>;
}

/**
 * Probes all targets in rounds, one at a time, and yields the results. A round begins with the controls; if none can be
 * reached, it ends there. A result that differs from the last one is checked once, half a minute later. If both agree,
 * the first counts, otherwise the second.
 */
export async function* probing(plan: ProbePlan, parts: ProberParts, signal: AbortSignal): AsyncGenerator<ProbeElement> {
  const { clock, random, report } = parts;
  const asker = new Asker(plan, parts, signal);
  while (!signal.aborted) {
    const begunMs = clock.monotonicMs();
    let reached = 0;
    for await (const element of asker.round(plan.controls)) {
      if (isReached(element.result)) reached++;
      yield element;
    }
    if (reached > 0) yield* asker.round(plan.targets);
    else if (!signal.aborted) report({ type: 'own-line', controls: plan.controls.length });
    const everyMs = plan.everyMs * (1 + ETIQUETTE.jitter * (2 * random() - 1));
    await clock.sleep(Math.max(0, begunMs + everyMs - clock.monotonicMs()), signal);
  }
}

interface LastQuery {
  readonly probed: Probed;
  readonly at: EventTime;
  readonly monotonicMs: number;
  readonly result: ProbeResult;
  readonly detail: string;
  readonly ms: number;
}

/** Probes targets one at a time, each at its allowed rate. */
class Asker {
  readonly #plan: ProbePlan;
  readonly #parts: ProberParts;
  readonly #signal: AbortSignal;
  /** Monotonic time of the last query, by target, including the check of a round. */
  readonly #askedMs = new Map<string, number>();
  readonly #results = new Map<string, ProbeResult>();

  constructor(plan: ProbePlan, parts: ProberParts, signal: AbortSignal) {
    this.#plan = plan;
    this.#parts = parts;
    this.#signal = signal;
    const { clock, last = new Map<string, LastAsked>() } = parts;
    for (const [key, { at, result }] of last) {
      // A wall clock that was set back must not stop probing for long.
      const agoMs = Math.max(0, clock.wallMs() - at);
      this.#askedMs.set(key, clock.monotonicMs() - agoMs);
      this.#results.set(key, result);
    }
  }

  async *round(all: readonly Probed[]): AsyncGenerator<ProbeElement> {
    const changed: LastQuery[] = [];
    for (const probed of all) {
      const key = targetText(probed.target);
      await this.#sleepUntil((this.#askedMs.get(key) ?? -Infinity) + ETIQUETTE.minEveryMs);
      const asked = await this.#ask(probed);
      if (asked === undefined) continue;
      const before = this.#results.get(key);
      if (before === undefined || before === asked.result) yield this.#element(asked);
      else changed.push(asked);
    }
    for (const first of changed) {
      await this.#sleepUntil(first.monotonicMs + ETIQUETTE.againMs);
      const second = await this.#ask(first.probed);
      if (this.#signal.aborted) return;
      yield this.#element(second === undefined || second.result === first.result ? first : second);
    }
  }

  async #sleepUntil(monotonicMs: number): Promise<void> {
    const leftMs = monotonicMs - this.#parts.clock.monotonicMs();
    if (leftMs > 0) await this.#parts.clock.sleep(leftMs, this.#signal);
  }

  /** `undefined`: the query could not be sent, or the prober was stopped. */
  async #ask(probed: Probed): Promise<LastQuery | undefined> {
    const { clock, report } = this.#parts;
    if (this.#signal.aborted) return undefined;
    const at = eventTimeOf(clock.wallMs());
    const monotonicMs = clock.monotonicMs();
    this.#askedMs.set(targetText(probed.target), monotonicMs);
    const finding = await ask(probed.target, this.#plan.ask, this.#signal);
    if (finding === undefined || at === undefined) return undefined;
    if (finding.result === undefined) {
      report({ type: 'not-asked', target: targetText(probed.target), reason: finding.failure });
      return undefined;
    }
    const ms = Math.round(clock.monotonicMs() - monotonicMs);
    return { probed, at, monotonicMs, result: finding.result, detail: finding.detail, ms };
  }

  #element({ probed, at, result, detail, ms }: LastQuery): ProbeElement {
    this.#results.set(targetText(probed.target), result);
    const { territory, service, target } = probed;
    const { everyMs } = this.#plan;
    return { type: 'probe', at, vantage: OWN_VANTAGE, territory, service, target, result, detail, ms, everyMs };
  }
}
