import { describe, expect, test } from 'vitest';
import { memoryStore } from '../../src/store/memory.ts';
import { batch, event, idOf, numbers } from '../contract/fixtures.ts';
import { stateStoreContract } from '../contract/state-store.ts';

stateStoreContract(
  'memory',
  async () => {
    const store = memoryStore();
    return { store, reopen: async () => store, dispose: () => store.close() };
  },
  { runs: 300 },
);

describe('a memory store with a limit on events', () => {
  test('lets the oldest go, and their ids with them', async () => {
    const store = memoryStore(3);
    await store.commit(batch(1, { events: [1, 2].map((number) => event(number)) }));
    await store.commit(batch(2, { events: [3, 4, 5].map((number) => event(number)) }));
    expect(store.kept.map(({ id }) => id)).toEqual([3, 4, 5].map(idOf));
    await store.commit(batch(3, { events: [event(1)] }));
    expect(await numbers(store)).toEqual([4, 5, 1]);
  });

  test('reports to a follower that fell behind after which event there is a hole', async () => {
    const store = memoryStore(2);
    const abort = new AbortController();
    const events = store.follow(undefined, abort.signal)[Symbol.asyncIterator]();
    await store.commit(batch(1, { events: [event(1)] }));
    expect((await events.next()).value).toEqual(event(1));
    await store.commit(batch(2, { events: [2, 3, 4, 5].map((number) => event(number)) }));
    await expect(events.next()).rejects.toMatchObject({ name: 'UnknownEvent', id: idOf(1) });
    abort.abort();
  });

  test('keeps one list of them, so that its holder sees what comes', async () => {
    const store = memoryStore();
    const { kept } = store;
    await store.commit(batch(1, { events: [event(1)] }));
    expect(kept).toEqual([event(1)]);
  });
});
