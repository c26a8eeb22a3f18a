import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drillEvents } from '../../../src/app/drill/drill-events.ts';
import type { Drill } from '../../../src/app/drill/fake-outage.ts';
import { createClock } from '../../../src/report/clock.ts';
import { createTimeline } from '../../../src/report/timeline.ts';
import { sentence } from '../../../src/report/words.ts';
import { noPaint } from '../../../src/report/paint.ts';
import type { Territory } from '../../../src/territory/territory.ts';
import { Day, KP, peers, prefix } from '../../support/day.ts';

const drill: Drill = { id: '0123456789abcdef', territory: 'KP', atMs: Date.UTC(2026, 10, 22, 12) };
const events = drillEvents(drill, KP);
const utc = createClock(undefined);

test('a drill is an outage from its onset to the end of its incident, and has ended when it was requested', () => {
  expect(events.map(({ type, data }) => ('unit' in data ? `${type} ${data.unit}` : type))).toEqual([
    ...[176, 177, 178, 179].map((third) => `unit.lost 175.45.${third}.0/24`),
    'country.unroutable',
    'incident.opened',
    ...[176, 177, 178, 179].map((third) => `unit.returned 175.45.${third}.0/24`),
    'country.restored',
    'incident.updated',
    'incident.closed',
  ]);
  const last = Date.parse(events.at(-1)?.time ?? '');
  expect(last).toBeLessThanOrEqual(drill.atMs);
  expect(last).toBeGreaterThan(drill.atMs - 10 * 60_000);
});

test('it has the events of a real outage, except for its marks', () => {
  const day = new Day()
    .dump('06:00', peers(14))
    .withdraw('07:00', peers(14))
    .announce('07:05', peers(14))
    .tick('08:00');
  expect(events.map(({ type }) => type)).toEqual(day.events.map(({ type }) => type));
  for (const [i, event] of events.entries()) {
    const { drill: _, ...unmarked } = event;
    expect(Object.keys(unmarked)).toEqual(Object.keys(day.events[i] ?? {}));
    expect(Object.keys(event.data)).toEqual(Object.keys(day.events[i]?.data ?? {}));
  }
});

test('every event of it says that it is one: a field, a source of its own, and its sentence', () => {
  for (const event of events) {
    expect(event).toMatchObject({ drill: true, source: '/drills/0123456789abcdef', subject: 'KP/ipv4' });
    expect(sentence(event, () => utc)).toMatch(/^DRILL: /);
  }
  const timeline = createTimeline({ clocks: () => utc, paint: noPaint, width: 200, degradedBelow: () => 0 });
  const lines = timeline(events).filter((line) => /^ {2}\d/.test(line));
  expect(lines).toHaveLength(5);
  for (const line of lines) expect(line).toContain('DRILL: ');
});

test('a real event does not mention drills', () => {
  const day = new Day().dump('06:00', peers(14)).withdraw('07:00', peers(14)).tick('08:00');
  expect(day.events).not.toEqual([]);
  for (const event of day.events) {
    expect(event).not.toHaveProperty('drill');
    expect(sentence(event, () => utc)).not.toContain('DRILL');
  }
});

test('its events are a chain of their own, from 1 on', () => {
  expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, i) => i + 1));
  expect(events.map(({ previousid }) => previousid)).toEqual([undefined, ...events.slice(0, -1).map(({ id }) => id)]);
});

test('all that names its incident names the same one', () => {
  const named = events.flatMap(({ data }) => {
    if (!('incident' in data) || data.incident === undefined) return [];
    return [typeof data.incident === 'string' ? data.incident : data.incident.id];
  });
  expect(named).toHaveLength(5);
  expect(new Set(named).size).toBe(1);
});

test('the same drill gives the same events; no other drill gives any of their ids, nor a real outage', () => {
  const id = fc.stringMatching(/^[0-9a-f]{16}$/);
  const hour = fc.integer({ min: 0, max: 100_000 }).map((hours) => drill.atMs + hours * 3_600_000);
  fc.assert(
    fc.property(fc.record({ id, territory: fc.constant('KP'), atMs: hour }), (other) => {
      fc.pre(other.id !== drill.id);
      const reported = drillEvents(other, KP);
      expect(reported).toEqual(drillEvents(other, KP));
      const ids = new Set([...reported.map((event) => event.id), ...incidents(reported)]);
      expect([...events.map((event) => event.id), ...incidents(events)].filter((known) => ids.has(known))).toEqual([]);
    }),
    { numRuns: 10 },
  );
});

test('what its events name does not exist: the collector, the addresses, the ASes', () => {
  const messages = events.flatMap(({ data }) => ('evidence' in data ? (data.evidence?.messages ?? []) : []));
  expect(messages.length).toBeGreaterThan(10);
  for (const { collector, peer } of messages) {
    expect(collector).toBe('drill');
    expect(peer.address).toMatch(/^192\.0\.2\.\d+$/);
    expect(peer.asn).toBeGreaterThanOrEqual(65_536);
    expect(peer.asn).toBeLessThanOrEqual(65_551);
  }
});

test('in a large territory four networks go, in one without IPv4 IPv6 networks', () => {
  const large: Territory = { ...KP, id: 'XL', blocks: [prefix('10.0.0.0/8')], origins: [] };
  expect(lost(drillEvents(drill, large))).toEqual(['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24']);
  const six: Territory = { ...KP, id: 'V6', blocks: [prefix('2001:db8::/47')] };
  expect(lost(drillEvents(drill, six))).toEqual(['2001:db8::/48', '2001:db8:1::/48']);
});

function lost(reported: typeof events): readonly string[] {
  return reported.flatMap((event) => (event.type === 'unit.lost' ? [event.data.unit] : []));
}

function incidents(reported: typeof events): readonly string[] {
  return reported.flatMap(({ data }) =>
    'incident' in data && typeof data.incident === 'object' ? [data.incident.id] : [],
  );
}
