import { setImmediate } from 'node:timers/promises';
import type { ElementSource } from '../ports.ts';

/** The event loop comes to its turn at least this often, so that a signal is heard. Milliseconds. */
const BREATH_MS = 50;

/**
 * The same source, which lets the event loop run between elements. A source that has its elements in memory, such as a
 * first table, and an engine of many territories would keep signals, leases and the status line waiting otherwise.
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
