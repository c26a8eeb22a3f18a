import { expect, test } from 'vitest';
import { ScanControl } from '../../../../streams/mrt/threads/scan-control.ts';
import type { ScanBatch } from '../../../../streams/mrt/scan/scan-job.ts';

/** What reading threads may begin, and when they wait: both sides of the shared memory, in one thread. */
const batch = (bytes: number): ScanBatch => ({
  records: new Uint8Array(bytes),
  places: new Float64Array(0),
  marks: [],
  count: 0,
  outliers: 0,
  packed: 0,
});

function both(files: number): { user: ScanControl; thread: ScanControl } {
  const user = new ScanControl(files);
  return { user, thread: new ScanControl(files, user.shared) };
}

test('each file is taken once, in order, although it was not requested yet', () => {
  const { thread, user } = both(3);
  expect([thread.take(), user.take(), thread.take(), thread.take()]).toEqual([0, 1, 2, undefined]);
  expect(thread.isAllTaken).toBe(true);
});

test('a file that has much waiting is not read on until some of it was used', () => {
  const { thread, user } = both(1);
  thread.give(0, batch(2 << 20));
  expect(thread.isFull(0)).toBe(true);
  const { changes } = thread;
  user.use(0, batch(2 << 20));
  expect(thread.isFull(0)).toBe(false);
  expect(thread.changes).not.toBe(changes);
});

test('with much waiting of all files, only those are begun that the user asks for', () => {
  const { thread, user } = both(4);
  expect(thread.take()).toBe(0);
  thread.give(0, batch(9 << 20));
  expect(thread.take()).toBeUndefined();
  expect(thread.isAllTaken).toBe(false);
  user.ask(2);
  expect([thread.take(), thread.take(), thread.take()]).toEqual([1, 2, undefined]);
  user.use(0, batch(9 << 20));
  expect(thread.take()).toBe(3);
});

test('a file that is no longer used is never full: its thread must come to its end', () => {
  const { thread, user } = both(1);
  thread.give(0, batch(9 << 20));
  user.stop(0);
  expect(thread.isFull(0)).toBe(false);
  expect(thread.isStopped(0)).toBe(true);
});
