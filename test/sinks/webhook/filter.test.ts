import { describe, expect, test } from 'vitest';
import type { UnroutableEvent } from '../../../src/detect/events/event.ts';
import { isTypePattern, passes, severityOf, typePatterns } from '../../../src/sinks/webhook/filter.ts';
import { blindEvents, gapEvent, realEvent, realEvents } from './events.ts';

const unroutable = realEvent('country.unroutable');

describe('severity', () => {
  test('is that of the worse verdict, so the end of an outage is as severe as the outage', () => {
    const severities = realEvents
      .filter(({ data }) => 'verdict' in data)
      .map((event) => `${String(Reflect.get(event.data, 'previous'))} -> ${event.type}: ${severityOf(event)}`);
    expect([...new Set(severities)].sort()).toEqual([
      'degraded -> country.restored: warning',
      'degraded -> country.unroutable: critical',
      'routable -> country.degraded: warning',
      'routable -> country.unroutable: critical',
      'unroutable -> country.degraded: critical',
      'unroutable -> country.restored: critical',
    ]);
  });

  test('of an incident is that of its worst verdict', () => {
    expect(severityOf(realEvent('incident.closed'))).toBe('critical');
    expect(severityOf(worst('degraded'))).toBe('warning');
  });

  test('of what only explains is low', () => {
    expect([severityOf(realEvent('unit.lost')), severityOf(gapEvent)]).toEqual(['notice', 'info']);
  });

  test('an endpoint that gets the beginning gets the end, at every minimum', () => {
    for (const minSeverity of ['info', 'notice', 'warning', 'critical'] as const) {
      const received = realEvents.flatMap((event) =>
        'incident' in event.data && typeof event.data.incident === 'object' && passes(event, { minSeverity })
          ? [{ type: event.type, id: event.data.incident.id }]
          : [],
      );
      // An incident that got worse is sent from there on.
      const closed = received.filter(({ type }) => type === 'incident.closed').map(({ id }) => id);
      const begun = received.filter(({ type }) => type !== 'incident.closed').map(({ id }) => id);
      expect(closed.length).toBeGreaterThan(0);
      expect(new Set(begun)).toEqual(new Set(closed));
    }
  });
});

describe('a filter', () => {
  test.each([
    [{}, true],
    [{ territories: ['KP'] }, true],
    [{ territories: ['SY'] }, false],
    [{ types: ['country.unroutable'] }, true],
    [{ types: ['country.*'] }, true],
    [{ types: ['*'] }, true],
    [{ types: ['unit.*', 'country.restored'] }, false],
    [{ types: ['country'] }, false],
    [{ minSeverity: 'critical' }, true],
    [{ territories: ['KP', 'SY'], types: ['country.*'], minSeverity: 'warning' }, true],
    [{ territories: ['KP'], types: ['unit.*'], minSeverity: 'warning' }, false],
  ] as const)('%j for an outage of KP: %s', (filter, isWanted) => {
    expect(passes(unroutable, filter)).toBe(isWanted);
  });

  test('for a territory passes that we lost sight of it, not that we lost sight of another', () => {
    const [blind] = blindEvents as [UnroutableEvent];
    expect(passes(blind, { territories: ['KP'] })).toBe(true);
    expect(passes(blind, { territories: ['IQ'] })).toBe(false);
  });

  test('for a territory lets through what concerns them all', () => {
    expect(passes(gapEvent, { territories: ['KP'] })).toBe(true);
  });
});

describe('a pattern of types', () => {
  test('can match, or is a slip of the pen', () => {
    for (const pattern of typePatterns()) expect(isTypePattern(pattern)).toBe(true);
    for (const pattern of ['', 'country', 'country.', 'countries.*', 'Country.*', '*.unroutable', 'c*', '.*', '**']) {
      expect(isTypePattern(pattern)).toBe(false);
    }
  });
});

function worst(verdict: 'degraded'): UnroutableEvent {
  const event = realEvent('incident.opened');
  if (event.type !== 'incident.opened') throw new Error('another type');
  return { ...event, data: { ...event.data, incident: { ...event.data.incident, worst: verdict } } };
}
