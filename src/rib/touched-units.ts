import type { MessageEffect } from './message-effect.ts';
import type { Touched } from './territory-view-snapshot.ts';

const NO_EFFECT = { effect: 0, unitEffects: new Map<number, MessageEffect>() } as const;

/** Units whose counts may have changed since the last `take`, and the effect of messages on who sees them. */
export class TouchedUnits {
  readonly #units = new Set<number>();
  readonly #detailed: boolean;
  /** The effect of messages on all units together. */
  #effect: MessageEffect = 0;
  /** The effect on each unit; empty if single units are not followed. */
  #unitEffects = new Map<number, MessageEffect>();

  /** @param detailed whether single units are followed. */
  constructor(detailed: boolean) {
    this.#detailed = detailed;
  }

  get size(): number {
    return this.#units.size;
  }

  add(unit: number): void {
    this.#units.add(unit);
  }

  /** A message changed which voters see the unit. */
  noteEffect(unit: number, effect: MessageEffect): void {
    this.#effect = (this.#effect | effect) as MessageEffect;
    if (this.#detailed) this.#unitEffects.set(unit, ((this.#unitEffects.get(unit) ?? 0) | effect) as MessageEffect);
  }

  /** Indices of the units, upward. */
  units(): readonly number[] {
    return [...this.#units].sort((a, b) => a - b);
  }

  /** Returns everything since the last call, and starts again. */
  take(): Omit<Touched, 'marks'> {
    const units = this.units();
    this.#units.clear();
    if (this.#effect === 0) return { units, ...NO_EFFECT };
    const taken = { units, effect: this.#effect, unitEffects: this.#unitEffects };
    this.#effect = 0;
    if (this.#unitEffects.size > 0) this.#unitEffects = new Map();
    return taken;
  }

  /** Replaces everything by these units, without messages. */
  restore(units: readonly number[]): void {
    this.#units.clear();
    this.#unitEffects.clear();
    this.#effect = 0;
    for (const unit of units) this.#units.add(unit);
  }
}
