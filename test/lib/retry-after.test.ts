import { expect, test } from 'vitest';
import { retryAfterMs } from '../../src/lib/retry-after.ts';

const NOW = Date.parse('2026-09-10T04:00:00Z');
const DAY_MS = 86_400_000;

test.each<[string | null | undefined, number | undefined]>([
  ['0', 0],
  ['120', 120_000],
  [' 7 ', 7_000],
  ['99999999999999999999', DAY_MS],
  ['Thu, 10 Sep 2026 04:00:30 GMT', 30_000],
  ['Thursday, 10-Sep-26 04:00:30 GMT', 30_000],
  ['Thu Sep 10 04:00:30 2026', 30_000],
  ['Thu, 10 Sep 2026 03:00:00 GMT', 0],
  ['Fri, 10 Sep 2027 04:00:00 GMT', DAY_MS],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['2026-09-10', undefined],
  ['', undefined],
  [null, undefined],
  [undefined, undefined],
])('Retry-After %j asks for %j ms', (text, waitMs) => {
  expect(retryAfterMs(text, NOW)).toBe(waitMs);
});

test('what a caller bears at most cuts it', () => {
  expect(retryAfterMs('3600', NOW, 60_000)).toBe(60_000);
});
