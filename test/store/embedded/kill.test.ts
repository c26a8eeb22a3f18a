import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { howMany } from '../../support/thorough.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import type { Batch, StateStore } from '../../../src/ports.ts';
import { compiled } from '../../support/mrt-compiled.ts';
import { settled } from '../../support/clock.ts';
import { change, event, idOf, numbers } from '../../contract/fixtures.ts';
import { startChild } from './child.ts';
import { open, scratch } from './folder.ts';

const KILLS = howMany('STORE_KILLS', 10, 25);

/** Records of each batch: all have its number as their value. */
const RECORDS = 20;
const EVENTS = 3;

/**
 * Continues from what is stored, batch after batch, each tenth of them whole, and trims now and then. Says what is
 * acknowledged.
 */
const WRITER = `
  const store = await open();
  for (let number = ((await store.load())?.number ?? 0) + 1; ; number++) {
    const changes = Array.from({ length: ${String(RECORDS)} }, (_, i) =>
      ({ space: ['voters', 'routes/KP/ipv4', 'engine'][i % 3], key: 'key-' + i, value: String(number) }));
    changes.push({ space: 'voters', key: 'only-' + (number - 1), value: undefined });
    changes.push({ space: 'voters', key: 'only-' + number, value: String(number) });
    const events = Array.from({ length: ${String(EVENTS)} }, (_, i) => event((number - 1) * ${String(EVENTS)} + i + 1));
    const whole = number % 10 === 0 ? { whole: true } : {};
    const committed = await store.commit({ number, cursor: number, elements: number, events, changes, ...whole });
    if (!committed.ok) throw new Error(committed.reason);
    say(String(number));
    if (number % 25 === 0) await store.trim(60);
  }
`;

async function expectWhole(store: StateStore, acknowledged: number): Promise<number> {
  const stored = await store.load();
  const number = stored?.number ?? 0;
  expect(number).toBeGreaterThanOrEqual(acknowledged);
  // At most one more may have been stored without its acknowledgement being sent.
  expect(number).toBeLessThanOrEqual(acknowledged + 1);
  if (stored === undefined) {
    expect(await numbers(store)).toEqual([]);
    return 0;
  }
  expect(stored).toMatchObject({ cursor: number, elements: number });
  expect(stored.records).toHaveLength(RECORDS + 1);
  expect(new Set(stored.records.map(({ value }) => value))).toEqual(new Set([String(number)]));
  expect(stored.records.map(({ key }) => key)).toContain(`only-${String(number)}`);

  const events = await numbers(store);
  const last = number * EVENTS;
  expect(events).toEqual(Array.from({ length: events.length }, (_, i) => last - events.length + i + 1));
  expect(events.length).toBeGreaterThanOrEqual(Math.min(60, last));
  // The ids are those of the stored events: no id is left of a removed event, none is missing.
  expect(await numbers(store, last)).toEqual([]);
  await expect(numbers(store, last + 1)).rejects.toThrow(idOf(last + 1));
  return number;
}

describe('a program that is killed while it writes', () => {
  const dist = compiled();

  test(`leaves batches whole: ${String(KILLS)} kills at any moment, one after another`, async () => {
    const { path, remove } = scratch();
    let acknowledged = 0;
    const killedAt: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const child = startChild(dist(), path, WRITER);
      await child.printed(kill % 8 === 7 ? 0 : randomInt(1, 60));
      await settled(randomInt(0, 40));
      await child.kill();
      acknowledged = Math.max(acknowledged, Number(child.lines.at(-1) ?? 0));
      const store = await open(path);
      acknowledged = await expectWhole(store, acknowledged);
      killedAt.push(acknowledged);
      await store.close();
    }
    remove();
    expect(acknowledged, `numbers at each kill: ${killedAt.join(' ')}`).toBeGreaterThan(KILLS);
  });

  test('is seen whole by another that has the folder open, and holds it up no longer than it lives', async () => {
    const { path, remove } = scratch();
    const store = await open(path);
    for (let kill = 0; kill < 5; kill++) {
      const child = startChild(dist(), path, WRITER);
      await child.printed(randomInt(5, 40));
      await child.kill();
      const number = await expectWhole(store, Number(child.lines.at(-1) ?? 0));
      expect(await store.commit(await batchAfter(store, number))).toEqual({ ok: true });
    }
    await store.close();
    remove();
  });
});

/** The next batch as the writer makes it, from this process. */
async function batchAfter(store: StateStore, number: number): Promise<Batch> {
  const next = number + 1;
  const events = Array.from({ length: EVENTS }, (_, i) => event(number * EVENTS + i + 1));
  const changes = ((await store.load())?.records ?? []).map(({ space, key }) =>
    change(space, key, key.startsWith('only-') ? undefined : String(next)),
  );
  changes.push(change('voters', `only-${String(next)}`, String(next)));
  return { number: next, cursor: next as EventTime, elements: next, events, changes };
}
