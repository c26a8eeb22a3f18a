import { expect, test } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { createEngine } from '../../src/engine.ts';
import { run, type Keeping } from '../../src/pipeline.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { Day, KP, peers } from '../support/day.ts';

/** A day that records its elements. */
class RecordedDay extends Day {
  readonly elements: Element[] = [];

  override apply(element: Element): this {
    this.elements.push(element);
    return super.apply(element);
  }
}

const DAY = new RecordedDay().dump('12:00', peers(20)).withdraw('13:00', peers(20)).tick('13:10').tick('16:00');

/** Runs the day; before the element at `at` is taken, something happens to the store. */
async function ran(
  keeping: Omit<Keeping, 'everyMs'>,
  at = 0,
  disturb: () => Promise<unknown> = () => Promise.resolve(),
) {
  const source = {
    name: 'the day',
    async *elements() {
      for (const [i, element] of DAY.elements.entries()) {
        if (i === at) await disturb();
        yield element;
      }
    },
  };
  const options = { territories: [{ territory: KP, policy: DEFAULT_POLICY }], voting: DEFAULT_VOTING, recorded: true };
  return run(source, createEngine(options), { ...keeping, everyMs: 60_000 }, new AbortController().signal);
}

const LAST = DAY.elements.length - 2;

test('a process that is refused for a newer token of its own, which it did not know yet, goes on under that one', async () => {
  const store = memoryStore();
  let token = 1;
  const stillLeads = async (): Promise<boolean> => {
    token = 2;
    return true;
  };
  const end = await ran({ store, token: () => token, stillLeads }, LAST, () => store.write([], 2));
  expect(end).toBe('ended');
  expect(store.kept.map(({ id }) => id)).toEqual(DAY.events.map(({ id }) => id));
});

test('a process that is refused because another one leads ends', async () => {
  const store = memoryStore();
  const keeping = { store, token: () => 1, stillLeads: () => Promise.resolve(false) };
  expect(await ran(keeping, LAST, () => store.write([], 2))).toBe('fenced');
});

test('a process that leads again, after another one stored a batch under the number of its next one, does not take it for its own', async () => {
  const store = memoryStore();
  let token = 1;
  const disturb = async (): Promise<void> => {
    const stored = await store.load();
    const batch = { number: (stored?.number ?? 0) + 1, cursor: 1 as EventTime, elements: 1, events: [], changes: [] };
    expect(await store.commit(batch, 2)).toEqual({ ok: true });
    token = 3;
  };
  expect(await ran({ store, token: () => token, stillLeads: () => Promise.resolve(true) }, LAST, disturb)).toBe(
    'fenced',
  );
});
