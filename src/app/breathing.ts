import { setImmediate } from 'node:timers/promises';
import type { ElementSource } from '../ports.ts';

/** Longest time between two turns of the event loop, so that signals are handled. Milliseconds. */
const BREATH_MS = 50;

/**
 * The same source, but the event loop runs between elements. Otherwise a source with its elements in memory, such as a
 * first table, together with an engine of many territories would delay signals, leases and the status line.
 */
export function breathing(source: ElementSource): ElementSource {
  return {
    name: source.name,
    async *elements(signal) {
      let breathedAt = performance.now();
      for await (const element of source.elements(signal)) {
        yield element;
        if (performance.now() - breathedAt < BREATH_MS) continue;
        await setImmediate();
        if (signal.aborted) return;
        breathedAt = performance.now();
      }
    },
  };
}
