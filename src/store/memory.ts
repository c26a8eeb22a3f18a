import type { UnroutableEvent } from '../detect/event.ts';
import type { Commit } from '../engine.ts';
import type { StateStore } from '../ports.ts';

/**
 * Keeps events in memory, for replay and tests: what it held is gone with the process. Holds every event of a run; a
 * run over decades of one country makes some thousands. What never ends says how many are enough: the oldest go.
 */
export function memoryStore(
  most = Number.POSITIVE_INFINITY,
): StateStore & { readonly kept: readonly UnroutableEvent[] } {
  const kept: UnroutableEvent[] = [];
  const ids = new Set<string>();
  return {
    kept,

    commit({ events }: Commit) {
      const fresh = events.filter((event) => !ids.has(event.id));
      for (const event of fresh) ids.add(event.id);
      kept.push(...fresh);
      for (const event of kept.splice(0, kept.length - most)) ids.delete(event.id);
      return Promise.resolve();
    },

    async *events(after) {
      const start = after === undefined ? 0 : kept.findIndex((event) => event.id === after) + 1;
      yield* kept.slice(start);
    },
  };
}
