import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/app/system-clock.ts';
import type { StateStore } from '../../../../src/ports.ts';
import { dispatchWebhooks, type DispatchOptions } from '../../../../src/sinks/webhook/dispatch/dispatch.ts';
import { deliveries, putEndpoint } from '../../../../src/sinks/webhook/endpoints/endpoint-store.ts';
import { memoryStore } from '../../../../src/store/memory.ts';
import { HandClock, settled, until } from '../../../support/clock.ts';
import { startRedis } from '../../../support/redis/server.ts';
import { opened } from '../../../store/redis/opening.ts';
import { receiving, Stage } from './stage.ts';
import { chain, endpointOf } from './world.ts';
import { test as redisTest } from '../../../support/redis/tests.ts';

test('a process that is fenced stops at once, and sends nothing more', async () => {
  const store = memoryStore();
  const stage = new Stage(store, new HandClock(Date.now()));
  const first = await store.leases.acquire('first', 1_000);
  const answers: (() => void)[] = [];
  const { port, ids } = await receiving((_, response) => answers.push(() => void response.writeHead(200).end()));
  await stage.add(endpointOf('a', port, { concurrency: 2 }));
  const end = stage.start({ token: () => first?.token });
  await stage.decide(chain(3));
  await until(() => answers.length === 2);
  await store.leases.release(first ?? expect.fail());
  const second = await store.leases.acquire('second', 1_000);
  await store.write([{ space: 'instances', key: 'second', value: '1' }], second?.token);
  answers[0]?.();
  expect(await end).toBe('fenced');
  expect(ids()).toHaveLength(2);
  expect((await deliveries(store, 'a')).waiting).toHaveLength(3);

  // What it had sent and could not record, who leads now sends again.
  stage.reports.length = 0;
  void stage.start({ token: () => second?.token });
  await until(() => answers.length === 4);
  for (const answer of answers.slice(2)) answer();
  await until(() => answers.length === 5);
  answers[4]?.();
  await stage.attempted(3);
  expect(new Set(ids())).toEqual(new Set(chain(3).map(({ id }) => id)));
});

test('while the store is away nothing is sent; what was under way is recorded when it is back, and not sent again', async () => {
  const clock = new HandClock(Date.now());
  const store = new Absent(memoryStore());
  const stage = new Stage(store.port, clock);
  const answers: (() => void)[] = [];
  const { port, ids } = await receiving((_, response) => answers.push(() => void response.writeHead(200).end()));
  await stage.add(endpointOf('a', port));
  void stage.start();
  await stage.decide(chain(3));
  await until(() => answers.length === 1);
  store.isAway = true;
  answers[0]?.();
  await until(() => stage.reports.some(({ type }) => type === 'away'));
  await clock.turn(60_000);
  await settled(50);
  expect(ids()).toHaveLength(1);

  store.isAway = false;
  await clock.turn(20_000);
  await until(() => answers.length === 2);
  answers[1]?.();
  await until(() => answers.length === 3);
  answers[2]?.();
  await stage.attempted(3);
  expect(ids()).toEqual(chain(3).map(({ id }) => id));
  expect(stage.reports.filter(({ type }) => type === 'away' || type === 'back').map(({ type }) => type)).toEqual([
    'away',
    'back',
  ]);
});

test('a store that is read and cannot be written, as on a full disk, counts as away, and that is logged once', async () => {
  const clock = new HandClock(Date.now());
  const store = new Absent(memoryStore());
  const stage = new Stage(store.port, clock);
  const { port, ids } = await receiving();
  await stage.add(endpointOf('a', port, { concurrency: 2 }));
  void stage.start();
  await stage.decide(chain(1));
  await stage.attempted(1);
  store.isFull = true;
  await stage.decide(chain(3, 2));
  await clock.turn(60_000);
  expect(ids()).toHaveLength(1);
  expect(stage.reports.filter(({ type }) => type === 'away' || type === 'back')).toHaveLength(1);
  store.isFull = false;
  await clock.turn(20_000);
  await stage.attempted(4);
  expect(ids()).toEqual(chain(4).map(({ id }) => id));
});

test('stopped while the store is away, it stops', async () => {
  const store = new Absent(memoryStore());
  const stage = new Stage(store.port, new HandClock(Date.now()));
  const { port } = await receiving();
  await stage.add(endpointOf('a', port));
  store.isAway = true;
  void stage.start();
  await until(() => stage.reports.length > 0);
  expect(await stage.stop()).toBe('stopped');
});

