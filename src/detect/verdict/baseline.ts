import { later, type EventTime } from '../../bgp/time.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import type { Policy } from '../policy.ts';
import type { VerdictState } from './verdict.ts';

/** Keeps the baseline: the units that were visible in the last stable state. */
export class Baseline {
  readonly #view: TerritoryView;
  readonly #policy: Policy;
  /** Since when units outside the baseline have been visible, in order of time. */
  readonly #candidates = new Map<number, EventTime>();

  constructor(view: TerritoryView, policy: Policy) {
    this.#view = view;
    this.#policy = policy;
  }

  /** The first time the territory is routable: what is visible now is what there is. */
  begin(): void {
    this.#view.setBaseline(this.#view.visibleUnits());
  }

  note(touched: readonly number[], at: EventTime): void {
    if (!this.#view.hasBaseline) return;
    for (const unit of touched) {
      if (this.#view.baseline[unit] === 1 || this.#view.visible[unit] !== 1) this.#candidates.delete(unit);
      else if (!this.#candidates.has(unit)) this.#candidates.set(unit, at);
    }
  }

  deadline(state: VerdictState): EventTime | undefined {
    if (state.kind === 'degraded') return this.#rebasesAt(state);
    const since = this.#candidates.values().next().value;
    return since === undefined || state.kind !== 'routable' ? undefined : later(since, this.#policy.adoptMs);
  }

  /** Takes in units that have been visible long enough while the territory was routable. */
  adopt(state: VerdictState, at: EventTime): void {
    if (state.kind !== 'routable' || this.#candidates.size === 0) return;
    const due = [...this.#candidates].filter(([, since]) => at - since >= this.#policy.adoptMs).map(([unit]) => unit);
    if (due.length === 0) return;
    for (const unit of due) this.#candidates.delete(unit);
    this.#view.setBaseline([...this.#kept(), ...due].sort((a, b) => a - b));
  }

  /** Gives up units of a partial loss that has stood still: what is left is the baseline. True when it did. */
  rebase(state: VerdictState, at: EventTime): boolean {
    if (state.kind !== 'degraded') return false;
    const due = this.#rebasesAt(state);
    if (due === undefined || due > at) return false;
    this.#view.setBaseline(this.#kept().filter((unit) => this.#view.visible[unit] === 1));
    return true;
  }

  /** Units that may join, in the order in which they came. */
  snapshot(): readonly (readonly [unit: number, since: EventTime])[] {
    return [...this.#candidates];
  }

  restore(candidates: readonly (readonly [unit: number, since: EventTime])[]): void {
    for (const [unit, since] of candidates) this.#candidates.set(unit, since);
  }

  #kept(): number[] {
    return [...this.#view.units.keys()].filter((unit) => this.#view.baseline[unit] === 1);
  }

  /** Never when nothing is visible, nor while it is recovering anyway, nor while we are blind. */
  #rebasesAt(state: VerdictState & { kind: 'degraded' }): EventTime | undefined {
    if (state.clearSince !== undefined || state.blindSince !== undefined || !this.#view.hasBaseline) return undefined;
    const { left, voters } = this.#view;
    if (left.units === 0 || left.seen < this.#policy.recoveredAt * left.units * voters) return undefined;
    return later(Math.max(state.since, this.#view.visibleChangedAt ?? 0) as EventTime, this.#policy.rebaseMs);
  }
}
