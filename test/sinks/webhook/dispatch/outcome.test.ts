import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outcomeOf } from '../../../../src/sinks/webhook/dispatch/outcome.ts';
import type { QueueRecord } from '../../../../src/sinks/webhook/endpoints/records.ts';
import type { Attempt } from '../../../../src/sinks/webhook/request/send.ts';
import { mulberry32 } from '../../../support/sim-random.ts';
import { chain } from './world.ts';

const NOW = Date.parse('2026-09-10T04:00:00Z');
const FAILED = { ok: false, retry: true, reason: 'status: 500', status: 500, ms: 12 } as const satisfies Attempt;
const DONE: Attempt = { ok: true, status: 200, ms: 12 };
const even = { nowMs: NOW, random: () => 0.5 };

describe('an event', () => {
  test('stops waiting when an attempt succeeds', () => {
    const outcome = outcomeOf(queued(), DONE, { ...even, nowMs: NOW + 12 });
    expect(outcome).toEqual({
      dead: false,
      gone: false,
      log: {
        atMs: NOW + 12,
        eventId: queued().event.id,
        type: 'country.unroutable',
        attempt: 1,
        ok: true,
        status: 200,
        ms: 12,
      },
    });
  });

  test('that always fails is tried ten times in 75 hours and 35 minutes, and then is dead', () => {
    const { end, attemptedAtMs } = lived(() => FAILED, even.random);
    expect([end.dead, end.log.dead, end.log.attempt]).toEqual([true, true, 10]);
    expect(attemptedAtMs.map((atMs) => (atMs - NOW) / 1000)).toEqual([
      0, 5, 305, 2105, 9305, 27_305, 63_305, 113_705, 185_705, 272_105,
    ]);
  });

  test('that fails at random is delivered or dead within 83 hours, in every case', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (seed, share) => {
        const random = mulberry32(seed);
        const { end, attemptedAtMs } = lived(() => (random() < share ? FAILED : DONE), random);
        expect(end.dead).toBe(!end.log.ok);
        expect(attemptedAtMs.length).toBeLessThanOrEqual(10);
        expect((attemptedAtMs.at(-1) ?? NOW) - NOW).toBeLessThanOrEqual(1.1 * 272_105_000 + 10);
      }),
    );
  });

  test('waits as long as the receiver asks, when that is longer', () => {
    const busy: Attempt = { ...FAILED, status: 429, retryAfterMs: 3_600_000 };
    const { waits, log } = outcomeOf(queued(), busy, { nowMs: NOW, random: () => 0 });
    expect(waits).toMatchObject({ attempts: 1, nextAtMs: NOW + 3_600_000, last: { atMs: NOW, status: 429 } });
    expect(log.nextAtMs).toBe(NOW + 3_600_000);
  });

  test('whose request is at fault is dead at once', () => {
    const { waits, dead, gone } = outcomeOf(queued(), { ...FAILED, retry: false }, even);
    expect([waits, dead, gone]).toEqual([undefined, true, false]);
  });

  test('whose receiver wants no more events goes on waiting, with all attempts before it', () => {
    const { waits, dead, gone } = outcomeOf(queued(7), { ...FAILED, retry: 'disable', status: 410 }, even);
    expect(waits).toMatchObject({ attempts: 0, nextAtMs: NOW });
    expect([dead, gone]).toEqual([false, true]);
  });

  test('that is a test is tried once, and a 410 counts all the same', () => {
    const once = { ...queued(), by: 'test' } as const;
    expect(outcomeOf(once, FAILED, even)).toMatchObject({ dead: false, gone: false, log: { ok: false } });
    expect(outcomeOf(once, { ...FAILED, retry: 'disable' }, even)).toMatchObject({ dead: false, gone: true });
    for (const retry of [true, false, 'disable'] as const) {
      const { waits, log } = outcomeOf(once, { ...FAILED, retry }, even);
      expect([waits, log.dead, log.nextAtMs]).toEqual([undefined, undefined, undefined]);
    }
  });

  test('that a template does not cover is done with, and the log says why', () => {
    const { waits, dead, gone, log } = outcomeOf(queued(), 'unwanted', even);
    expect([waits, dead, gone, log.ok]).toEqual([undefined, false, false, true]);
    expect(log.reason).toContain('the template does not cover this event');
  });

  test('stores at most 300 characters of a long reason', () => {
    const { waits, log } = outcomeOf(queued(), { ...FAILED, reason: 'x'.repeat(5_000) }, even);
    expect([waits?.last?.reason?.length, log.reason?.length]).toEqual([300, 300]);
  });
});

function queued(attempts = 0): QueueRecord {
  const [event] = chain(1);
  if (event === undefined) throw new Error('a chain of one has none');
  return { event, n: 0, queuedAtMs: NOW, attempts, nextAtMs: NOW };
}

/** An event from its first attempt to its end, each attempt made when it is due. */
function lived(attempt: () => Attempt, random: () => number) {
  const attemptedAtMs: number[] = [];
  let record = queued();
  for (;;) {
    attemptedAtMs.push(record.nextAtMs);
    const outcome = outcomeOf(record, attempt(), { nowMs: record.nextAtMs, random });
    if (outcome.waits === undefined) return { end: outcome, attemptedAtMs };
    record = outcome.waits;
  }
}
