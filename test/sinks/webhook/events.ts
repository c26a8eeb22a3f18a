import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EventType, UnroutableEvent } from '../../../src/detect/events/event.ts';
import { createClock } from '../../../src/report/clock.ts';
import { sentence } from '../../../src/report/words.ts';

const INCIDENTS = fileURLToPath(new URL('../../../incidents', import.meta.url));

/** Events of the known incidents of North Korea, as they were decided: each of them is over. */
export const realEvents: readonly UnroutableEvent[] = readdirSync(INCIDENTS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && /^\d/.test(entry.name))
  .map(({ name }) => name)
  .sort()
  .flatMap((name) =>
    readFileSync(join(INCIDENTS, name, 'events.golden.ndjson'), 'utf8')
      .split('\n')
      .filter(Boolean),
  )
  .map((line) => JSON.parse(line) as UnroutableEvent);

/** The first event of each type that the known incidents have, in the order of types. */
export const oneOfEachType: readonly UnroutableEvent[] = [...new Set(realEvents.map(({ type }) => type))]
  .sort()
  .map((type) => realEvent(type));

export function realEvent(type: EventType): UnroutableEvent {
  const event = realEvents.find((event) => event.type === type);
  if (event === undefined) throw new Error(`no known incident has a ${type}`);
  return event;
}

/** What the known incidents do not have: events of the observer. */
export const blindEvents: readonly UnroutableEvent[] = [
  {
    ...observed(),
    type: 'observer.blind',
    subject: 'observer',
    data: { since: '2026-09-10T04:00:00.000Z', reason: 'too-few-voters', territories: ['KP', 'SY'] },
  },
  {
    ...observed(),
    id: 'b'.repeat(32),
    type: 'observer.restored',
    subject: 'observer',
    time: '2026-09-10T04:09:00.000Z',
    data: { since: '2026-09-10T04:08:00.000Z', reason: 'too-few-voters', territories: ['KP', 'SY'] },
  },
];

export const gapEvent: UnroutableEvent = {
  ...observed(),
  type: 'observer.gap',
  subject: 'rrc00',
  data: { collector: 'rrc00', since: '2026-09-10T04:00:00.000Z', reason: 'disconnected', peers: 3 },
} as UnroutableEvent;

const utc = createClock(undefined);

/** The sentence of the command line, in UTC. */
export function realSentence(event: UnroutableEvent): string {
  return sentence(event, () => utc);
}

function observed() {
  return {
    specversion: '1.0',
    id: 'a'.repeat(32),
    source: '/observer',
    time: '2026-09-10T04:01:00.000Z',
    datacontenttype: 'application/json',
    sequence: '0000000001',
  } as const;
}
