import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventTime } from '../../../src/bgp/time.ts';
import { STALE_FEED_MS as STALE_MS } from '../../../src/policy/fixed.ts';
import { Pace } from '../../../streams/ris-live/pace.ts';
import { clock as day } from '../../support/day.ts';

const noon = day('12:00');
const HOUR = 3_600_000;

function at(ms: number): EventTime {
  return (noon + ms) as EventTime;
}

test('the first message is never stale: there is nothing to measure it by', () => {
  expect(new Pace().isStale(at(-10 * HOUR), 0)).toBe(false);
});

test('a message three minutes slower than the fastest is of now; a millisecond more, and it is stale', () => {
  const pace = new Pace();
  pace.note(at(0), 0);
  expect(pace.isStale(at(1000 - STALE_MS), 1000)).toBe(false);
  expect(pace.isStale(at(999 - STALE_MS), 1000)).toBe(true);
});

test('a feed that falls behind by and by is stale once it is three minutes behind what it could do', () => {
  const pace = new Pace();
  let staleFromMs: number | undefined;
  for (let ms = 0; ms < HOUR && staleFromMs === undefined; ms += 1000) {
    const message = at(ms * 0.9);
    if (pace.isStale(message, ms)) staleFromMs = ms;
    else pace.note(message, ms);
  }
  expect(staleFromMs).toBe(10 * STALE_MS + 1000);
});

test('a clock of ours that gains five seconds a day makes no feed look old, however long it is watched', () => {
  const pace = new Pace();
  for (let hour = 0; hour < 24 * 365; hour++) {
    const ms = hour * HOUR;
    const message = at(ms * (1 - 5 / 86_400));
    expect(pace.isStale(message, ms)).toBe(false);
    pace.note(message, ms);
  }
});

test('a feed that stays stale for days is not taken for fresh', () => {
  const pace = new Pace();
  pace.note(at(0), 0);
  for (let hour = 1; hour < 100; hour++) expect(pace.isStale(at(hour * HOUR - STALE_MS - 1), hour * HOUR)).toBe(true);
});

test('when monotonic time leapt, the pace is measured again', () => {
  const pace = new Pace();
  pace.note(at(0), 0);
  expect(pace.isStale(at(1000), HOUR)).toBe(true);
  pace.forget();
  expect(pace.isStale(at(1000), HOUR)).toBe(false);
});

test('whatever comes late in between, a message as fast as the fastest is never stale', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 86_400_000 }), { maxLength: 100 }), (lags) => {
      const pace = new Pace();
      for (const [i, lag] of lags.entries()) {
        const ms = i * 1000;
        expect(pace.isStale(at(ms), ms)).toBe(false);
        pace.note(at(ms), ms);
        const isStale = pace.isStale(at(ms - lag), ms);
        expect(isStale).toBe(lag > STALE_MS);
        if (!isStale) pace.note(at(ms - lag), ms);
      }
    }),
  );
});
