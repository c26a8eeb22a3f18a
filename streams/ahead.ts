import { collectorOf, type Element } from '../src/bgp/element.ts';
import type { Collector } from '../src/bgp/peer.ts';
import type { EventTime } from '../src/bgp/time.ts';
import { AsyncQueue } from '../src/lib/async-queue.ts';
import type { ElementSource } from '../src/ports.ts';

/** Most buffered elements: hours of a country, ticks included; a few minutes of a hostile feed. */
const MAX_BUFFERED = 250_000;

/**
 * Buffers a live source before and between reads. Before the first read, or `hold`, the oldest elements are dropped when
 * the buffer is full: the reader's state already includes them. From then on the newest are dropped, and each collector
 * concerned gets a `gap` in their place, so that a loss is never silent.
 */
export class Ahead implements ElementSource {
  readonly name: string;
  readonly #source: ElementSource;
  readonly #limit: number;
  readonly #buffer: AsyncQueue<Element>;
  #isHeld = false;
  /** The latest time of the elements that were dropped because the buffer was full. */
  #cutAt = -Infinity;
  /** When each collector's loss began. */
  #lost = new Map<Collector, EventTime>();
  #isRead = false;

  constructor(source: ElementSource, limit: number = MAX_BUFFERED) {
    this.name = source.name;
    this.#source = source;
    this.#limit = limit;
    this.#buffer = new AsyncQueue(limit);
  }

  /** Number of buffered elements. */
  get size(): number {
    return this.#buffer.items.length;
  }

  /** Whether elements were dropped because the buffer was full, so that a reader now has a gap. */
  get isCut(): boolean {
    return this.#cutAt > -Infinity;
  }

  /** Starts to buffer; a second call does nothing. */
  start(signal: AbortSignal): void {
    if (this.#isRead) return;
    this.#isRead = true;
    void this.#listen(signal);
  }

  /** Starts to buffer and keeps the oldest elements, because the later reader's state does not include them. */
  hold(signal: AbortSignal): void {
    this.#isHeld = true;
    this.start(signal);
  }

  /** Drops the first elements that are older than this: a stored state includes them. */
  forget(before: EventTime): void {
    const first = this.#buffer.items.findIndex(({ at }) => at >= before);
    this.#buffer.drop(first < 0 ? this.size : first);
    if (this.#cutAt < before) this.#cutAt = -Infinity;
  }

  async *elements(signal: AbortSignal): AsyncGenerator<Element, void> {
    this.hold(signal);
    while (!signal.aborted) {
      const taken = this.#take();
      if (taken.length > 0) {
        yield* taken;
        continue;
      }
      if (this.#buffer.isOver) return;
      await this.#buffer.filled(signal);
    }
  }

  #take(): readonly Element[] {
    const gaps = [...this.#lost].map(([collector, at]): Element => ({
      type: 'gap',
      at,
      collector,
      reason: 'disconnected',
    }));
    this.#lost = new Map();
    return [...this.#buffer.takeNow(), ...gaps];
  }

  async #listen(signal: AbortSignal): Promise<void> {
    try {
      for await (const element of this.#source.elements(signal)) this.#put(element);
      this.#buffer.end();
    } catch (error) {
      this.#buffer.fail(error);
    }
  }

  #put(element: Element): void {
    if (this.#buffer.isFull && !this.#isHeld) {
      for (const { at } of this.#buffer.drop(Math.ceil(this.#limit / 10))) this.#cutAt = Math.max(this.#cutAt, at);
    }
    const collector = collectorOf(element);
    if (!this.#buffer.isFull) this.#buffer.push(element);
    else if (collector !== undefined && !this.#lost.has(collector)) this.#lost.set(collector, element.at);
  }
}
