import type { Element } from '../src/bgp/element.ts';
import { AsyncQueue } from '../src/lib/async-queue.ts';
import { LinkedAbort } from '../src/lib/linked-abort.ts';
import type { ElementSource } from '../src/ports.ts';

/** Most side elements that wait for the next main element. When this many wait, the sides are not read. */
const MAX_WAITING = 100_000;

/** A second source. Its elements are inserted between those of the main one. */
export type Side = (signal: AbortSignal) => AsyncIterable<Element>;

/**
 * The main source with the elements of its sides. A side's elements come before the next main element; a live feed
 * ticks every second, so they do not wait long. Ends with the main source. All sides are read from the start, in
 * parallel, and pause when the reader is behind.
 *
 * @throws the error of a side, at the next element of the main source.
 */
export function alongside(main: ElementSource, sides: readonly Side[], limit: number = MAX_WAITING): ElementSource {
  return {
    name: main.name,
    async *elements(signal) {
      const stop = new LinkedAbort(signal);
      const waiting = new AsyncQueue<Element>(limit);
      const read = async (side: Side): Promise<void> => {
        try {
          for await (const element of side(stop.signal)) {
            await waiting.room(stop.signal);
            waiting.push(element);
          }
        } catch (error) {
          waiting.fail(error);
        }
      };
      const reading = sides.map(read);
      try {
        for await (const element of main.elements(signal)) {
          waiting.check();
          yield* waiting.takeNow();
          yield element;
        }
      } finally {
        stop.abort();
        await Promise.all(reading);
      }
    },
  };
}
