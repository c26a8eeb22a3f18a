import { expect, test } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import { Ahead } from '../../streams/ahead.ts';
import { follow } from '../../streams/follow.ts';
import { settled } from '../support/clock.ts';
import { clock, peer } from '../support/day.ts';
import { Hand } from '../support/hand.ts';

const never = new AbortController().signal;

function tick(text: string, collector = 'rrc00'): Element {
  return { type: 'tick', at: clock(text), collector: peer(1, { collector }).collector };
}

async function started(
  limit?: number,
): Promise<{ seed: Hand; live: Hand; received: Element[]; stop: () => Promise<void> }> {
  const [seed, live] = [new Hand('the seed'), new Hand('the feed')];
  const received: Element[] = [];
  const stopping = new AbortController();
  const source = follow(seed, live, limit);
  const reading = (async () => {
    for await (const element of source.elements(stopping.signal)) received.push(element);
  })();
  await settled();
  return {
    seed,
    live,
    received,
    async stop() {
      stopping.abort();
      await reading;
    },
  };
}

test('the feed is subscribed to before the seed is over, and comes after it', async () => {
  const { seed, live, received, stop } = await started();
  expect(live.isRead).toBe(true);
  live.send(tick('12:01'));
  seed.send(tick('12:00'));
  await settled();
  expect(received).toEqual([tick('12:00')]);
  seed.end();
  await settled();
  live.send(tick('12:02'));
  await settled();
  expect(received).toEqual([tick('12:00'), tick('12:01'), tick('12:02')]);
  await stop();
  expect(live.isStopped).toBe(true);
});

test('messages of the feed while the seed takes too long are a reported gap of their senders, from its beginning', async () => {
  const { seed, live, received, stop } = await started(2);
  live.send(tick('12:01'), tick('12:02'), tick('12:03', 'rrc13'), tick('12:04'), tick('12:05', 'rrc13'));
  await settled();
  seed.end();
  await settled();
  live.send(tick('12:06'));
  await settled();
  expect(received).toEqual([
    tick('12:01'),
    tick('12:02'),
    { type: 'gap', at: clock('12:03'), collector: 'rrc13', reason: 'disconnected' },
    { type: 'gap', at: clock('12:04'), collector: 'rrc00', reason: 'disconnected' },
    tick('12:06'),
  ]);
  await stop();
});

test('a buffer never holds more than its limit', async () => {
  const source = new Hand('a flood');
  const buffered = new Ahead(source, 100);
  buffered.hold(never);
  source.send(...Array.from({ length: 1000 }, () => tick('12:00')));
  source.end();
  await settled();
  expect(buffered.size).toBe(100);
});

test('a bug in the source is thrown to the reader, after what came before it', async () => {
  async function* broken(): AsyncGenerator<Element> {
    yield tick('12:00');
    await settled(1);
    throw new Error('a bug');
  }
  const received: Element[] = [];
  await expect(
    (async () => {
      for await (const element of new Ahead({ name: 'broken', elements: broken }, 10).elements(never))
        received.push(element);
    })(),
  ).rejects.toThrow('a bug');
  expect(received).toEqual([tick('12:00')]);
});
