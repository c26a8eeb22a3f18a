import type { HeardSight } from './heard.ts';
import type { Touched } from './territory-view-snapshot.ts';

const UNHEARD = { heard: 0, heardOf: new Map<number, HeardSight>() } as const;

/** Units whose counts may have changed since the last `take`, and the effect of messages on who sees them. */
export class TouchedUnits {
  readonly #units = new Set<number>();
  readonly #detailed: boolean;
  /** The effect of messages on all units together. */
  #heardOfAll: HeardSight = 0;
  /** The effect on each unit; empty if single units are not followed. */
  #heard = new Map<number, HeardSight>();

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
  hear(unit: number, heard: HeardSight): void {
    this.#heardOfAll = (this.#heardOfAll | heard) as HeardSight;
    if (this.#detailed) this.#heard.set(unit, ((this.#heard.get(unit) ?? 0) | heard) as HeardSight);
  }

  /** Indices of the units, upward. */
  units(): readonly number[] {
    return [...this.#units].sort((a, b) => a - b);
  }

  /** Returns everything since the last call, and starts again. */
  take(): Omit<Touched, 'marks'> {
    const units = this.units();
    this.#units.clear();
    if (this.#heardOfAll === 0) return { units, ...UNHEARD };
    const taken = { units, heard: this.#heardOfAll, heardOf: this.#heard };
    this.#heardOfAll = 0;
    if (this.#heard.size > 0) this.#heard = new Map();
    return taken;
  }

  /** Replaces everything by these units, without messages. */
  restore(units: readonly number[]): void {
    this.#units.clear();
    this.#heard.clear();
    this.#heardOfAll = 0;
    for (const unit of units) this.#units.add(unit);
  }
}
