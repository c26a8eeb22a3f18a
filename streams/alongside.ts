import type { Element } from '../src/bgp/element.ts';
import type { ElementSource } from '../src/ports.ts';

/** Elements from the side that wait for the next one of the main source: those that heal a gap of a large country. */
const MAX_WAITING = 1_000_000;

/**
 * The main source, with what comes from the side put in before its next element: a live feed ticks every second, so it does
 * not wait long. Ends with the main source. The side is read from the start; when it fails, so does this.
 */
export function alongside(main: ElementSource, side: (signal: AbortSignal) => AsyncIterable<Element>): ElementSource {
  return {
    name: main.name,
    async *elements(signal) {
      const stop = new AbortController();
      let waiting: Element[] = [];
      let failure: { readonly error: unknown } | undefined;
      const reading = (async () => {
        try {
          for await (const element of side(AbortSignal.any([signal, stop.signal]))) {
            if (waiting.length >= MAX_WAITING)
              throw new Error(`more than ${MAX_WAITING} elements wait for ${main.name}`);
            waiting.push(element);
          }
        } catch (error) {
          failure = { error };
        }
      })();
      try {
        for await (const element of main.elements(signal)) {
          if (failure !== undefined) throw failure.error;
          const taken = waiting;
          waiting = [];
          yield* taken;
          yield element;
        }
      } finally {
        stop.abort();
        await reading;
      }
    },
  };
}
