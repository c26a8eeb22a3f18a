import type { Family } from '../bgp/prefix.ts';
import { earliest, type EventTime } from '../bgp/time.ts';
import type { Draft } from './events/chain.ts';
import type { Evaluator } from './evaluator.ts';
import type { VerdictState } from './verdict/verdict.ts';

/** The drafts of events that one part decided. */
export interface Decided<Part> {
  readonly part: Part;
  readonly drafts: readonly Draft[];
}

/**
 * All evaluators of an engine. A message concerns few territories. Only their evaluators run again, so the cost of a
 * message does not grow with the number of territories.
 */
export class Evaluators<Part extends { readonly evaluator: Evaluator }> {
  readonly #parts: readonly Part[];
  /** The deadline of each evaluator, by index. */
  readonly #deadlines: (EventTime | undefined)[];
  /** The share of the control group at each evaluator's last run, by index. */
  readonly #controls: (number | undefined)[];
  /** Parts whose evaluator ran since the last `takeLooked`; at the start all parts. */
  #looked: Set<Part>;
  #hasTurned = true;
  #isFirst = true;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.#deadlines = parts.map(({ evaluator }) => evaluator.deadline());
    this.#controls = parts.map(() => undefined);
    this.#looked = new Set(parts);
  }

  deadline(): EventTime | undefined {
    let first: EventTime | undefined;
    for (const at of this.#deadlines) first = earliest(first, at);
    return first;
  }

  /**
   * Runs the evaluators whose view has changed, whose deadline has passed, or whose share of the control group differs.
   *
   * @param isForAll run all of them: the voters or the baselines may have changed.
   * @param control share of the control group that is visible, by family.
   */
  observe(at: EventTime, isForAll: boolean, control: (family: Family) => number | undefined): readonly Decided<Part>[] {
    const shares = { ipv4: control('ipv4'), ipv6: control('ipv6') };
    const decided: Decided<Part>[] = [];
    const doAll = isForAll || this.#isFirst;
    this.#isFirst = false;
    for (const [i, part] of this.#parts.entries()) {
      const { evaluator } = part;
      const share = shares[evaluator.view.family];
      const due = this.#deadlines[i];
      const isDue = due !== undefined && due <= at;
      if (!doAll && !isDue && share === this.#controls[i] && !evaluator.view.isTouched) continue;
      const before = evaluator.state;
      const drafts = evaluator.observe(at, share);
      if (!isSame(before, evaluator.state)) this.#hasTurned = true;
      this.#controls[i] = share;
      this.#deadlines[i] = evaluator.deadline();
      this.#looked.add(part);
      if (drafts.length > 0) decided.push({ part, drafts });
    }
    return decided;
  }

  /**
   * The verdicts of all territories, if one has changed since the last call, and at the first call. Otherwise
   * `undefined`.
   */
  takeTurned(): readonly { readonly id: string; readonly state: VerdictState }[] | undefined {
    if (!this.#hasTurned) return undefined;
    this.#hasTurned = false;
    return this.#parts.map(({ evaluator }) => ({ id: evaluator.view.territory.id, state: evaluator.state }));
  }

  /** The parts whose state may have changed since the last call. */
  takeLooked(): ReadonlySet<Part> {
    const looked = this.#looked;
    this.#looked = new Set();
    return looked;
  }
}

function isSame(a: VerdictState, b: VerdictState): boolean {
  return a.kind === b.kind && a.since === b.since;
}
