import type { Family } from '../bgp/prefix.ts';
import { earliest, type EventTime } from '../bgp/time.ts';
import type { Draft } from './events/chain.ts';
import type { Evaluator } from './evaluator.ts';
import type { VerdictState } from './verdict/verdict.ts';

/** What is decided of one territory view: the events to be, and whose they are. */
export interface Decided<Part> {
  readonly part: Part;
  readonly drafts: readonly Draft[];
}

/**
 * All evaluators of an engine. A message is of few territories: only the evaluators that it concerns look again, so that a
 * message costs as much with a thousand territories as with one.
 */
export class Evaluators<Part extends { readonly evaluator: Evaluator }> {
  readonly #parts: readonly Part[];
  /** When each decides something though nothing is heard. */
  readonly #deadlines: (EventTime | undefined)[];
  /** What each looked at last of the control group. */
  readonly #controls: (number | undefined)[];
  /** Those that looked since this was last taken; at the start all. */
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
   * Has those look again that something concerns: their view has changed, their deadline has come, or the control group
   * stands otherwise.
   *
   * @param isForAll all look: who may vote, or what they are held against, may have changed.
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

  /** The verdicts of all, when one of them has changed since this was last asked; at the start, too. */
  takeTurned(): readonly { readonly id: string; readonly state: VerdictState }[] | undefined {
    if (!this.#hasTurned) return undefined;
    this.#hasTurned = false;
    return this.#parts.map(({ evaluator }) => ({ id: evaluator.view.territory.id, state: evaluator.state }));
  }

  /** Those whose state may have changed since this was last asked. */
  takeLooked(): ReadonlySet<Part> {
    const looked = this.#looked;
    this.#looked = new Set();
    return looked;
  }
}

function isSame(a: VerdictState, b: VerdictState): boolean {
  return a.kind === b.kind && a.since === b.since;
}
