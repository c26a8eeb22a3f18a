import { LinkedAbort } from '../src/lib/linked-abort.ts';
import type { ElementSource } from '../src/ports.ts';
import { Ahead } from './ahead.ts';

/** Most elements to buffer while the seed is read: an hour of a country, ticks included. */
const MAX_AHEAD = 1_000_000;

/**
 * Reads a seed (a first table, or the archive), then the live feed. It subscribes to the feed before it reads the seed:
 * an overlap is harmless, because an element applied twice changes nothing, and a hole would look like an outage.
 */
export function follow(seed: ElementSource, live: ElementSource, limit: number = MAX_AHEAD): ElementSource {
  return {
    name: `${seed.name}, then ${live.name}`,
    async *elements(signal) {
      const stop = new LinkedAbort(signal);
      const ahead = live instanceof Ahead ? live : new Ahead(live, limit);
      ahead.hold(stop.signal);
      try {
        yield* seed.elements(signal);
        yield* ahead.elements(signal);
      } finally {
        stop.abort();
      }
    },
  };
}
