import type { TerritoryView } from '../../rib/territory-view.ts';

/** The counts of each unit at the last look. A unit with the same counts needs no new look. */
export class UnitCounts {
  readonly #view: TerritoryView;
  readonly #seen: Uint32Array;
  readonly #visible: Uint8Array;
  readonly #baseline: Uint8Array;

  constructor(view: TerritoryView) {
    this.#view = view;
    this.#seen = new Uint32Array(view.units.length);
    this.#visible = new Uint8Array(view.units.length);
    this.#baseline = new Uint8Array(view.units.length);
  }

  isSame(unit: number): boolean {
    return (
      this.#seen[unit] === this.#view.seen[unit] &&
      this.#visible[unit] === this.#view.visible[unit] &&
      this.#baseline[unit] === this.#view.baseline[unit]
    );
  }

  note(units: Iterable<number>): void {
    for (const unit of units) {
      this.#seen[unit] = this.#view.seen[unit] ?? 0;
      this.#visible[unit] = this.#view.visible[unit] ?? 0;
      this.#baseline[unit] = this.#view.baseline[unit] ?? 0;
    }
  }
}
