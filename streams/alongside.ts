import type { Element } from '../src/bgp/element.ts';
import { AsyncQueue } from '../src/lib/async-queue.ts';
import { LinkedAbort } from '../src/lib/linked-abort.ts';
import type { ElementSource } from '../src/ports.ts';

/** Elements of the sides that wait for the next one of the main source. When so many wait, the sides are not read on. */
const MAX_WAITING = 100_000;

/** A second source whose elements are put between those of the main one. */
export type Side = (signal: AbortSignal) => AsyncIterable<Element>;

/**
 * The main source, with what the sides have yielded put in before its next element: a live feed ticks every second, so a
 * side does not wait long. Ends with the main source. All sides are read from the start and at the same time; when the
 * reader is behind, they are held back.
 *
 * @throws what a side throws, at the next element of the main source.
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
