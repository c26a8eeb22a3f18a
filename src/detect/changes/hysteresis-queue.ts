import { later, type EventTime } from '../../bgp/time.ts';
import type { Toggle } from '../hysteresis.ts';

/** Toggles that have begun to turn, by how long they must: the next that is due is found without looking at all of them. */
export class Turning<T extends { readonly toggle: Toggle }> {
  /** By hold in milliseconds; within each in the order in which they began, because time never goes back. */
  readonly #byHold = new Map<number, Set<T>>();

  add(one: T, holdMs: number): void {
    let turning = this.#byHold.get(holdMs);
    if (turning === undefined) this.#byHold.set(holdMs, (turning = new Set()));
    turning.add(one);
  }

  remove(one: T): void {
    for (const turning of this.#byHold.values()) turning.delete(one);
  }

  deadline(): EventTime | undefined {
    let next: EventTime | undefined;
    for (const [holdMs, turning] of this.#byHold) {
      const since = turning.values().next().value?.toggle.turningSince;
      if (since === undefined) continue;
      const at = later(since, holdMs);
      if (next === undefined || at < next) next = at;
    }
    return next;
  }

  all(): T[] {
    return [...this.#byHold.values()].flatMap((turning) => [...turning]);
  }
}
