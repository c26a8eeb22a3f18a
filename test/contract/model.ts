import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { UnknownEvent, type Batch, type Committed, type Kept, type StateStore } from '../../src/ports.ts';
import type { Space, StateChange, StateRecord } from '../../src/spaces.ts';
import { batch, byPlace, event, idOf, moment, numbers, ordered, readerAt } from './fixtures.ts';
import { withStore, type Open } from './opened.ts';

const ENGINE: readonly Space[] = ['routes/KP/ipv4', 'voters', 'engine'];
const OTHERS: readonly Space[] = ['instances', 'webhooks/queue'];
const NOBODY_WAITS_MS = 3_600_000;

/** One call of the port, by one of two handles. Numbers and tokens are relative to the state of the model. */
type Step = { readonly handle: 0 | 1 } & (
  | {
      readonly call: 'commit';
      readonly ahead: number;
      readonly whole: boolean;
      readonly token: number | undefined;
      readonly events: readonly number[];
      readonly changes: readonly StateChange[];
    }
  | { readonly call: 'write'; readonly token: number | undefined; readonly changes: readonly StateChange[] }
  | { readonly call: 'reader'; readonly name: string; readonly at: number | undefined }
  | { readonly call: 'events'; readonly after: number | undefined }
  | { readonly call: 'trim'; readonly most: number }
  | { readonly call: 'acquire' | 'release' | 'renew'; readonly holder: string }
  | { readonly call: 'look' }
);

/** The plainest model of a store. */
class Model {
  #last: Omit<Kept, 'records'> | undefined;
  #records = new Map<string, StateRecord>();
  #readers = new Map<string, number | undefined>();
  #fence = 0;
  events: number[] = [];
  lease: { readonly token: number; readonly holder: string } | undefined;

  get number(): number {
    return this.#last?.number ?? 0;
  }

  get fence(): number {
    return this.#fence;
  }

  commit({ number, cursor, elements, whole, changes, events }: Batch, token: number | undefined): Committed {
    if (!this.#admits(token)) return { ok: false, reason: 'fenced' };
    if (whole === undefined && number === this.number) return { ok: true };
    if (whole === true ? number < this.number : number !== this.number + 1) {
      return { ok: false, reason: 'lost', found: this.number, cursor: this.#last?.cursor };
    }
    if (whole === true) {
      for (const [place, { space }] of this.#records) if (ENGINE.includes(space)) this.#records.delete(place);
    }
    this.#change(changes);
    this.#last = { number, cursor, elements };
    for (const { sequence } of events) if (!this.events.includes(Number(sequence))) this.events.push(Number(sequence));
    return { ok: true };
  }

  write(changes: readonly StateChange[], token: number | undefined): Committed {
    if (!this.#admits(token)) return { ok: false, reason: 'fenced' };
    this.#change(changes);
    return { ok: true };
  }

  readerAt(name: string, at: number | undefined): void {
    this.#readers.set(name, at);
  }

  /** The first event that must stay is the first one that a reader is at or lacks, or the first of the newest. */
  trim(most: number): number {
    const held = [...this.#readers.values()].map((at) => (at === undefined ? 0 : Math.max(0, this.events.indexOf(at))));
    return this.events.splice(0, Math.max(0, Math.min(this.events.length - most, ...held))).length;
  }

  lead(holder: string, token: number): void {
    this.#fence = token;
    this.lease = { holder, token };
  }

  load(): Kept | undefined {
    return this.#last && { ...this.#last, records: this.#of(ENGINE) };
  }

  read(space: Space): readonly StateRecord[] {
    return this.#of([space]);
  }

  #of(spaces: readonly Space[]): readonly StateRecord[] {
    return [...this.#records.values()].filter(({ space }) => spaces.includes(space)).sort(byPlace);
  }

  #admits(token: number | undefined): boolean {
    if (token !== undefined && token < this.#fence) return false;
    this.#fence = Math.max(this.#fence, token ?? 0);
    return true;
  }

  #change(changes: readonly StateChange[]): void {
    for (const { space, key, value } of changes) {
      if (value === undefined) this.#records.delete(`${space} ${key}`);
      else this.#records.set(`${space} ${key}`, { space, key, value });
    }
  }
}

const changesOf = (spaces: readonly Space[]): fc.Arbitrary<StateChange[]> =>
  fc.array(
    fc.record({
      space: fc.constantFrom(...spaces),
      key: fc.constantFrom('a', 'b', 'c', 'ㄱ', 'a|b'),
      value: fc.option(fc.string({ unit: 'grapheme', maxLength: 8 }), { nil: undefined }),
    }),
    { maxLength: 6 },
  );

const eventNumber = fc.integer({ min: 1, max: 25 });
const holder = fc.constantFrom('left', 'right');
/** Behind the newest token seen, at it, or ahead of it; mostly none at all. */
const token = fc.option(fc.integer({ min: -1, max: 1 }), { nil: undefined, freq: 3 });

const call: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      call: fc.constant('commit'),
      ahead: fc.oneof(
        { weight: 6, arbitrary: fc.constant(1) },
        { weight: 3, arbitrary: fc.integer({ min: -2, max: 3 }) },
      ),
      whole: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
      token,
      events: fc.array(eventNumber, { maxLength: 5 }),
      changes: changesOf([...ENGINE, ...OTHERS]),
    }),
  },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('write'), token, changes: changesOf(OTHERS) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      call: fc.constant('reader'),
      name: holder,
      at: fc.option(eventNumber, { nil: undefined, freq: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ call: fc.constant('events'), after: fc.option(eventNumber, { nil: undefined, freq: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('trim'), most: fc.integer({ min: 0, max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ call: fc.constantFrom('acquire', 'release', 'renew'), holder }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('look') }) },
);

const step = fc.tuple(fc.constantFrom(0, 1), call).map(([handle, rest]) => ({ handle, ...rest }) as Step);

export function modelContract(open: Open, runs: number): void {
  test('whatever is called in whatever order through two handles, a store does what its model does', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) =>
        withStore(open, async ({ store, reopen }) => {
          const handles = [store, await reopen()] as const;
          const model = new Model();
          for (const step of steps) await take(step, handles[step.handle], model);
          for (const handle of handles) await expectSame(handle, model);
        }),
      ),
      { numRuns: runs },
    ));
}

