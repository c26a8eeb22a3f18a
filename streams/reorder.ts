/** What can be put in order: by time, and within one moment by whatever the source knows. */
export interface Ordered {
  /** Milliseconds of event time. */
  readonly at: number;
}

/**
 * Holds what came out of order until its time has passed, so that it leaves in order. Pure: the caller says how far time
 * is. What comes later than that leaves at once: late, but not lost.
 */
export class Reorder<T extends Ordered> {
  readonly #compare: (a: T, b: T) => number;
  readonly #limit: number;
  /** A binary heap, the first to leave on top. */
  readonly #heap: Entry<T>[] = [];
  #arrivals = 0;

  /** `compare` decides within one moment; equals leave as they came. At most `limit` items are held. */
  constructor(compare: (a: T, b: T) => number, limit: number) {
    this.#compare = compare;
    this.#limit = limit;
  }

  get size(): number {
    return this.#heap.length;
  }

  put(item: T): void {
    const heap = this.#heap;
    let at = heap.push({ item, arrival: this.#arrivals++ }) - 1;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      if (!this.#isBefore(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  /** The next item at or before `until`; the next one whatever its time while more are held than the limit. */
  take(until: number): T | undefined {
    const top = this.#heap[0];
    if (top === undefined || (top.item.at > until && this.#heap.length <= this.#limit)) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
    return top.item;
  }

  #sink(): void {
    const size = this.#heap.length;
    let at = 0;
    for (;;) {
      let first = at;
      for (const below of [2 * at + 1, 2 * at + 2]) if (below < size && this.#isBefore(below, first)) first = below;
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const a = this.#heap[one];
    const b = this.#heap[other];
    if (a === undefined || b === undefined) return false;
    return (a.item.at - b.item.at || this.#compare(a.item, b.item) || a.arrival - b.arrival) < 0;
  }

  #swap(one: number, other: number): void {
    const a = this.#heap[one];
    const b = this.#heap[other];
    if (a === undefined || b === undefined) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}

interface Entry<T> {
  readonly item: T;
  readonly arrival: number;
}
