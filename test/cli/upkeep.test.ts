import { expect, test } from 'vitest';
import { KEEP_EVENTS, upkeep } from '../../src/app/watch/upkeep.ts';
import type { Logger } from '../../src/app/watch/log.ts';
import type { StateStore } from '../../src/ports.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { HandClock } from '../support/clock.ts';

const TEN_MINUTES = 600_000;

/** A log of sentences alone. */
function logOf(said: string[]): Logger {
  const say = (...words: readonly unknown[]): void => void said.push(String(words.at(-1)));
  return { info: say, warn: say } as unknown as Logger;
}

test('every hour it is seen whether the store is still set as it should be, and what is not is said', async () => {
  const clock = new HandClock();
  const said: string[] = [];
  const stop = new AbortController();
  const store = memoryStore();
  const inspect = () => Promise.resolve(['maxmemory-policy: allkeys-lru']);
  const keeping = upkeep({ store, inspect, feed: { clock, log: logOf(said) } }, stop.signal);
  await clock.turn(5 * TEN_MINUTES);
  expect(said).toEqual([]);
  await clock.turn(7 * TEN_MINUTES);
  expect(said).toEqual(['memory: maxmemory-policy: allkeys-lru', 'memory: maxmemory-policy: allkeys-lru']);
  stop.abort();
  await keeping;
  expect(clock.sleeping).toBe(0);
});

test('old events are forgotten at the start and every ten minutes, and a store that is away does not matter', async () => {
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
  await clock.turn(3 * TEN_MINUTES);
  expect(asked).toEqual([KEEP_EVENTS, KEEP_EVENTS, KEEP_EVENTS, KEEP_EVENTS]);
  expect(said).toEqual(Array(2).fill('forgot 3 old events that every reader has dealt with'));
  stop.abort();
  await keeping;
});
