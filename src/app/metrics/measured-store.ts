import type { StateStore } from '../../ports.ts';
import type { Meter } from './meter.ts';

/** The same store, with response times measured and writes counted. */
// oxlint-disable-next-line max-lines-per-function -- one line an operation of the port
export function measured(store: StateStore, meter: Meter): StateStore {
  const timed = async <T>(operation: string, ask: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    try {
      return await ask();
    } catch (error) {
      meter.count('unroutable_store_errors_total', { operation });
      throw error;
    } finally {
      const seconds = (performance.now() - start) / 1000;
      meter.observe('unroutable_store_operation_duration_seconds', { operation }, seconds);
    }
  };
  const { leases } = store;
  return {
    name: store.name,
    load: () => timed('load', () => store.load()),
    async commit(batch, token) {
      const committed = await timed('commit', () => store.commit(batch, token));
      if (committed.ok) {
        meter.count('unroutable_commits_total');
        for (const { type } of batch.events) meter.count('unroutable_events_total', { type });
      }
      return committed;
    },
    read: (space, keys) => timed('read', () => store.read(space, keys)),
    write: (changes, token) => timed('write', () => store.write(changes, token)),
    events: (after) => store.events(after),
    follow: (after, signal) => store.follow(after, signal),
    newest: () => timed('newest', () => store.newest()),
    count: () => timed('count', () => store.count()),
    trim: (most) => timed('trim', () => store.trim(most)),
    leases: {
      acquire: (holder, ttlMs) => timed('lease', () => leases.acquire(holder, ttlMs)),
      renew: (lease, ttlMs) => timed('lease', () => leases.renew(lease, ttlMs)),
      release: (lease) => timed('lease', () => leases.release(lease)),
      holder: () => timed('lease', () => leases.holder()),
    },
    close: () => store.close(),
  };
}
