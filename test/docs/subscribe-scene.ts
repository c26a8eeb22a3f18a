import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import type { StateStore } from '../../src/ports.ts';
import { channels, keysOf } from '../../src/store/keys.ts';
import { batch } from '../contract/fixtures.ts';
import { opened, watch } from '../store/redis/opening.ts';
import { startRedis, type RedisServer } from '../support/redis/server.ts';
import { startToxicProxy, type ToxicProxy } from '../support/redis/toxic-proxy.ts';
import { until } from '../support/redis/until.ts';
import { subscribe, type Subscriber } from './subscriber.ts';
import type { Example, Program } from './subscribers.ts';

/** A watch on a real Redis, and the example beside it. */
export interface Watched {
  readonly name: string;
  readonly redis: RedisServer;
  /** Between the example and Redis. */
  readonly wire: ToxicProxy;
  readonly stream: string;
  /** Keeps events as the leader does; until it is done, should the Redis be away. */
  readonly keep: (events: readonly UnroutableEvent[]) => Promise<void>;
  readonly start: (...args: readonly string[]) => Subscriber;
  /** The same, with `user:password@`, or without. */
  readonly startAs: (login: string, ...args: readonly string[]) => Subscriber;
  /** The same, beside another server. */
  readonly startOn: (server: RedisServer, login: string, ...args: readonly string[]) => Subscriber;
  /** The same; Redis comes back when it has asked for it. */
  readonly startWhileAway: (...args: readonly string[]) => Promise<Subscriber>;
  /** Resolves when so many are subscribed to the channel of all events. */
  readonly listeners: (many: number) => Promise<void>;
  /** Resolves when the group has been given all there is, and has acknowledged it. */
  readonly acknowledged: (group: string) => Promise<void>;
}

/** One Redis for the example's tests, with a wire before it, and a watch of its own for each of them. */
export function setScene(example: Example): () => Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), 'unroutable-subscribe-'));
  const undo: (() => Promise<unknown>)[] = [];
  let redis: RedisServer | undefined;
  let wire: ToxicProxy | undefined;
  let program: Program | undefined;

  beforeAll(async () => {
    if (example.lacks !== undefined) return;
    [redis, program] = await Promise.all([startRedis(), example.prepare(folder)]);
    wire = await startToxicProxy(redis);
  });
  afterEach(async () => {
    await wire?.set({ kind: 'pass' });
    await Promise.all(undo.splice(0).map((each) => each()));
  });
  afterAll(async () => {
    await wire?.close();
    await redis?.stop();
    rmSync(folder, { recursive: true });
  });

  return async () => {
    if (redis === undefined || wire === undefined || program === undefined) throw new Error('it cannot be run here');
    const name = watch();
    const store = await opened(`redis://${redis.host}:${redis.port}`, name);
    undo.push(() => store.close());
    const start = starter(program, wire, name, undo);
    return {
      redis,
      wire,
      name,
      ...start,
      startWhileAway: whileAway(redis, wire, start.start),
      ...keeper(store, redis, name),
    };
  };
}

type Start = Pick<Watched, 'start' | 'startAs' | 'startOn'>;

function starter({ command, env }: Program, wire: ToxicProxy, name: string, undo: (() => Promise<unknown>)[]): Start {
  const startAt = (host: string, args: readonly string[]): Subscriber => {
    const url = `redis://${host}`;
    const subscriber = subscribe(command, args, { ...env, REDIS_URL: url, WATCH: name });
    undo.push(() => subscriber.kill());
    return subscriber;
  };
  return {
    start: (...args) => startAt(`${wire.host}:${wire.port}`, args),
    startAs: (login, ...args) => startAt(`${login}${wire.host}:${wire.port}`, args),
    startOn: ({ host, port }, login, ...args) => startAt(`${login}${host}:${port}`, args),
  };
}

function whileAway(redis: RedisServer, wire: ToxicProxy, start: Watched['start']): Watched['startWhileAway'] {
  return async (...args) => {
    await redis.kill();
    const tries = wire.accepted();
    const subscriber = start(...args);
    // Clients try some times by themselves before they tell the program.
    await until('it has asked for Redis again and again', async () => wire.accepted() > tries + 5);
    await redis.restart();
    return subscriber;
  };
}

/** Resolves when so many are subscribed there to the channel of all events. */
export function listenersOf(server: RedisServer, many: number): Promise<void> {
  return until(`${many} listen`, async () => {
    const reply = (await server.cli('PUBSUB', 'NUMSUB', channels.events)) as readonly unknown[];
    return reply[1] === many;
  });
}

function keeper(
  store: StateStore,
  redis: RedisServer,
  name: string,
): Pick<Watched, 'stream' | 'keep' | 'listeners' | 'acknowledged'> {
  const stream = keysOf(name).events;
  let number = 0;
  return {
    stream,
    async keep(events) {
      number += 1;
      await until('the events are kept', async () => (await store.commit(batch(number, { events }))).ok);
    },
    listeners: (many) => listenersOf(redis, many),
    async acknowledged(group) {
      await until(`${group} has acknowledged all`, async () => {
        const [state = []] = (await redis.cli('XINFO', 'GROUPS', stream)) as readonly (readonly unknown[])[];
        const field = (of: string): unknown => state[state.indexOf(of) + 1];
        return field('pending') === 0 && field('lag') === 0;
      });
    },
  };
}
