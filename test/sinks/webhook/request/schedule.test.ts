import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JITTER, nextAttempt, SCHEDULE_MS } from '../../../../src/sinks/webhook/request/schedule.ts';

const NOW = Date.parse('2026-09-10T04:00:00Z');
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('the schedule is that of Standard Webhooks: ten attempts in 75:35:05', () => {
  const sinceStart: string[] = [];
  let atMs = NOW;
  for (let made = 0; ; made++) {
    const next = nextAttempt(made, { nowMs: atMs, random: () => 0.5 });
    if (next === 'dead-letter') break;
    atMs = next.atMs;
    const s = (atMs - NOW) / 1000;
    sinceStart.push(
      [s / 3600, (s / 60) % 60, s % 60].map((part) => String(Math.floor(part)).padStart(2, '0')).join(':'),
    );
  }
  expect(sinceStart).toEqual([
    '00:00:00',
    '00:00:05',
    '00:05:05',
    '00:35:05',
    '02:35:05',
    '07:35:05',
    '17:35:05',
    '31:35:05',
    '51:35:05',
    '75:35:05',
  ]);
});

test('the first attempt is made at once, whatever chance says', () => {
  fc.assert(
    fc.property(share, (random) => {
      expect(nextAttempt(0, at(random))).toEqual({ atMs: NOW });
    }),
  );
});

test('a wait is never further from the schedule than a tenth', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: SCHEDULE_MS.length - 1 }), share, (made, random) => {
      const waitMs = waitOf(made, random);
      const plannedMs = SCHEDULE_MS[made] ?? Number.NaN;
      expect(waitMs).toBeGreaterThanOrEqual(Math.floor(plannedMs * (1 - JITTER)));
      expect(waitMs).toBeLessThanOrEqual(Math.ceil(plannedMs * (1 + JITTER)));
    }),
  );
});

test('what the receiver asked for is never undercut, and exceeded by a tenth at most', () => {
  fc.assert(
    fc.property(fc.nat(9), share, fc.nat(86_400_000), (made, random, retryAfterMs) => {
      const waitMs = waitOf(made, random, retryAfterMs);
      expect(waitMs).toBeGreaterThanOrEqual(retryAfterMs);
      const latest = Math.max(retryAfterMs * (1 + JITTER), (SCHEDULE_MS[made] ?? 0) * (1 + JITTER));
      expect(waitMs).toBeLessThanOrEqual(Math.ceil(latest));
    }),
  );
});

test('after ten attempts there is none, even when the receiver asked for one', () => {
  expect(nextAttempt(10, { ...at(0.5), retryAfterMs: 1000 })).toBe('dead-letter');
});

function at(random: number) {
  return { nowMs: NOW, random: () => random };
}

function waitOf(made: number, random: number, retryAfterMs?: number): number {
  const next = nextAttempt(made, { ...at(random), retryAfterMs });
  return next === 'dead-letter' ? Number.NaN : next.atMs - NOW;
}
