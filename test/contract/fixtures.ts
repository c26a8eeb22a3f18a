import type { Collector } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import type { Batch, Kept, StateStore } from '../../src/ports.ts';
import type { Space, StateChange, StateRecord } from '../../src/spaces.ts';

const START = Date.parse('2026-09-10T04:00:00Z');

/** Event time, some seconds after the first batch of any test. */
export function moment(seconds: number): EventTime {
  return (START + seconds * 1000) as EventTime;
}

/** An event as the engine makes them. What sets one apart here is its number: it gives the id. */
export function event(number: number, note = ''): UnroutableEvent {
  return {
    specversion: '1.0',
    id: idOf(number),
    source: '/observer',
    type: 'observer.gap',
    subject: `rrc00${note}`,
    time: new Date(moment(number)).toISOString(),
    datacontenttype: 'application/json',
    sequence: String(number).padStart(10, '0'),
    ...(number > 1 && { previousid: idOf(number - 1) }),
    data: {
      collector: 'rrc00' as Collector,
      since: new Date(moment(number)).toISOString(),
      reason: 'missing-file',
      peers: number,
    },
  };
}

export function idOf(number: number): string {
  return `event-${String(number)}`;
}

export function change(space: Space, key: string, value: string | undefined): StateChange {
  return { space, key, value };
}

/** A batch of this number: by itself with no events and no changes. */
export function batch(number: number, parts: Partial<Omit<Batch, 'number'>> = {}): Batch {
  return { number, cursor: moment(number), elements: number * 10, events: [], changes: [], ...parts };
}

/** How far a reader of the events is, as the store wants to know it. */
export function readerAt(name: string, id: string | null): StateChange {
  return change('readers', name, JSON.stringify(id));
}

/** Numbers of the events that are stored, in their order. */
export async function numbers(store: StateStore, after?: number): Promise<number[]> {
  const found: number[] = [];
  for await (const { sequence } of store.events(after === undefined ? undefined : idOf(after)))
    found.push(Number(sequence));
  return found;
}

/** All that can be read of a store, in an order of its own, to compare before with after. */
export async function contents(store: StateStore): Promise<unknown> {
  const events: UnroutableEvent[] = [];
  for await (const event of store.events()) events.push(event);
  return { kept: ordered(await store.load()), readers: await store.read('readers'), events };
}

type Place = Pick<StateRecord, 'space' | 'key'>;

/** Records have no order of their own when they are loaded. */
export function ordered(kept: Kept | undefined): Kept | undefined {
  return kept && { ...kept, records: [...kept.records].sort(byPlace) };
}

export function byPlace(a: Place, b: Place): number {
  return compare(a.space, b.space) || compare(a.key, b.key);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
