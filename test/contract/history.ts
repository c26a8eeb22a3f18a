import { expect } from 'vitest';
import { exactLooks, lastRecorded, timeline, verdictTurns } from '../../src/history/query.ts';
import { sightBetween } from '../../src/history/sight-between.ts';
import type { StateStore } from '../../src/ports.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { outageDay, range, record, replayKilled, SUBJECT } from '../history/scene.ts';
import { clock } from '../support/day.ts';
import type { Rule } from './opened.ts';

async function recordsOf(store: StateStore) {
  return (await Promise.all([store.read(`history/${SUBJECT}`), store.read(`past-incidents/${SUBJECT}`)])).flat();
}

async function answersOf(store: StateStore) {
  const day = range(clock('12:00'), clock('17:00'));
  const outage = range(clock('13:00'), clock('14:05'));
  return {
    minutes: await timeline(store, SUBJECT, outage, 'minute'),
    hours: await timeline(store, SUBJECT, day, 'hour'),
    turns: await verdictTurns(store, SUBJECT, day),
    exact: await exactLooks(store, SUBJECT, outage),
    sight: await sightBetween(store, SUBJECT, outage),
    last: await lastRecorded(store, SUBJECT),
  };
}

/** The history is in each store what it is in memory. */
export function historyContract(rule: Rule): void {
  rule(
    'history recorded with commits is record by record what a memory keeps, for another handle too',
    async (opened) => {
      const { elements } = outageDay();
      const memory = memoryStore();
      await record(memory, elements);
      await record(opened.store, elements);
      const other = await opened.reopen();
      expect((await recordsOf(memory)).length).toBeGreaterThan(10);
      for (const store of [opened.store, other]) {
        expect(await recordsOf(store)).toEqual(await recordsOf(memory));
        expect(await answersOf(store)).toEqual(await answersOf(memory));
      }
    },
  );

  rule('a replay that was killed in the middle leaves no seam in the history', async ({ store }) => {
    const { elements } = outageDay();
    const memory = memoryStore();
    await replayKilled(memory, elements, []);
    await replayKilled(store, elements, [100, 105, 170]);
    expect(await recordsOf(store)).toEqual(await recordsOf(memory));
  });

  rule('history is not part of what an engine goes on from: a whole batch does not take it away', async ({ store }) => {
    await record(store, outageDay().elements);
    const before = await recordsOf(store);
    const stored = await store.load();
    expect(stored?.records.filter(({ space }) => space.startsWith('history/'))).toEqual([]);
    const number = (stored?.number ?? 0) + 1;
    const cursor = stored?.cursor ?? clock('17:00');
    await store.commit({ number, cursor, elements: 1_000, events: [], changes: [], whole: true });
    expect(await recordsOf(store)).toEqual(before);
  });
}
