import type { Evidence, EventType, UnroutableEvent } from '../../src/detect/events/event.ts';
import { createClock } from '../../src/report/clock.ts';
import { sentence } from '../../src/report/words.ts';
import { INCIDENTS } from '../replay/incident.ts';
import { EVENT_TYPES } from './fields.ts';
import { DAYS, replayed } from './real-events.ts';

/** A real event of one type, as the documents show it. */
export interface Example {
  readonly type: EventType;
  /** Its evidence cut to one message; nothing else is changed. */
  readonly event: UnroutableEvent;
  /** What it is in words. */
  readonly words: string;
  /** Where it comes from, and what was cut. */
  readonly origin: string;
}

/** The long blackout of 2014, the winning of a second upstream in 2017, and days of the tests for what neither has. */
const RECORDED: Readonly<Record<string, { readonly from: string; readonly types: readonly EventType[] }>> = {
  '2014-12-22': {
    from: '2014-12-22T16:00',
    types: [
      ...(['country.unroutable', 'country.restored', 'unit.lost', 'unit.returned'] as const),
      ...(['incident.opened', 'incident.updated', 'incident.closed'] as const),
    ],
  },
  '2017-10-01': { from: '2017-10-01T00:00', types: ['upstream.gained', 'upstream.lost'] },
  '2025-03-18': { from: '2025-03-18T00:00', types: ['country.degraded'] },
};

const clock = createClock('Asia/Pyongyang');

/** One for each type, in the order of the types. */
export async function examples(): Promise<readonly Example[]> {
  const recorded = await Promise.all(Object.keys(RECORDED).map(ofRecording));
  const found = new Map([...ofDays(), ...recorded.flat()].map((example) => [example.type, example]));
  return EVENT_TYPES.map((type) => {
    const example = found.get(type);
    if (example === undefined) throw new Error(`no example of ${type}`);
    return example;
  });
}

async function ofRecording(name: string): Promise<readonly Example[]> {
  const incident = INCIDENTS.find((one) => one.name === name);
  const { from, types } = RECORDED[name] ?? { from: '', types: [] };
  if (incident === undefined) throw new Error(`no incident ${name}`);
  const events = (await replayed(incident)).filter(({ time }) => time >= from);
  return types.flatMap((type) => {
    const event = events.find((one) => one.type === type);
    return event === undefined ? [] : [exampleOf(event, `the replay of \`incidents/${name}\``)];
  });
}

/** The first of each type that any day has. */
function ofDays(): readonly Example[] {
  const found = new Map<EventType, Example>();
  for (const day of Object.values(DAYS)) {
    for (const event of day())
      if (!found.has(event.type)) found.set(event.type, exampleOf(event, 'a day of the tests'));
  }
  return [...found.values()];
}

function exampleOf(event: UnroutableEvent, where: string): Example {
  const text = sentence(event, (id) => (id === undefined ? createClock(undefined) : clock));
  let cut = '';
  const short = JSON.parse(JSON.stringify(event), (key, value: unknown) => {
    if (key !== 'evidence') return value;
    const { count, messages } = value as Evidence;
    if (messages.length > 1) cut = `, shortened: the first of ${messages.length} messages of evidence`;
    return { count, messages: messages.slice(0, 1) };
  }) as UnroutableEvent;
  return { type: event.type, event: short, words: text, origin: `From ${where}${cut}.` };
}
