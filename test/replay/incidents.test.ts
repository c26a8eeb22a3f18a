import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { createEngine } from '../../src/engine.ts';
import { run } from '../../src/pipeline.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { knownOf } from '../../src/app/incidents/library.ts';
import { scoreOf } from '../../src/report/score.ts';
import { planMrt } from '../../streams/mrt/archive/archive.ts';
import { mrtSource } from '../../streams/mrt/source.ts';
import {
  INCIDENTS,
  recordingsOf,
  toTheSecond,
  watchedIn,
  type ExpectedEvent,
  type ExpectedIncident,
  type Incident,
} from './incident.ts';

/**
 * The recordings through the real source and engine, with the default policy. `expect` in incident.yaml was found by
 * other means (scripts/record-incident/watch.py), the golden events are what the replay itself reported when it was last
 * looked at: `npx vitest run test/replay/incidents.test.ts --update` writes them again; read the diff.
 */
describe.each(INCIDENTS)('the replay of $name', (incident) => {
  let events: readonly UnroutableEvent[];

  beforeAll(async () => {
    events = await replayed(incident);
  });

  test('says of the country and its upstreams what is expected, to the second, and nothing else', () => {
    expect(sorted(events.flatMap(asExpected))).toEqual(sorted(incident.expect.events));
  });

  test('meets each published time that routes can show within its precision, and reports no other outage', () => {
    const score = scoreOf(knownOf(incident), events);
    expect(score.met).toBe(score.published);
    expect(score.onsetErrorMs ?? 0).toBe(0);
    expect(score.durationErrorMs ?? 0).toBe(0);
    expect(score.falseAlarms).toBe(0);
  });

  test('makes the incidents expected, with their drops and shapes', () => {
    expect(events.flatMap(asIncident)).toEqual(incident.expect.incidents);
  });

  test('is blind at no time, though sessions were reset', () => {
    expect(events.map(({ type }) => type)).not.toContain('country.unknown');
  });

  test('is what it was when it was last looked at, to the byte', async () => {
    await expect(events.map(goldenLine).join('')).toMatchFileSnapshot(join(incident.folder, 'events.golden.ndjson'));
  });
});

test('a quiet day has no event at all', async () => {
  const quiet = INCIDENTS.filter((incident) => incident.expect.events.length === 0);
  expect(quiet.map(({ name }) => name)).toEqual([
    '2013-03-04',
    '2018-06-12',
    '2022-01-27',
    'cu-2022-09-29',
    'tz-2025-10-29',
  ]);
  for (const incident of quiet) expect(await replayed(incident)).toEqual([]);
});

/** Every event of the recording. The last drop ends long enough before it that nothing is left pending. */
async function replayed(incident: Incident): Promise<readonly UnroutableEvent[]> {
  const planned = await planMrt({ paths: recordingsOf(incident).map((file) => join(incident.folder, file)) });
  if (!planned.ok) throw new Error(planned.reason);
  expect(planned.plan.collectors.map(({ collector }) => collector)).toEqual(['reconstructed-a', 'reconstructed-b']);

  const selection = await watchedIn(incident);
  const engine = createEngine(selection);
  const store = memoryStore();
  const source = mrtSource(planned.plan, {
    watch: selection.territories.flatMap(({ territory }) => territory.blocks),
    threads: 1,
  });
  await run(source, engine, { store }, new AbortController().signal);
  return store.kept;
}

/** A verdict or a change of upstream, in the form it has in incident.yaml. */
function asExpected({ type, data }: UnroutableEvent): readonly ExpectedEvent[] {
  if ('verdict' in data) return [{ ...beginOf(data), type }];
  if ('upstream' in data) return [{ ...beginOf(data), type, upstream: data.upstream, units: [...data.units] }];
  return [];
}

function beginOf({ first, since }: { first: string; since: string }): { first: string; since: string } {
  return { first: toTheSecond(first), since: toTheSecond(since) };
}

function asIncident(event: UnroutableEvent): readonly ExpectedIncident[] {
  if (event.type !== 'incident.closed') return [];
  const { spans, drops, worst, shape } = event.data.incident;
  const since = toTheSecond(spans[0]?.from ?? 'never');
  const until = toTheSecond(spans.at(-1)?.until ?? 'never');
  return [{ since, until, drops, worst, shape }];
}

/** The event as reported, except the messages of its evidence: their hash, because they are four fifths of it. */
function goldenLine(event: UnroutableEvent): string {
  const line = JSON.stringify(event, (key, value: unknown) =>
    key === 'messages' ? hashOf(JSON.stringify(value)) : value,
  );
  return `${line}\n`;
}

function hashOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** By time, and by name where several are of one second: the engine reports them as each hold ends. */
function sorted(events: readonly ExpectedEvent[]): readonly ExpectedEvent[] {
  return events.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ since, type, upstream }: ExpectedEvent): string {
  return `${since} ${type} ${upstream ?? ''}`;
}
