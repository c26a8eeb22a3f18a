import { later, type EventTime } from '../../bgp/time.ts';
import type { Hysteresis } from '../hysteresis.ts';

/**
 * Keys of the entries that have begun to change, grouped by hold, so that finding the next due one does not need a
 * scan.
 */
export class HysteresisQueue<T extends { readonly hysteresis: Hysteresis }> {
  /** Keyed by hold in milliseconds. Each set is ordered by begin, because event time never goes back. */
  readonly #byHold = new Map<number, Set<T>>();

  add(one: T, holdMs: number): void {
    let queue = this.#byHold.get(holdMs);
    if (queue === undefined) this.#byHold.set(holdMs, (queue = new Set()));
    queue.add(one);
  }

  remove(one: T): void {
    for (const queue of this.#byHold.values()) queue.delete(one);
  }

  deadline(): EventTime | undefined {
    let next: EventTime | undefined;
    for (const [holdMs, queue] of this.#byHold) {
      const since = queue.values().next().value?.hysteresis.turningSince;
      if (since === undefined) continue;
      const at = later(since, holdMs);
      if (next === undefined || at < next) next = at;
    }
    return next;
  }

  all(): T[] {
    return [...this.#byHold.values()].flatMap((queue) => [...queue]);
  }
}
