import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Day, peers, UNITS } from '../support/day.ts';
import { after } from '../days/words.ts';
import type { Incident, UnroutableEvent } from '../../src/detect/events/event.ts';

const all = peers(10);

/** What all or some peers do, so many seconds after what came before: mostly short, so that it flaps. */
const happenings = fc.array(
  fc.record({
    wait: fc.oneof(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 3000 })),
    who: fc.oneof(fc.constant(10), fc.integer({ min: 1, max: 10 })),
    units: fc.oneof(fc.constant(4), fc.integer({ min: 1, max: 4 })),
    what: fc.constantFrom('withdraw', 'withdraw', 'announce', 'announce', 'gap', 'dump'),
  }),
  { maxLength: 16 },
);

function eventsOn(
  list: readonly (typeof happenings extends fc.Arbitrary<readonly (infer One)[]> ? One : never)[],
): readonly UnroutableEvent[] {
  const day = new Day().dump('00:00', all);
  let second = 600;
  for (const { wait, who, units, what } of list) {
    second += wait;
    const [time, some, prefixes] = [after('00:00', second), all.slice(0, who), UNITS.slice(0, units)];
    if (what === 'gap') day.gap(time, 'rrc00');
    else if (what === 'dump') day.dump(time, all, prefixes);
    else day[what](time, some, prefixes);
  }
  return day.tick('+3 00:00').events;
}

const RUNS = { numRuns: 10_000 };

test(
  'spans leave no hole, and their sums are the length; blind time is never down; verdicts chain',
  { timeout: 600_000 },
  () => {
    fc.assert(
      fc.property(happenings, (list) => {
        const events = eventsOn(list);
        for (const { data } of events)
          if ('incident' in data && typeof data.incident === 'object') isWhole(data.incident);
        chains(events);
      }),
      RUNS,
    );
  },
);

function isWhole({
  spans,
  durationMs,
  unroutableMs,
  degradedMs,
  unknownMs,
  routableMs,
  downMs,
  ...incident
}: Incident): void {
  const ms = (from: string, until: string) => Date.parse(until) - Date.parse(from);
  const sums: Record<string, number> = { unroutable: 0, degraded: 0, unknown: 0, routable: 0 };
  for (const [i, { verdict, from, until }] of spans.entries()) {
    const next = spans[i + 1];
    if (next !== undefined) expect([until, next.verdict]).not.toEqual([next.from, verdict]);
    if (next !== undefined) expect(until).toBe(next.from);
    if (until === undefined) continue;
    expect(ms(from, until)).toBeGreaterThan(0);
    sums[verdict] = (sums[verdict] ?? 0) + ms(from, until);
  }
  expect({ unroutable: unroutableMs, degraded: degradedMs, unknown: unknownMs, routable: routableMs }).toEqual(sums);
  expect(downMs).toBe(unroutableMs + degradedMs);
  const [first, last] = [spans[0], spans.at(-1)];
  expect(durationMs).toBe(last?.until === undefined ? undefined : ms(first?.from ?? '', last.until));
  if (durationMs !== undefined) expect(downMs + unknownMs + routableMs).toBe(durationMs);
  expect(['unroutable', 'degraded']).toContain(first?.verdict);
  expect(last?.verdict).not.toBe('routable');
  expect(incident.drops).toBeGreaterThan(0);
  if (incident.state === 'closed') expect(last?.until).toBeDefined();
}

/** Each verdict says what was before; an incident is opened, updated and closed, one at a time. */
function chains(events: readonly UnroutableEvent[]): void {
  let verdict: string | undefined;
  let open: string | undefined;
  for (const { type, data } of events) {
    if (type.startsWith('incident') && 'incident' in data && typeof data.incident === 'object') {
      expect(open).toBe(type === 'incident.opened' ? undefined : data.incident.id);
      open = type === 'incident.closed' ? undefined : data.incident.id;
    }
    if (!('verdict' in data)) continue;
    // What is known again is told beside what changed: both follow the same blindness.
    if (data.previous !== 'unknown') expect(data.previous).toBe(verdict ?? 'routable');
    verdict = data.verdict;
  }
}