test('when the event at its position is not stored any more, it says so and goes on with what is stored', async () => {
  const stage = new Stage();
  const { port, ids } = await receiving();
  await stage.add(endpointOf('a', port));
  await stage.store.write([{ space: 'readers', key: 'webhooks', value: '"gone"' }]);
  await stage.decide(chain(2));
  void stage.start();
  await stage.attempted(2);
  expect(ids()).toEqual(chain(2).map(({ id }) => id));
  expect(stage.reports).toContainEqual({ type: 'hole', after: 'gone' });
});

test('an error while events are read ends the dispatcher with that error', async () => {
  const store = memoryStore();
  await putEndpoint(store, endpointOf('a', 9), { from: 'command', nowMs: 0 });
  await store.write([{ space: 'readers', key: 'webhooks', value: '"gone"' }]);
  const options: DispatchOptions = {
    ...{ store, clock: new HandClock(0), token: () => undefined, random: () => 0, environment: {} },
    ...{ resolve: () => Promise.resolve([]), sentence: () => '' },
    report(report) {
      if (report.type === 'hole') throw new Error('a bug');
    },
  };
  await expect(dispatchWebhooks(options, new AbortController().signal)).rejects.toThrow('a bug');
});

test('records that cannot be read are reported, stay where they are, and hold nothing up', async () => {
  const stage = new Stage();
  const { port, ids } = await receiving();
  await stage.add(endpointOf('a', port));
  const [event] = chain(1);
  const bad = [
    { space: 'webhooks/queue', key: 'a/1', value: '{' },
    {
      space: 'webhooks/queue',
      key: 'a/2',
      value: JSON.stringify({ event, n: 0, queuedAtMs: 0, attempts: 0, nextAtMs: 0 }),
    },
    { space: 'webhooks/log', key: 'a/7', value: '{"n":"x"}' },
    { space: 'webhooks/dead', key: 'a/3', value: 'null' },
    { space: 'webhooks/asked', key: 'a/4', value: '[]' },
    { space: 'webhooks/endpoints', key: 'b', value: '7' },
  ] as const;
  await stage.store.write(bad);
  void stage.start();
  await stage.decide(chain(2));
  await stage.attempted(2);
  expect(ids()).toHaveLength(2);
  const reported = stage.reports.flatMap((report) =>
    report.type === 'unreadable' ? [`${report.space} ${report.key}`] : [],
  );
  expect(reported.toSorted()).toEqual(bad.map(({ space, key }) => `${space} ${key}`).toSorted());
  await stage.stop();
  for (const { space, key, value } of bad)
    expect(await stage.store.read(space, [key])).toEqual([{ space, key, value }]);
});

describe('with Redis', () => {
  redisTest(
    'that is killed and started again under it, each event arrives, and what was recorded does not come twice',
    async () => {
      const redis = await startRedis({ config: { appendfsync: 'always' } });
      const store = await opened(`redis://${redis.host}:${redis.port}`, 'KP');
      const stage = new Stage(store, systemClock);
      const held: (() => void)[] = [];
      let isHeld = false;
      const { port, ids } = await receiving((_, response) => {
        const answer = (): void => void response.writeHead(200).end();
        if (isHeld) held.push(answer);
        else answer();
      });
      await stage.add(endpointOf('a', port, { concurrency: 2 }));
      void stage.start({ lookMs: 100 });
      await stage.decide(chain(20));
      await stage.attempted(20);
      isHeld = true;
      await stage.decide(chain(20, 21));
      await until(() => held.length === 2);
      await redis.kill();
      for (const answer of held) answer();
      await until(() => stage.reports.some(({ type }) => type === 'away'));
      isHeld = false;
      await redis.restart();
      while (stage.attempts().length < 40) await settled(5);
      expect(ids().toSorted()).toEqual(
        chain(40)
          .map(({ id }) => id)
          .toSorted(),
      );
      await stage.stop();
      await store.close();
      await redis.stop();
    },
  );
});

/** A store that can be away: its calls reject, and change nothing. */
class Absent {
  isAway = false;
  isFull = false;
  readonly port: StateStore;

  constructor(store: StateStore) {
    const unless = async <T>(call: () => Promise<T>, isWrite = false): Promise<T> => {
      if (this.isAway || (isWrite && this.isFull)) throw new Error('the store is away');
      return call();
    };
    this.port = {
      name: 'absent',
      leases: store.leases,
      load: () => store.load(),
      commit: (batch, token) => store.commit(batch, token),
      read: (space, keys) => unless(() => store.read(space, keys)),
      write: (changes, token) => unless(() => store.write(changes, token), true),
      events: (after) => store.events(after),
      follow: (after, signal) => store.follow(after, signal),
      newest: () => store.newest(),
      count: () => store.count(),
      trim: (most) => store.trim(most),
      close: () => store.close(),
    };
  }
}
