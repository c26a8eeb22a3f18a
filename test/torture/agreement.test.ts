import { expect, test } from 'vitest';
import { disagreements } from '../../scripts/torture/agreement.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { Day, peers } from '../support/day.ts';

const { events } = new Day()
  .dump('12:00', peers(20))
  .withdraw('13:00', peers(20))
  .tick('13:10')
  .announce('14:00', peers(20))
  .tick('16:00');
const gone = events.findIndex(({ type }) => type === 'country.unroutable');

/** As it was reported, but for one event. */
function but(at: number, ...others: readonly UnroutableEvent[]): readonly UnroutableEvent[] {
  return events.toSpliced(at, 1, ...others);
}

test('a run that reports the same at other times, under other ids, agrees', () => {
  const later = events.map((event) => ({ ...event, id: `${event.id}'`, time: '2026-01-01T00:00:00.000Z' }));
  expect(gone).toBeGreaterThanOrEqual(0);
  expect(disagreements(events, later)).toEqual([]);
});

test('a country that is called unknown and not unroutable is a disagreement, and both are named whole', () => {
  const event = events[gone];
  if (event?.type !== 'country.unroutable') throw new Error('it never went');
  const data = { ...event.data, verdict: 'unknown', reason: 'lost-voters' } as const;
  const [missing, besides, ...others] = disagreements(events, but(gone, { ...event, type: 'country.unknown', data }));
  expect(others).toEqual([]);
  expect(missing).toMatch(/^not reported: .*"type":"country.unroutable".*"verdict":"unroutable"/);
  expect(besides).toMatch(/^reported, and not .*"type":"country.unknown".*"reason":"lost-voters"/);
  expect(besides).toContain(`${event.time} ${event.source} ${event.sequence} ${event.id}`);
});

test('an event that is missing, doubled or misplaced is one disagreement, or two, and not all that comes after it', () => {
  const [first, second] = events;
  if (first === undefined || second === undefined) throw new Error('a day without events');
  expect(disagreements(events, but(0))).toHaveLength(1);
  expect(disagreements(events, but(0, first, first))).toHaveLength(1);
  expect(disagreements(events, [second, first, ...events.slice(2)])).toHaveLength(2);
  expect(disagreements([], [])).toEqual([]);
});
