import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { aborted } from '../../src/lib/abort.ts';
import { inTime, within } from '../../src/lib/within.ts';
import { HandClock } from '../support/clock.ts';

test('work that ends in time leaves no timer and no listener behind', async () => {
  const [clock, stop] = [new HandClock(), new AbortController()];
  const work = async (limit: AbortSignal): Promise<string> => {
    return limit.aborted ? 'late' : 'done';
  };
  expect(await within(clock, 1_000, stop.signal, work)).toBe('done');
  expect([clock.sleeping, getEventListeners(stop.signal, 'abort').length]).toEqual([0, 0]);
});

test('work that takes too long is aborted after that time, and the reason says so', async () => {
  const clock = new HandClock();
  const late = within(clock, 1_500, undefined, async (limit) => {
    await aborted(limit);
    throw limit.reason;
  });
  late.catch(() => undefined);
  await clock.turn(1_500);
  await expect(late).rejects.toThrow('not done within 1.5 s');
});

test('work is aborted with its parent, with the reason of the parent', async () => {
  const [clock, stop] = [new HandClock(), new AbortController()];
  const stopped = within(clock, 1_000, stop.signal, async (limit) => {
    await aborted(limit);
    return limit.reason;
  });
  stop.abort('stop');
  expect(await stopped).toBe('stop');
  expect(clock.sleeping).toBe(0);
});

test('a result that comes in time counts; after the time, or after an abort, what stands in for it', async () => {
  const [clock, stop] = [new HandClock(), new AbortController()];
  const late = (): string => 'late';
  expect(await inTime(Promise.resolve('here'), { clock, ms: 1_000, signal: stop.signal }, late)).toBe('here');
  const never = new Promise<string>(() => undefined);
  const slow = inTime(never, { clock, ms: 1_000 }, late);
  await clock.turn(1_000);
  expect(await slow).toBe('late');
  const stopped = inTime(never, { clock, ms: 1_000, signal: stop.signal }, late);
  stop.abort();
  expect(await stopped).toBe('late');
  expect([clock.sleeping, getEventListeners(stop.signal, 'abort').length]).toEqual([0, 0]);
});
