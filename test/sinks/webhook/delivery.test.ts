import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { again, newDelivery, settle, type Delivery } from '../../../src/sinks/webhook/delivery.ts';
import type { Attempt } from '../../../src/sinks/webhook/send.ts';
import { mulberry32 } from '../../support/sim-random.ts';

const NOW = Date.parse('2026-09-10T04:00:00Z');
const FAILED: Attempt = { ok: false, retry: true, reason: 'status: 500', status: 500, ms: 12 };
const DONE: Attempt = { ok: true, status: 200, ms: 12 };
const even = () => 0.5;

describe('a delivery', () => {
  test('is due at once', () => {
    expect(newDelivery('ops', 'a1', NOW).state).toEqual({ kind: 'due', atMs: NOW });
  });

  test('is over when an attempt succeeds', () => {
    const { delivery, disable } = settle(newDelivery('ops', 'a1', NOW), DONE, { nowMs: NOW + 12, random: even });
    expect([delivery.state, delivery.made, disable]).toEqual([{ kind: 'delivered', atMs: NOW + 12 }, 1, false]);
    expect(delivery.log).toEqual([{ atMs: NOW + 12, ms: 12, status: 200, outcome: 'ok' }]);
  });

  test('that always fails is tried ten times in 75 hours and 35 minutes, and then is dead', () => {
    const { delivery, attemptedAtMs } = lived(() => FAILED, even);
    expect(delivery.state.kind).toBe('dead');
    expect(attemptedAtMs.map((atMs) => (atMs - NOW) / 1000)).toEqual([
      0, 5, 305, 2105, 9305, 27_305, 63_305, 113_705, 185_705, 272_105,
    ]);
    expect(delivery.log).toHaveLength(10);
  });

  test('that fails at random is delivered or dead within 83 hours, however the dice fall', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (seed, share) => {
        const random = mulberry32(seed);
        const { delivery, attemptedAtMs } = lived(() => (random() < share ? FAILED : DONE), random);
        expect(delivery.state.kind).toBe(delivery.log.at(-1)?.outcome === 'ok' ? 'delivered' : 'dead');
        expect(attemptedAtMs.length).toBeLessThanOrEqual(10);
        expect((attemptedAtMs.at(-1) ?? NOW) - NOW).toBeLessThanOrEqual(1.1 * 272_105_000 + 10);
      }),
    );
  });

  test('waits as long as the receiver asks, when that is longer', () => {
    const busy: Attempt = { ...FAILED, status: 429, retryAfterMs: 3_600_000 };
    const { delivery } = settle(newDelivery('ops', 'a1', NOW), busy, { nowMs: NOW, random: () => 0 });
    expect(delivery.state).toEqual({ kind: 'due', atMs: NOW + 3_600_000 });
  });

  test('whose request is at fault is dead at once', () => {
    const { delivery, disable } = settle(
      newDelivery('ops', 'a1', NOW),
      { ...FAILED, retry: false },
      { nowMs: NOW, random: even },
    );
    expect([delivery.state.kind, disable]).toEqual(['dead', false]);
  });

  test('whose receiver wants no more stays due, with all attempts before it, while the endpoint is disabled', () => {
    const { delivery, disable } = settle(
      { ...newDelivery('ops', 'a1', NOW), made: 7 },
      { ...FAILED, retry: 'disable', status: 410 },
      { nowMs: NOW, random: even },
    );
    expect([delivery.state, delivery.made, disable]).toEqual([{ kind: 'due', atMs: NOW }, 0, true]);
  });

  test('that is dead starts again by hand, and remembers what was tried', () => {
    const { delivery } = lived(() => FAILED, even);
    const once = again(delivery, NOW);
    expect([once.state, once.made, once.log.length]).toEqual([{ kind: 'due', atMs: NOW }, 0, 10]);
  });

  test('remembers the last twenty attempts and no more', () => {
    let delivery = newDelivery('ops', 'a1', NOW);
    for (let i = 0; i < 50; i++) delivery = settle(again(delivery, i), FAILED, { nowMs: i, random: even }).delivery;
    expect(delivery.log.map((line) => line.atMs)).toEqual(Array.from({ length: 20 }, (_, i) => 30 + i));
  });

  test('comes back from JSON as it was', () => {
    const { delivery } = lived(() => FAILED, even);
    expect(JSON.parse(JSON.stringify(delivery))).toEqual(delivery);
  });
});

/** A delivery from its first attempt to its end, each attempt made when it is due. */
function lived(attempt: () => Attempt, random: () => number) {
  const attemptedAtMs: number[] = [];
  let delivery: Delivery = newDelivery('ops', 'a1', NOW);
  while (delivery.state.kind === 'due') {
    const nowMs = delivery.state.atMs;
    attemptedAtMs.push(nowMs);
    ({ delivery } = settle(delivery, attempt(), { nowMs, random }));
  }
  return { delivery, attemptedAtMs };
}
