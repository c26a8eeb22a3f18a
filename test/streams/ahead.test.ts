import { expect, test } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import { Ahead } from '../../streams/ahead.ts';
import { settled } from '../support/clock.ts';
import { clock, peer } from '../support/day.ts';
import { Hand } from '../support/hand.ts';

const never = new AbortController().signal;

function tick(text: string, collector = 'rrc00'): Element {
  return { type: 'tick', at: clock(text), collector: peer(1, { collector }).collector };
}

/** Reads on in the background. */
function reading(ahead: Ahead, signal: AbortSignal = never): { received: Element[]; done: Promise<void> } {
  const received: Element[] = [];
  const done = (async () => {
    for await (const element of ahead.elements(signal)) received.push(element);
  })();
  return { received, done };
}

test('nothing is listened to before it is asked for', async () => {
  const feed = new Hand('feed');
  const ahead = new Ahead(feed);
  await settled();
  expect(feed.isRead).toBe(false);
  ahead.start(never);
  ahead.start(never);
  await settled();
  expect(feed.isRead).toBe(true);
});

test('a late reader receives what was sent before, and what comes', async () => {
  const feed = new Hand('feed');
  const ahead = new Ahead(feed);
  ahead.start(never);
  feed.send(tick('12:00'), tick('12:01'));
  await settled();
  const { received, done } = reading(ahead);
  feed.send(tick('12:02'));
  feed.end();
  await done;
  expect(received).toEqual([tick('12:00'), tick('12:01'), tick('12:02')]);
});

test('elements that were decided elsewhere are dropped, late ones after them are not', async () => {
  const feed = new Hand('feed');
  const ahead = new Ahead(feed);
  ahead.start(never);
  feed.send(tick('12:00'), tick('12:01'), tick('12:02'), tick('11:50'), tick('12:03'));
  await settled();
  ahead.forget(clock('12:02'));
  feed.end();
  const { received, done } = reading(ahead);
  await done;
  expect(received).toEqual([tick('12:02'), tick('11:50'), tick('12:03')]);
});

test('before it is read the oldest are dropped, and it reports that until a state elsewhere includes them', async () => {
  const feed = new Hand('feed');
  const ahead = new Ahead(feed, 10);
  ahead.start(never);
  for (let i = 10; i < 40; i++) feed.send(tick(`12:${i}`));
  await settled(200);
  expect(ahead.size).toBeLessThanOrEqual(10);
  expect(ahead.isCut).toBe(true);
  ahead.forget(clock('12:20'));
  expect(ahead.isCut).toBe(true);
  ahead.forget(clock('12:35'));
  expect(ahead.isCut).toBe(false);
});

test('while its reader is busy, what finds no room is a gap of its collector in its place', async () => {
  const feed = new Hand('feed');
  const ahead = new Ahead(feed, 2);
  const elements = ahead.elements(never);
  feed.send(tick('12:00'));
  expect((await elements.next()).value).toEqual(tick('12:00'));
  feed.send(tick('12:01'), tick('12:02', 'rrc01'), tick('12:03'), tick('12:04', 'rrc01'), tick('12:05', 'rrc01'));
  feed.end();
  await settled();
  const rest: Element[] = [];
  for await (const element of elements) rest.push(element);
  expect(rest).toEqual([
    tick('12:01'),
    tick('12:02', 'rrc01'),
    { type: 'gap', at: clock('12:03'), collector: 'rrc00', reason: 'disconnected' },
    { type: 'gap', at: clock('12:04'), collector: 'rrc01', reason: 'disconnected' },
  ]);
});

test('it ends when it is stopped, though nothing comes', async () => {
  const ahead = new Ahead(new Hand('feed'));
  const stop = new AbortController();
  const { done } = reading(ahead, stop.signal);
  await settled();
  stop.abort();
  await done;
});

test('a source that fails, fails its reader', async () => {
  const broken = (async function* (): AsyncGenerator<Element> {
    yield tick('12:00');
    throw new Error('a bug');
  })();
  const ahead = new Ahead({ name: 'broken', elements: () => broken });
  await expect(reading(ahead).done).rejects.toThrow('a bug');
});