async function take(step: Step, store: StateStore, model: Model): Promise<void> {
  switch (step.call) {
    case 'commit': {
      const number = Math.max(1, model.number + step.ahead);
      // Whether a batch that is refused otherwise makes its token the newest is left to the store.
      const isTaken = step.whole || step.ahead === 1;
      const token = tokenOf(isTaken ? step.token : step.token && Math.min(0, step.token), model);
      const events = step.events.map((number) => event(number));
      // A whole batch under the number that is stored already could not be distinguished from a repetition.
      const whole = step.whole && number !== model.number;
      const one = batch(number, { cursor: moment(number), events, changes: step.changes, ...(whole && { whole }) });
      expect(await store.commit(one, token)).toEqual(model.commit(one, token));
      return;
    }
    case 'write': {
      const token = tokenOf(step.token, model);
      expect(await store.write(step.changes, token)).toEqual(model.write(step.changes, token));
      return;
    }
    case 'reader':
      model.readerAt(step.name, step.at);
      await store.write([readerAt(step.name, step.at === undefined ? null : idOf(step.at))]);
      return;
    case 'events':
      return takeEvents(store, model, step.after);
    case 'trim':
      expect(await store.trim(step.most)).toBe(model.trim(step.most));
      return;
    case 'acquire':
    case 'release':
    case 'renew':
      return takeLease(step.call, step.holder, store, model);
    case 'look':
      return expectSame(store, model);
  }
}

/** While a lease runs, no process has a newer token. */
function tokenOf(ahead: number | undefined, { fence, lease }: Model): number | undefined {
  if (ahead === undefined) return undefined;
  return Math.max(0, fence + (lease === undefined ? ahead : Math.min(0, ahead)));
}

async function takeEvents(store: StateStore, model: Model, after: number | undefined): Promise<void> {
  const at = after === undefined ? -1 : model.events.indexOf(after);
  if (after !== undefined && at < 0) {
    await expect(numbers(store, after)).rejects.toThrow(UnknownEvent);
    return;
  }
  expect(await numbers(store, after)).toEqual(model.events.slice(at + 1));
}

async function takeLease(
  call: 'acquire' | 'release' | 'renew',
  holder: string,
  store: StateStore,
  model: Model,
): Promise<void> {
  const mine = model.lease?.holder === holder ? model.lease : undefined;
  if (call === 'acquire') {
    const lease = await store.leases.acquire(holder, NOBODY_WAITS_MS);
    if (mine !== undefined) expect(lease).toEqual(mine);
    else if (model.lease !== undefined) expect(lease).toBeUndefined();
    else {
      expect(lease?.token).toBeGreaterThan(model.fence);
      model.lead(holder, lease?.token ?? 0);
    }
    return;
  }
  const lease = mine ?? { holder, token: Math.max(0, model.fence - 1) };
  if (call === 'renew') {
    expect(await store.leases.renew(lease, NOBODY_WAITS_MS)).toBe(mine !== undefined);
    return;
  }
  await store.leases.release(lease);
  if (mine !== undefined) model.lease = undefined;
}

async function expectSame(store: StateStore, model: Model): Promise<void> {
  expect(ordered(await store.load())).toEqual(model.load());
  for (const space of [...ENGINE, ...OTHERS]) {
    expect([...(await store.read(space))].sort(byPlace)).toEqual(model.read(space));
  }
  const found: UnroutableEvent[] = [];
  for await (const one of store.events()) found.push(one);
  expect(found).toEqual(model.events.map((number) => event(number)));
  expect(await store.count()).toBe(found.length);
  expect(await store.newest()).toBe(found.at(-1)?.id);
  const now = await store.leases.holder();
  expect(now && { holder: now.holder, token: now.token }).toEqual(model.lease);
}
