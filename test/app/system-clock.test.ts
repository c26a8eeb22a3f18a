import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';

const DAY_MS = 86_400_000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Sleeps, and says whether that has ended. */
function asleep(ms: number, signal: AbortSignal): { isOver: boolean } {
  const state = { isOver: false };
  void systemClock.sleep(ms, signal).then(() => (state.isOver = true));
  return state;
}

test('sleeps longer than the longest timer of Node.js, 24.8 days', async () => {
  const sleep = asleep(60 * DAY_MS, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(60 * DAY_MS - 1);
  expect(sleep.isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(sleep.isOver).toBe(true);
});

test('wakes at once when it is aborted, also in a later part of a long sleep', async () => {
  const over = new AbortController();
  const sleep = asleep(Infinity, over.signal);
  await vi.advanceTimersByTimeAsync(100 * DAY_MS);
  expect(sleep.isOver).toBe(false);
  over.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(sleep.isOver).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
