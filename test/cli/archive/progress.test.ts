import { expect, test } from 'vitest';
import { fetchText } from '../../../src/cli/archive/means.ts';

test.each([
  [{ filesDone: 0, filesTotal: 95, bytes: 0 }, 100, 'fetching 0 of 95 files  0.0 MB'],
  [
    { filesDone: 19, filesTotal: 95, bytes: 10_000_000 },
    10_000,
    'fetching 19 of 95 files  10.0 MB  1.0 MB/s  40 s left',
  ],
  [{ filesDone: 95, filesTotal: 95, bytes: 50_000_000 }, 50_000, 'fetching 95 of 95 files  50.0 MB  1.0 MB/s'],
])('the progress of a download says how much came, how fast, and how long the rest takes: %j', (progress, ms, text) => {
  expect(fetchText(progress, ms)).toBe(text);
});
