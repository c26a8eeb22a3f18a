import type { Engine } from './engine.ts';
import type { ElementSource, StateStore } from './ports.ts';

/**
 * The one loop: live and replay differ only in the source. Awaiting the store is the back-pressure: while it is slow,
 * nothing more is read. Ends when the source ends or `signal` aborts.
 */
export async function run(
  source: ElementSource,
  engine: Engine,
  store: StateStore,
  signal: AbortSignal,
): Promise<void> {
  for await (const element of source.elements(signal)) {
    const commit = engine.apply(element);
    if (commit !== undefined) await store.commit(commit);
  }
}
