import type { Collector } from '../../src/bgp/peer.ts';

/**
 * The ids of the last messages of all collectors: an id is unique within its collector, and a message that matches two
 * subscriptions may come twice. Remembers at least `limit` of them and at most twice as many.
 */
export class RecentIds {
  readonly #limit: number;
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Whether this id was there before; it is from now on. */
  isRepeated(collector: Collector, id: string): boolean {
    const key = `${collector}|${id}`;
    if (this.#young.has(key)) return true;
    const isOld = this.#old.has(key);
    this.#young.add(key);
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    return isOld;
  }
}
