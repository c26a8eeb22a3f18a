import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { createEngine, type EngineOptions } from '../../src/engine.ts';
import { planMrt } from '../../streams/mrt/archive/archive.ts';
import { mrtSource } from '../../streams/mrt/source.ts';
import { INCIDENTS, recordingsOf, watchedIn, type Incident } from '../replay/incident.ts';
import { isThorough } from '../support/thorough.ts';
import { Keeper, restored, sortedLines } from './keeper.ts';

/** At places of which nothing is known; it is also started again around each event. */
const RESTARTS = 10;

/** Two outages in a row; one with a partial loss before it; IPv6, which has not come back. Thorough runs have all. */
const SOME = new Set(['2022-11-17', '2022-01-26', 'ir-2026-01-08']);
const incidents = isThorough ? INCIDENTS : INCIDENTS.filter(({ name }) => SOME.has(name));

describe.each(incidents)('$name, replayed by an engine that is started again and again', (incident) => {
  let options: EngineOptions;
  let elements: readonly Element[];
  let whole: Whole;

  beforeAll(async () => {
    options = { ...(await watchedIn(incident)), recorded: true };
    elements = await elementsOf(incident, options);
    whole = straight(options, elements);
  });

  test(`gives the same events as without, to the byte, with ${RESTARTS} restarts`, () => {
    const golden = readFileSync(join(incident.folder, 'events.golden.ndjson'), 'utf8');
    expect(whole.events.map(goldenLine).join('')).toBe(golden);

    const places = placesIn(elements);
    expect(places.size).toBe(RESTARTS);
    const { events, state } = interrupted(options, elements, places);
    expect(events.map(goldenLine).join('')).toBe(golden);
    expect(state).toEqual(whole.state);
  });

  test('gives the same events when it is restarted right before and right after each event', () => {
    const { events } = interrupted(options, elements, new Set(whole.committing.flatMap((i) => [i - 1, i])));
    expect(events.map(goldenLine).join('')).toBe(readFileSync(join(incident.folder, 'events.golden.ndjson'), 'utf8'));
  });
});

/** The result without a restart. */
interface Whole {
  readonly events: readonly UnroutableEvent[];
  readonly state: readonly string[];
  /** The elements with a commit, by their number. */
  readonly committing: readonly number[];
}

function straight(options: EngineOptions, elements: readonly Element[]): Whole {
  const engine = createEngine(options);
  const commits = elements.map((element) => engine.apply(element));
  return {
    events: commits.flatMap((commit) => commit?.events ?? []),
    state: sortedLines(engine.state()),
    committing: commits.flatMap((commit, i) => (commit === undefined ? [] : [i])),
  };
}

/** Spread over the elements that are not ticks, the first after the dumps began. */
function placesIn(elements: readonly Element[]): ReadonlySet<number> {
  const indices = elements.flatMap(({ type }, i) => (type === 'tick' ? [] : [i]));
  return new Set(
    Array.from({ length: RESTARTS }, (_, i) => indices[Math.floor(((i + 0.5) / RESTARTS) * indices.length)] ?? 0),
  );
}

function interrupted(
  options: EngineOptions,
  elements: readonly Element[],
  places: ReadonlySet<number>,
): { events: readonly UnroutableEvent[]; state: readonly string[] } {
  const keeper = new Keeper();
  let engine = createEngine(options);
  const events = elements.flatMap((element, i) => {
    const reported = engine.apply(element)?.events ?? [];
    if (!places.has(i)) return reported;
    keeper.keep(engine.takeChanges());
    engine = restored(options, keeper, engine.now, i);
    return reported;
  });
  return { events, state: sortedLines(engine.state()) };
}

async function elementsOf(incident: Incident, { territories }: EngineOptions): Promise<readonly Element[]> {
  const planned = await planMrt({ paths: recordingsOf(incident).map((file) => join(incident.folder, file)) });
  if (!planned.ok) throw new Error(planned.reason);
  const elements: Element[] = [];
  const watch = territories.flatMap(({ territory }) => territory.blocks);
  const source = mrtSource(planned.plan, { watch, threads: 1 });
  for await (const element of source.elements(new AbortController().signal)) elements.push(element);
  return elements;
}

/** As in the golden file: the messages of evidence by their hash. */
function goldenLine(event: UnroutableEvent): string {
  const line = JSON.stringify(event, (key, value: unknown) => (key === 'messages' ? hashOf(value) : value));
  return `${line}\n`;
}

function hashOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)}`;
}
