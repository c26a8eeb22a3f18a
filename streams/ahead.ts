import type { Element } from '../src/bgp/element.ts';
import type { Collector } from '../src/bgp/peer.ts';
import type { EventTime } from '../src/bgp/time.ts';
import { Notifier } from '../src/lib/notifier.ts';
import type { ElementSource } from '../src/ports.ts';

/** Elements kept: hours of a country, ticks included; a few minutes of a hostile feed. */
const MAX_KEPT = 250_000;

/**
 * Buffers a live source before and between reads. Before the first read, or `hold`, the oldest elements are dropped when
 * the buffer is full: the reader's state already includes them. From then on the newest are dropped, and each collector
 * concerned gets a `gap` in their place, so that a loss is never silent.
 */
export class Ahead implements ElementSource {
  readonly name: string;
  readonly #source: ElementSource;
  readonly #limit: number;
  #kept: Element[] = [];
  #isHeld = false;
  /** The latest time of what was thrown away that nobody asked to forget. */
  #cutAt = -Infinity;
  /** Of each collector that lost something: when that began. */
  #lost = new Map<Collector, EventTime>();
  #end: 'unread' | 'open' | 'ended' | { readonly error: unknown } = 'unread';
  readonly #changed = new Notifier();

  constructor(source: ElementSource, limit: number = MAX_KEPT) {
    this.name = source.name;
    this.#source = source;
    this.#limit = limit;
  }

  /** Elements that wait. */
  get size(): number {
    return this.#kept.length;
  }

  /** Whether elements were thrown away that nobody asked to forget: whoever reads now misses something. */
  get isCut(): boolean {
    return this.#cutAt > -Infinity;
  }

  /** Begins to listen; a second call does nothing. */
  start(signal: AbortSignal): void {
    if (this.#end !== 'unread') return;
    this.#end = 'open';
    void this.#listen(signal);
  }

  /** Begins to listen, and keeps the oldest: whoever reads later has no state that includes them. */
  hold(signal: AbortSignal): void {
    this.#isHeld = true;
    this.start(signal);
  }

  /** Throws away the first elements for as long as they are older than this: a state elsewhere includes them. */
  forget(before: EventTime): void {
    const first = this.#kept.findIndex(({ at }) => at >= before);
    this.#kept.splice(0, first < 0 ? this.#kept.length : first);
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
      // No await since it was taken: what is put from here on notifies us.
      if (typeof this.#end === 'object') throw this.#end.error;
      if (this.#end === 'ended') return;
      await this.#changed.next(signal);
    }
  }

  #take(): readonly Element[] {
    const gaps = [...this.#lost].map(([collector, at]): Element => ({
      type: 'gap',
      at,
      collector,
      reason: 'disconnected',
    }));
    const taken = [...this.#kept, ...gaps];
    this.#kept = [];
    this.#lost = new Map();
    return taken;
  }

  async #listen(signal: AbortSignal): Promise<void> {
    try {
      for await (const element of this.#source.elements(signal)) this.#put(element);
      this.#end = 'ended';
    } catch (error) {
      this.#end = { error };
    }
    this.#changed.notify();
  }

  #put(element: Element): void {
    if (this.#kept.length >= this.#limit && !this.#isHeld) {
      for (const { at } of this.#kept.splice(0, Math.ceil(this.#limit / 10))) this.#cutAt = Math.max(this.#cutAt, at);
    }
    const collector = 'collector' in element ? element.collector : element.peer.collector;
    if (this.#kept.length < this.#limit) this.#kept.push(element);
    else if (!this.#lost.has(collector)) this.#lost.set(collector, element.at);
    this.#changed.notify();
  }
}
