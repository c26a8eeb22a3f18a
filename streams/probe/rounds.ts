import type { ProbeElement } from '../../src/bgp/element.ts';
import { isReached, OWN_VANTAGE, targetText, type ProbeResult } from '../../src/bgp/probe.ts';
import { eventTimeOf, type EventTime } from '../../src/bgp/time.ts';
import type { Clock } from '../../src/ports.ts';
import { ask } from './ask.ts';
import { ETIQUETTE } from './etiquette.ts';
import type { AskingOptions } from './finding.ts';

/** A target, and what it stands for. */
export type Probed = Pick<ProbeElement, 'territory' | 'service' | 'target'>;

/** What is asked, and how often. */
export interface ProbePlan {
  /** What shows whether our own line works: asked first in every round. */
  readonly controls: readonly Probed[];
  readonly targets: readonly Probed[];
  /** Milliseconds between two rounds, before jitter. At least `ETIQUETTE.minEveryMs`. */
  readonly everyMs: number;
  readonly ask: AskingOptions;
}

/** What is reported while it probes. */
export type ProbeReport =
  /** This target could not be asked, for a reason of ours: too many open files, no IPv6. */
  | { readonly type: 'not-asked'; readonly target: string; readonly reason: string }
  /** No control answers: our own line is down, and the targets are left alone in this round. */
  | { readonly type: 'own-line'; readonly controls: number };

/** The last question to a target, as far as it is known: of an earlier process, too. */
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
 * Asks all targets round after round, one at a time, and yields what came of it. A round begins with the controls; when
 * none of them can be reached, it ends there. A result other than the last one is checked once, half a minute later: when
 * both agree, the first one counts, else the second.
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

interface Asked {
  readonly probed: Probed;
  readonly at: EventTime;
  readonly monotonicMs: number;
  readonly result: ProbeResult;
  readonly detail: string;
  readonly ms: number;
}

/** Asks targets one at a time, none of them too often. */
class Asker {
  readonly #plan: ProbePlan;
  readonly #parts: ProberParts;
  readonly #signal: AbortSignal;
  /** Monotonic time of the last question, by target; the retry of a round is part of it. */
  readonly #askedMs = new Map<string, number>();
  readonly #results = new Map<string, ProbeResult>();

  constructor(plan: ProbePlan, parts: ProberParts, signal: AbortSignal) {
    this.#plan = plan;
    this.#parts = parts;
    this.#signal = signal;
    const { clock, last = new Map<string, LastAsked>() } = parts;
    for (const [key, { at, result }] of last) {
      // A wall clock that was set back must not stop us for long.
      const agoMs = Math.max(0, clock.wallMs() - at);
      this.#askedMs.set(key, clock.monotonicMs() - agoMs);
      this.#results.set(key, result);
    }
  }

  async *round(all: readonly Probed[]): AsyncGenerator<ProbeElement> {
    const changed: Asked[] = [];
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

  /** `undefined` when it could not be asked, or all is over. */
  async #ask(probed: Probed): Promise<Asked | undefined> {
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

  #element({ probed, at, result, detail, ms }: Asked): ProbeElement {
    this.#results.set(targetText(probed.target), result);
    const { territory, service, target } = probed;
    const { everyMs } = this.#plan;
    return { type: 'probe', at, vantage: OWN_VANTAGE, territory, service, target, result, detail, ms, everyMs };
  }
}
