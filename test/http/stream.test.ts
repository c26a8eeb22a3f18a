import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { StateStore } from '../../src/ports.ts';
import { outageStore, serving } from './scene.ts';

/** Reads a stream of events until `enough` says so. */
async function read(answer: Response, enough: (text: string) => boolean): Promise<string> {
  if (answer.body === null) return '';
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (!enough(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}

const idsIn = (text: string): string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? '');

async function allOf(store: StateStore): Promise<UnroutableEvent[]> {
  const events = [];
  for await (const event of store.events()) events.push(event);
  return events;
}

test('a client that comes back with the id of its last event gets all later ones, in order', async () => {
  const store = await outageStore();
  const all = await allOf(store);
  const { get } = await serving(store);
  const answer = await get('/api/v1/events/stream', { headers: { 'Last-Event-ID': all[2]?.id ?? '' } });
  const text = await read(answer, (seen) => idsIn(seen).length === all.length - 3);
  expect(idsIn(text)).toEqual(all.slice(3).map(({ id }) => id));
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('the first verdict that a reader gets is the present one, whatever an earlier reader got', async () => {
  const store = memoryStore();
  const write = (verdict: string) => {
    const value = JSON.stringify({ verdict, since: '2014-12-22T13:00:00.000Z' });
    return store.write([{ space: 'verdicts', key: 'KP/ipv4', value }]);
  };
  let readers = (): number => -1;
  const metrics = {
    ...{ contentType: 'text/plain', text: async () => '', answered: () => undefined },
    listening: (count: () => number) => void (readers = count),
  };
  const { get } = await serving(store, { metrics });
  for (const verdict of ['routable', 'unroutable']) {
    await write(verdict);
    const text = await read(await get('/api/v1/events/stream'), (seen) => seen.includes('event: verdict'));
    expect(/"verdict":"(\w+)"/.exec(text)?.[1]).toBe(verdict);
    await vi.waitFor(() => expect(readers()).toBe(0));
  }
});

test('an event that is stored is there within a second, and so is the verdict', async () => {
  const store = memoryStore();
  const [event] = await allOf(await outageStore());
  if (event === undefined) throw new Error('no event');
  const { get } = await serving(store);
  const answer = await get('/api/v1/events/stream');
  const start = performance.now();
  const verdict = {
    space: 'verdicts',
    key: 'KP/ipv4',
    value: '{"verdict":"unroutable","since":"2014-12-22T13:00:00.000Z"}',
  };
  const [cursor, changes] = [0 as EventTime, [verdict] as never];
  await store.commit({ number: 1, cursor, elements: 1, events: [event], changes });
  const text = await read(answer, (seen) => seen.includes(event.id) && seen.includes('has been unroutable'));
  expect(performance.now() - start).toBeLessThan(1_500);
  expect(text).toContain(`event: ${event.type}\n`);
});

test('a request for an event that is no longer stored gets an error', async () => {
  const { get } = await serving(await outageStore());
  const answer = await get('/api/v1/events/stream', { headers: { 'Last-Event-ID': 'long-gone' } });
  expect(await read(answer, (seen) => seen.includes('event: missed'))).toContain(
    'no event with id long-gone is stored',
  );
});

test('a reader that does not read is cut off once a megabyte waits for it; the others get everything', async () => {
  const store = memoryStore();
  const [event] = await allOf(await outageStore());
  if (event === undefined) throw new Error('no event');
  const { url, get } = await serving(store);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.write('GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
  socket.pause();
  const good = await get('/api/v1/events/stream');
  const MANY = 60;
  const reading = read(good, (seen) => idsIn(seen).length === MANY);
  for (let number = 1; number <= MANY; number++) {
    const big = { ...event, id: `event-${number}`, data: { ...event.data, filler: 'x'.repeat(300_000) } } as never;
    await store.commit({ number, cursor: 0 as EventTime, elements: 1, events: [big], changes: [] });
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(idsIn(await reading)).toHaveLength(MANY);
  socket.resume();
  await closed;
});
