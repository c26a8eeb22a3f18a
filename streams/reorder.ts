import { Heap } from '../src/lib/heap.ts';

/** An item that can be sorted: by time, and within one moment by a rule of the source. */
export interface Ordered {
  /** Milliseconds of event time. */
  readonly at: number;
}

/**
 * Sorts items that arrive out of order: it holds each until its time has passed. Pure: the caller passes the time. An
 * item that comes too late leaves at once: late, but not lost.
 */
export class Reorder<T extends Ordered> {
  readonly #limit: number;
  /** The first to leave on top. */
  readonly #held: Heap<Entry<T>>;
  #arrivals = 0;

  /** `compare` decides within one moment; equals leave as they came. At most `limit` items are held. */
  constructor(compare: (a: T, b: T) => number, limit: number) {
    this.#limit = limit;
    this.#held = new Heap((a, b) => (a.item.at - b.item.at || compare(a.item, b.item) || a.arrival - b.arrival) < 0);
  }

  get size(): number {
    return this.#held.size;
  }

  put(item: T): void {
    this.#held.push({ item, arrival: this.#arrivals++ });
  }

  /** The next item at or before `until`; the next one whatever its time while more are held than the limit. */
  take(until: number): T | undefined {
    const top = this.#held.peek();
    if (top === undefined || (top.item.at > until && this.size <= this.#limit)) return undefined;
    return this.#held.pop()?.item;
  }
}

interface Entry<T> {
  readonly item: T;
  readonly arrival: number;
}
