import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { keysOf } from '../../../src/store/keys.ts';
import { failureOf } from '../../../src/store/redis/failure.ts';
import type { RedisStore } from '../../../src/store/redis/open.ts';
import { batch, event, numbers } from '../../contract/fixtures.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { keep, upTo } from './faults.ts';
import { opened, watch } from './opening.ts';
import { test } from '../../support/redis/tests.ts';

let server: RedisServer;
let store: RedisStore;
let name: string;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  name = watch();
  store = await opened(`redis://127.0.0.1:${server.port}`, name);
  await keep(store, 1, 3);
});
afterEach(() => store.close());

describe('consumer groups', () => {
  test('NOGROUP: a group of readers is gone with its position; created again, it gets all stored events', async () => {
    const { events } = keysOf(name);
    await server.cli('XGROUP', 'CREATE', events, 'group', 0);
    await server.cli('XREADGROUP', 'GROUP', 'group', 'one', 'COUNT', 2, 'STREAMS', events, '>');
    await server.cli('XGROUP', 'DESTROY', events, 'group');
    const error: unknown = await server
      .cli('XREADGROUP', 'GROUP', 'group', 'one', 'STREAMS', events, '>')
      .catch((error: unknown) => error);
    expect(failureOf(error)).toMatchObject({ kind: 'nogroup' });
    await keep(store, 4, 8);
    await server.cli('XGROUP', 'CREATE', events, 'group', 0);
    expect(await readBy('group', 20)).toEqual(upTo(8));
  });

  test('what a group was not given, or did not acknowledge, stays', async () => {
    await keep(store, 4, 10);
    const { events } = keysOf(name);
    await server.cli('XGROUP', 'CREATE', events, 'group', 0);
    expect(await store.trim(1)).toBe(0);

    expect(await readBy('group', 6)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await store.trim(1)).toBe(0);
    const entries = (await server.cli('XRANGE', events, '-', '+')) as [string, string[]][];
    const idAt = (number: number) => entries[number - 1]?.[0] ?? '';
    await server.cli('XACK', events, 'group', idAt(1), idAt(2), idAt(4));
    expect(await store.trim(1)).toBe(2);
    await server.cli('XACK', events, 'group', idAt(3), idAt(5), idAt(6));
    expect(await store.trim(1)).toBe(4);
    expect(await numbers(store)).toEqual([7, 8, 9, 10]);

    expect(await readBy('group', 20)).toEqual([7, 8, 9, 10]);
    await server.cli('XACK', events, 'group', ...[7, 8, 9, 10].map((number) => idAt(number)));
    expect(await store.trim(1)).toBe(3);
    expect(Number(await server.cli('HLEN', keysOf(name).ids))).toBe(1);
  });

  test('thousands are trimmed, and their ids with them', async () => {
    await store.commit(batch(4, { events: upTo(4_500).map((number) => event(number)) }));
    expect(await store.trim(100)).toBe(4_400);
    expect(await numbers(store)).toEqual(upTo(4_500).slice(-100));
    expect(Number(await server.cli('HLEN', keysOf(name).ids))).toBe(100);
  });
});

test('a subscriber gets each event once, on the channel of all and on its territory’s', async () => {
  const subscriber = new Redis({ ...server.connection, enableReadyCheck: false });
  const messages: string[] = [];
  subscriber.on('message', (channel: string, text: string) => {
    messages.push(`${channel} ${(JSON.parse(text) as { sequence: string }).sequence}`);
  });
  await subscriber.subscribe('unroutable:events', 'unroutable:events:KP');
  const ofTerritory = { ...event(5), source: '/territories/KP' };
  await store.commit(batch(4, { events: [event(4), ofTerritory, event(2)] }));
  await store.commit(batch(4, { events: [event(4), ofTerritory, event(2)] }));
  await store.commit(batch(5, { events: [ofTerritory, event(6)] }));
  // What was published before its reply is delivered before it.
  await subscriber.ping();
  subscriber.disconnect();
  expect(messages).toEqual([
    'unroutable:events 0000000004',
    'unroutable:events 0000000005',
    'unroutable:events:KP 0000000005',
    'unroutable:events 0000000006',
  ]);
});

/** Numbers of the next so many events that are given to a group. */
async function readBy(group: string, many: number): Promise<number[]> {
  const reply = (await server.cli(
    'XREADGROUP',
    'GROUP',
    group,
    'one',
    'COUNT',
    many,
    'STREAMS',
    keysOf(name).events,
    '>',
  )) as [string, [string, string[]][]][];
  return (reply[0]?.[1] ?? []).map(([, fields]) =>
    Number((JSON.parse(fields[3] ?? '') as { sequence: string }).sequence),
  );
}
