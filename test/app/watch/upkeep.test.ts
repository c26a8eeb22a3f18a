import { expect, test } from 'vitest';
import { KEEP_EVENTS, upkeep } from '../../../src/app/watch/upkeep.ts';
import type { Logger } from '../../../src/app/log.ts';
import type { StateStore } from '../../../src/ports.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { batch, event, idOf, readerAt } from '../../contract/fixtures.ts';
import { HandClock } from '../../support/clock.ts';

const MINUTE = 60_000;
const TEN_MINUTES = 600_000;

/** A log of sentences alone. */
function logOf(said: string[]): Logger {
  const say = (...words: readonly unknown[]): void => void said.push(String(words.at(-1)));
  return { info: say, warn: say } as unknown as Logger;
}

test('a finding of the inspection every ten minutes is logged at once, and each hour while it lasts', async () => {
  const clock = new HandClock();
  const said: string[] = [];
  const stop = new AbortController();
  const found = ['maxmemory-policy: allkeys-lru'];
  const parts = { store: memoryStore(), inspect: () => Promise.resolve(found), feed: { clock, log: logOf(said) } };
  const keeping = upkeep({ ...parts, warnings: [...found] }, stop.signal);
  const [known, rising] = ['memory: maxmemory-policy: allkeys-lru', 'memory: memory: 200 of 256 MiB'];
  await clock.turn(3 * TEN_MINUTES);
  expect(said).toEqual([]);
  found.push('memory: 200 of 256 MiB');
  await clock.turn(TEN_MINUTES);
  expect(said).toEqual([rising]);
  found[1] = 'memory: 201 of 256 MiB';
  await clock.turn(2 * TEN_MINUTES);
  expect(said).toEqual([rising, known]);
  await clock.turn(4 * TEN_MINUTES);
  expect(said).toEqual([rising, known, 'memory: memory: 201 of 256 MiB']);
  stop.abort();
  await keeping;
  expect(clock.sleeping).toBe(0);
});

test('old events are deleted at the start and every minute, and a store that is away does not matter', async () => {
  const clock = new HandClock();
  const asked: number[] = [];
  const store = {
    name: 'away now and then',
    trim: (most: number) => {
      asked.push(most);
      return asked.length % 2 === 0 ? Promise.reject(new Error('away')) : Promise.resolve(3);
    },
  } as unknown as StateStore;
  const said: string[] = [];
  const stop = new AbortController();
  const keeping = upkeep({ store, feed: { clock, log: logOf(said) } }, stop.signal);
  await clock.turn(3 * MINUTE);
  expect(asked).toEqual([KEEP_EVENTS, KEEP_EVENTS, KEEP_EVENTS, KEEP_EVENTS]);
  expect(said).toEqual(Array(2).fill('removed 3 old events that every reader has read'));
  stop.abort();
  await keeping;
});

test('a reader that holds far more events than should be stored is named', async () => {
  const clock = new HandClock();
  const said: string[] = [];
  const stop = new AbortController();
  const store = memoryStore();
  await store.commit(batch(1, { events: Array.from({ length: 160 }, (_, i) => event(i + 1)) }));
  await store.write([readerAt('slow', idOf(1))]);
  const keeping = upkeep({ store, keepEvents: 100, feed: { clock, log: logOf(said) } }, stop.signal);
  await clock.turn(3 * MINUTE);
  expect(said).toEqual([
    expect.stringMatching(/^memory: events: 160 are stored, though --keep-events is 100: .*\(readers: slow\)/),
  ]);
  await store.write([readerAt('slow', idOf(100))]);
  await clock.turn(MINUTE);
  expect(said[1]).toBe('removed 60 old events that every reader has read');
  stop.abort();
  await keeping;
});
