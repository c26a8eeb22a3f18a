import { describe, expect, test } from 'vitest';
import type { Element } from '../src/bgp/element.ts';
import { DEFAULT_POLICY } from '../src/policy/policy.ts';
import { createEngine, restoreEngine, type EngineOptions } from '../src/engine.ts';
import { run, type Keeping } from '../src/pipeline.ts';
import type { Batch, Committed, ElementSource, StateStore } from '../src/ports.ts';
import { memoryStore } from '../src/store/memory.ts';
import { DEFAULT_VOTING } from '../src/policy/voting-policy.ts';
import { Day, KP, peers } from './support/day.ts';

const OPTIONS: EngineOptions = {
  territories: [{ territory: KP, policy: DEFAULT_POLICY }],
  voting: DEFAULT_VOTING,
  recorded: true,
};

/** A day that records its elements. */
class RecordedDay extends Day {
  readonly elements: Element[] = [];

  override apply(element: Element): this {
    this.elements.push(element);
    return super.apply(element);
  }
}

const DAY = new RecordedDay()
  .dump('12:00', peers(20))
  .withdraw('13:00', peers(20))
  .tick('13:10')
  .announce('14:00', peers(20))
  .tick('14:10')
  .tick('16:00');

function source(elements: readonly Element[]): ElementSource {
  return {
    name: 'the day',
    async *elements() {
      yield* elements;
    },
  };
}

/** A memory that first asks what becomes of a batch. */
function asking(answer: (batch: Batch, keep: () => Promise<Committed>) => Promise<Committed>): StateStore & {
  readonly kept: readonly { readonly id: string; readonly type: string }[];
} {
  const memory = memoryStore();
  return Object.assign(Object.create(memory) as typeof memory, {
    kept: memory.kept,
    load: () => memory.load(),
    read: (...wanted: Parameters<typeof memory.read>) => memory.read(...wanted),
    commit: (batch: Batch, token?: number) => answer(batch, () => memory.commit(batch, token)),
  });
}

const never = new AbortController().signal;
const ids = (events: readonly { readonly id: string }[]): string[] => events.map(({ id }) => id);

async function ran(store: StateStore, keeping: Partial<Keeping> = {}, elements: readonly Element[] = DAY.elements) {
  const reported: string[] = [];
  const tell = async (events: readonly { readonly id: string }[]): Promise<void> => void reported.push(...ids(events));
  const end = await run(source(elements), createEngine(OPTIONS), { store, everyMs: 60_000, tell, ...keeping }, never);
  return { end, reported };
}

test('what is decided is stored, then reported, once each and in order', async () => {
  const store = memoryStore();
  const { end, reported } = await ran(store);
  expect(DAY.events.length).toBeGreaterThan(5);
  expect(end).toBe('ended');
  expect(ids(store.kept)).toEqual(ids(DAY.events));
  expect(reported).toEqual(ids(DAY.events));
});

test('when it ends, the stored state is the current one, with how many elements it took', async () => {
  const store = memoryStore();
  await ran(store);
  const stored = await store.load();
  expect(stored?.elements).toBe(DAY.elements.length);
  const restored = restoreEngine(OPTIONS, stored ?? { cursor: 0 as never, records: [] });
  expect(restored).toMatchObject({ ok: true, anew: [] });
});

test('it continues from the position of the store, at any element, and reports only the rest', async () => {
  for (let cut = 1; cut < DAY.elements.length; cut += 7) {
    const store = memoryStore();
    const before = await ran(store, {}, DAY.elements.slice(0, cut));
    const stored = await store.load();
    if (stored === undefined) throw new Error('nothing was stored');
    const restored = restoreEngine(OPTIONS, stored);
    if (!restored.ok) throw new Error(restored.reason);
    const reported: string[] = [];
    const keeping = { store, everyMs: 60_000, position: stored };
    await run(
      source(DAY.elements.slice(stored.elements)),
      restored.engine,
      { ...keeping, tell: async (events) => void reported.push(...ids(events)) },
      never,
    );
    expect([...before.reported, ...reported]).toEqual(ids(DAY.events));
    expect(ids(store.kept)).toEqual(ids(DAY.events));
  }
});

