import type { Collector } from '../../src/bgp/peer.ts';

/**
 * The ids of the last messages of all collectors: an id is unique within its collector, and a message that matches two
 * subscriptions may come twice. Remembers at least `limit` of them and at most twice as many.
 */
export class RecentIds {
  readonly #limit: number;
  #young = new Generation();
  #old = new Generation();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Adds the id. Returns whether it was already there. */
  isRepeated(collector: Collector, id: string): boolean {
    if (this.#young.has(collector, id)) return true;
    const isOld = this.#old.has(collector, id);
    this.#young.add(collector, id);
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    return isOld;
  }
}

/** Ids by collector. A combined key would need another string for each, and twice the memory. */
class Generation {
  size = 0;
  readonly #ids = new Map<Collector, Set<string>>();

  has(collector: Collector, id: string): boolean {
    return this.#ids.get(collector)?.has(id) === true;
  }

  /** Call only with ids that it does not contain. */
  add(collector: Collector, id: string): void {
    let ids = this.#ids.get(collector);
    if (ids === undefined) this.#ids.set(collector, (ids = new Set()));
    ids.add(id);
    this.size++;
  }
}
