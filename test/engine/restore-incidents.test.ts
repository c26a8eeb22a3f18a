import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import { NORTH_KOREA } from '../../src/territory/built-in.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { DEFAULT_POLICY } from '../../src/detect/policy.ts';
import { createEngine, type EngineOptions } from '../../src/engine.ts';
import { DEFAULT_VOTING } from '../../src/peers/voting-policy.ts';
import { planMrt } from '../../streams/mrt/archive/archive.ts';
import { mrtSource } from '../../streams/mrt/source.ts';
import { INCIDENTS, recordingsOf, type Incident } from '../replay/incident.ts';
import { eventsOf, Keeper, restored, sortedLines } from './keeper.ts';

const OPTIONS: EngineOptions = {
  territories: [{ territory: NORTH_KOREA, policy: DEFAULT_POLICY }],
  voting: DEFAULT_VOTING,
  recorded: true,
};
const RESTARTS = 20;

describe.each(INCIDENTS)('$name, replayed by an engine that is started again and again', (incident) => {
  let elements: readonly Element[];

  beforeAll(async () => {
    elements = await elementsOf(incident);
  });

  test(`says what was said without, to the byte, with ${RESTARTS} restarts`, () => {
    const golden = readFileSync(join(incident.folder, 'events.golden.ndjson'), 'utf8');
    const whole = createEngine(OPTIONS);
    expect(eventsOf(whole, elements).map(goldenLine).join('')).toBe(golden);

    const places = placesIn(elements);
    expect(places.size).toBe(RESTARTS);
    const { events, state } = interrupted(elements, places);
    expect(events.map(goldenLine).join('')).toBe(golden);
    expect(state).toEqual(sortedLines(whole.state()));
  });

  test('says the same when it is started again right before and right after each event', () => {
    const engine = createEngine(OPTIONS);
    const telling = elements.flatMap((element, i) => (engine.apply(element) === undefined ? [] : [i - 1, i]));
    const { events } = interrupted(elements, new Set(telling));
    expect(events.map(goldenLine).join('')).toBe(readFileSync(join(incident.folder, 'events.golden.ndjson'), 'utf8'));
  });
});

/** Spread over what was told, the first after the dumps began. */
function placesIn(elements: readonly Element[]): ReadonlySet<number> {
  const told = elements.flatMap(({ type }, i) => (type === 'tick' ? [] : [i]));
  return new Set(
    Array.from({ length: RESTARTS }, (_, i) => told[Math.floor(((i + 0.5) / RESTARTS) * told.length)] ?? 0),
  );
}

function interrupted(
  elements: readonly Element[],
  places: ReadonlySet<number>,
): { events: readonly UnroutableEvent[]; state: readonly string[] } {
  const keeper = new Keeper();
  let engine = createEngine(OPTIONS);
  const events = elements.flatMap((element, i) => {
    const told = engine.apply(element)?.events ?? [];
    if (!places.has(i)) return told;
    keeper.keep(engine.takeChanges());
    engine = restored(OPTIONS, keeper, engine.now, i);
    return told;
  });
  return { events, state: sortedLines(engine.state()) };
}

async function elementsOf(incident: Incident): Promise<readonly Element[]> {
  const planned = await planMrt({ paths: recordingsOf(incident).map((file) => join(incident.folder, file)) });
  if (!planned.ok) throw new Error(planned.reason);
  const elements: Element[] = [];
  const source = mrtSource(planned.plan, { watch: NORTH_KOREA.blocks, threads: 1 });
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
