import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { INCIDENTS } from '../replay/incident.ts';
import { MINUTE } from '../live/scene.ts';
import { Sim } from '../support/sim.ts';
import { BLIND_REASONS, EVENT_TYPES, GAP_REASONS } from './fields.ts';
import { DAYS, replayed, eventsOnDays } from './real-events.ts';
import { createAjv, faultsOf, schemas } from './schemas.ts';

test('every schema is one, in the strictest mode', () => {
  const ajv = createAjv();
  for (const schema of schemas.values()) {
    expect(ajv.validateSchema(schema)).toBe(true);
    expect(ajv.getSchema(schema.$id ?? '')).toBeTypeOf('function');
  }
});

describe.each(INCIDENTS)('the replay of $name', (incident) => {
  let events: readonly UnroutableEvent[];

  beforeAll(async () => {
    events = await replayed(incident);
  });

  test('says what the schemas say', () => areValid(events));

  test('says what was recorded as its golden events, but for the messages of their evidence', () => {
    const golden = readFileSync(join(incident.folder, 'events.golden.ndjson'), 'utf8').split('\n').filter(Boolean);
    const recorded = golden.map((line) => JSON.parse(line, withoutHash) as UnroutableEvent);
    areValid(recorded);
    expect(recorded.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });
});

test.each(Object.entries(DAYS))('events of %s are valid by the schemas', (_, day) => {
  const events = day();
  expect(events).not.toEqual([]);
  areValid(events);
});

describe('every part of the schemas is tried: an event of one of these days has it', () => {
  const events = eventsOnDays();

  test.each(EVENT_TYPES)('%s', (type) => {
    expect(events.some((event) => event.type === type)).toBe(true);
  });

  // Nothing was ever reported about peers with small tables that never saw it, so there is no verdict to lose.
  test.each(BLIND_REASONS.filter((reason) => reason !== 'never-seen' && reason !== 'too-short'))(
    'blind by reason of %s',
    (reason) => {
      expect(events.some(({ type, data }) => type === 'country.unknown' && data.reason === reason)).toBe(true);
    },
  );

  test.each(GAP_REASONS)('a gap by reason of %s', (reason) => {
    expect(events.some(({ type, data }) => type === 'observer.gap' && data.reason === reason)).toBe(true);
  });

  test.each(['sinceAtLatest', 'rebased', 'incident', 'evidence', 'peer', 'reason', 'since'])('data.%s', (field) => {
    const has = (event: UnroutableEvent): boolean => field in event.data;
    expect(events.some(has)).toBe(true);
    expect(events.every(has)).toBe(false);
  });

  test('a cliff, a slope or flapping; stuck routes; half and nine tenths of the visibility lost, or never', () => {
    const incidents = events.flatMap((event) => ('spans' in incidentOf(event) ? [incidentOf(event)] : []));
    expect(new Set(incidents.map(({ shape }) => shape))).toEqual(new Set(['cliff', 'slope', 'flapping', 'unseen']));
    expect(incidents.some(({ stuck }) => stuck?.length === 1)).toBe(true);
    expect(new Set(incidents.map(({ onset }) => onset?.ninety === undefined))).toEqual(new Set([true, false]));
  });
});

test('live events of an outage, a lost feed and the end of both are valid by the schemas', async () => {
  const sim = await Sim.open({ peers: 30 });
  try {
    await sim.seeded();
    await sim.withdraw(sim.peers);
    await sim.pass(MINUTE);
    sim.feed.freeze();
    await sim.pass(2 * MINUTE);
    await sim.pass(4 * MINUTE);
    expect(new Set(sim.types(''))).toEqual(
      new Set([
        ...['unit.lost', 'country.unroutable', 'incident.opened', 'observer.gap', 'country.unknown', 'observer.blind'],
        'incident.updated',
        ...['observer.healed', 'country.known', 'observer.restored'],
      ]),
    );
    areValid(sim.events);
  } finally {
    await sim.close();
  }
});

/** By the schema of its type and by that of any event; as JSON, which is what others get. */
function areValid(events: readonly UnroutableEvent[]): void {
  for (const event of events) {
    const document: unknown = JSON.parse(JSON.stringify(event));
    expect([event.type, faultsOf(event.type, document)]).toEqual([event.type, []]);
    expect([event.type, faultsOf('event', document)]).toEqual([event.type, []]);
  }
}

/** The golden files hold a hash in place of the messages. */
function withoutHash(key: string, value: unknown): unknown {
  if (key !== 'messages') return value;
  expect(value).toMatch(/^sha256:[0-9a-f]{16}$/);
  return [];
}

interface SomeIncident {
  readonly shape?: string;
  readonly stuck?: readonly unknown[];
  readonly onset?: { readonly ninety?: string };
}

function incidentOf({ data }: UnroutableEvent): SomeIncident {
  return 'incident' in data && typeof data.incident === 'object' ? data.incident : {};
}
