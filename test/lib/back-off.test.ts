import { expect, test } from 'vitest';
import { backOffMs } from '../../src/lib/back-off.ts';

const longest = () => 1;
const shortest = () => 0;

test('each wait may last twice as long as the one before, up to the most', () => {
  const waits = { firstMs: 200, mostMs: 1_000 };
  expect([1, 2, 3, 4, 99].map((failures) => backOffMs(failures, waits, longest))).toEqual([
    200, 400, 800, 1_000, 1_000,
  ]);
});

test('a wait is at least half of the longest one, or the given minimum', () => {
  expect([1, 2, 3].map((failures) => backOffMs(failures, { firstMs: 200, mostMs: 1_000 }, shortest))).toEqual([
    100, 200, 400,
  ]);
  expect(backOffMs(5, { leastMs: 50, firstMs: 200, mostMs: 1_000 }, shortest)).toBe(50);
  expect(backOffMs(5, { leastMs: 0, firstMs: 200, mostMs: 1_000 }, () => 0.25)).toBe(250);
});

test('a wait is a number however often it failed', () => {
  expect(backOffMs(100_000, { firstMs: 1, mostMs: Number.MAX_VALUE }, longest)).toBe(2 ** 30);
});