describe('a store that does not say what became of a batch', () => {
  test('is asked again until it does, and nothing is stored or reported twice', async () => {
    let asked = 0;
    const store = asking(async (_, keep) => {
      asked++;
      if (asked % 3 === 0) throw new Error('not stored');
      const committed = await keep();
      if (asked % 3 === 1) throw new Error('stored, but the answer was lost');
      return committed;
    });
    const attempts: number[] = [];
    const again = async (_: unknown, attempt: number): Promise<void> => void attempts.push(attempt);
    const { end, reported } = await ran(store, { again });
    expect(end).toBe('ended');
    expect(attempts.length).toBeGreaterThan(0);
    expect(ids(store.kept)).toEqual(ids(DAY.events));
    expect(reported).toEqual(ids(DAY.events));
  });

  test('ends the run when nothing waits for it', async () => {
    const store = asking(() => Promise.reject(new Error('away')));
    await expect(ran(store)).rejects.toThrow('away');
  });

  test('is asked once more when the run is stopped, and no longer', async () => {
    const stop = new AbortController();
    let asked = 0;
    const store = asking(() => {
      asked++;
      return Promise.reject(new Error('away'));
    });
    const again = async (): Promise<void> => stop.abort();
    const keeping = { store, everyMs: 60_000, again };
    expect(await run(source(DAY.elements), createEngine(OPTIONS), keeping, stop.signal)).toBe('unkept');
    expect(asked).toBe(2);
  });
});

test('a process that is fenced ends, and has reported nothing that was not stored', async () => {
  const store = memoryStore();
  const first = await store.leases.acquire('a', 0);
  const second = await store.leases.acquire('b', 60_000);
  expect(second?.token).toBeGreaterThan(first?.token ?? 0);
  const { end, reported } = await ran(store, { token: () => first?.token });
  expect(end).toBe('fenced');
  expect(reported).toEqual([]);
  expect(store.kept).toEqual([]);
});

test('a store that is ahead belongs to another one by now', async () => {
  const store = memoryStore();
  await ran(store);
  const { end, reported } = await ran(store, { position: { number: 1, cursor: 0 as never, elements: 0 } });
  expect(end).toBe('fenced');
  expect(reported).toEqual([]);
});

test('a store that was emptied is written again whole, with the events of this run, and this is reported', async () => {
  let memory = memoryStore();
  let batches = 0;
  const inner = asking(async (batch) => {
    if (++batches === 5) memory = memoryStore();
    return memory.commit(batch);
  });
  const { end, reported } = await ran(inner);
  expect(end).toBe('ended');
  const [loss, ...others] = memory.kept.filter(({ type }) => type === 'observer.data-loss');
  expect(others).toEqual([]);
  expect(loss).toMatchObject({ source: '/observer', data: { kept: 4, found: 0 } });
  expect(reported).toContain(loss?.id);
  expect(new Set(ids(memory.kept))).toEqual(new Set([...ids(DAY.events), loss?.id]));
  const stored = await memory.load();
  expect(stored?.records.length).toBeGreaterThan(20);
  expect(restoreEngine(OPTIONS, stored ?? { cursor: 0 as never, records: [] })).toMatchObject({ ok: true, anew: [] });
});

test('what was decided elsewhere is stored and reported with the next element', async () => {
  const [drill] = DAY.events;
  if (drill === undefined) throw new Error('a day without events');
  const store = memoryStore();
  let injected = [{ ...drill, id: 'aside' }];
  const taken = () => {
    const all = injected;
    injected = [];
    return all;
  };
  const { reported } = await ran(store, { injected: taken });
  expect(reported[0]).toBe('aside');
  expect(ids(store.kept)).toEqual(['aside', ...ids(DAY.events)]);
});
