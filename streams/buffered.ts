import type { Element } from '../src/bgp/element.ts';
import type { Collector } from '../src/bgp/peer.ts';
import type { EventTime } from '../src/bgp/time.ts';

/**
 * Reads ahead of its reader, from the moment it is made. At most `limit` elements wait: what comes beyond that is not
 * kept, and where it would have stood each of its collectors has a `gap`, so that a loss is never silent. `stop` ends the
 * reading; what waits can still be taken.
 */
export class Buffered implements AsyncIterable<Element> {
  readonly #limit: number;
  #waiting: Element[] = [];
  /** Of each collector that lost something: when that began. */
  #lost = new Map<Collector, EventTime>();
  #end: 'open' | 'ended' | { readonly error: unknown } = 'open';
  #bell: (() => void) | undefined;

  constructor(source: AsyncIterable<Element>, limit: number) {
    this.#limit = limit;
    void this.#read(source);
  }

  /** Elements that wait. */
  get size(): number {
    return this.#waiting.length;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Element, void> {
    for (;;) {
      const taken = this.#take();
      if (taken.length > 0) {
        yield* taken;
        continue;
      }
      // No await since it was taken: what is put from here on rings the bell.
      if (typeof this.#end === 'object') throw this.#end.error;
      if (this.#end === 'ended') return;
      await new Promise<void>((resolve) => (this.#bell = resolve));
    }
  }

  #take(): readonly Element[] {
    const gaps = [...this.#lost].map(([collector, at]): Element => ({
      type: 'gap',
      at,
      collector,
      reason: 'disconnected',
    }));
    const taken = [...this.#waiting, ...gaps];
    this.#waiting = [];
    this.#lost = new Map();
    return taken;
  }

  async #read(source: AsyncIterable<Element>): Promise<void> {
    try {
      for await (const element of source) this.#put(element);
      this.#end = 'ended';
    } catch (error) {
      this.#end = { error };
    }
    this.#ring();
  }

  #put(element: Element): void {
    const collector = 'collector' in element ? element.collector : element.peer.collector;
    if (this.#waiting.length < this.#limit) this.#waiting.push(element);
    else if (!this.#lost.has(collector)) this.#lost.set(collector, element.at);
    this.#ring();
  }

  #ring(): void {
    this.#bell?.();
    this.#bell = undefined;
  }
}
