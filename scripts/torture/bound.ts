import type { StateStore } from '../../src/ports.ts';

/** The methods of a store, bound, so that some can be replaced. Spreading the store itself would lose them. */
export function bound(store: StateStore): StateStore {
  return {
    name: store.name,
    leases: store.leases,
    load: () => store.load(),
    commit: (batch, token) => store.commit(batch, token),
    read: (space, keys) => store.read(space, keys),
    write: (changes, token) => store.write(changes, token),
    events: (after) => store.events(after),
    follow: (after, signal) => store.follow(after, signal),
    newest: () => store.newest(),
    count: () => store.count(),
    trim: (most) => store.trim(most),
    close: () => store.close(),
  };
}
