import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { UnroutableEvent } from '../../src/detect/event.ts';
import { channels } from '../../src/store/keys.ts';
import type { RedisStore } from '../../src/store/redis/open.ts';
import { batch } from '../contract/fixtures.ts';
import { opened, watch } from '../store/redis/opening.ts';
import { BLACKOUT } from '../support/cli.ts';
import { startRedis, type RedisServer } from '../support/redis/server.ts';
import { until } from '../support/redis/until.ts';
import { subscribe, type Subscriber } from './subscriber.ts';
import { theExamples, type Example } from './subscribers.ts';

/** What the program said of a real day. */
const events = readFileSync(join(BLACKOUT, 'events.golden.ndjson'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as UnroutableEvent);
const some = (from: number, to: number): readonly UnroutableEvent[] => events.slice(from, to);
const idsOf = (printed: readonly UnroutableEvent[]): readonly string[] => printed.map(({ id }) => id);

describe.each(await theExamples())('$name in docs/examples', (example) => {
  const scene = setScene(example);
  const rule = (title: string, attempt: (watched: Watched) => Promise<void>): void => {
    const note = example.lacks === undefined ? '' : ` (skipped: ${example.lacks})`;
    test.skipIf(example.lacks !== undefined)(`${title}${note}`, async () => attempt(await scene()));
  };

  rule('follow prints each event once, and after a kill goes on with what was kept meanwhile', async (at) => {
    await at.keep(some(0, 20));
    const first = at.start('follow');
    await first.until(20);
    await at.keep(some(20, 40));
    await first.until(40);
    const before = await first.kill();
    await at.keep(some(40, 60));
    const second = at.start('follow', before.at(-1)?.id ?? '');
    await second.until(20);
    await at.keep(some(60, 70));
    await second.until(30);
    expect([...before, ...(await second.kill())]).toEqual(some(0, 70));
  });

  rule('follow may be killed again and again while events come: none is lost, none comes twice', async (at) => {
    const printed: UnroutableEvent[] = [];
    for (const [round, many] of [1, 7, 13, 20].entries()) {
      const keeping = (async () => {
        for (let i = round * 20; i < round * 20 + 20; i += 2) await at.keep(some(i, i + 2));
      })();
      const subscriber = at.start('follow', ...idsOf(printed.slice(-1)));
      await subscriber.until(many);
      printed.push(...(await subscriber.kill()));
      expect(printed).toEqual(some(0, printed.length));
      await keeping;
    }
    await at.keep(some(80, 90));
    const last = at.start('follow', ...idsOf(printed.slice(-1)));
    await last.until(90 - printed.length);
    expect([...printed, ...(await last.kill())]).toEqual(some(0, 90));
  });

  rule('follow outlives its Redis', async (at) => {
    await at.keep(some(0, 10));
    const subscriber = at.start('follow');
    await subscriber.until(10);
    await at.redis.restart();
    await at.keep(some(10, 20));
    await subscriber.until(20);
    expect(await subscriber.kill()).toEqual(some(0, 20));
  });

  rule('follow says so when the event that it is to go on from is not there', async (at) => {
    await at.keep(some(0, 1));
    const subscriber = at.start('follow', 'nonesuch');
    await subscriber.complains('nonesuch is not kept any more, or never was');
    expect(await subscriber.ended()).toBe(1);
    expect(await subscriber.kill()).toEqual([]);
  });

  if (example.tellsHoles) {
    rule('follow tells a hole', async (at) => {
      await at.keep([...some(0, 3), ...some(4, 6)]);
      const subscriber = at.start('follow');
      await subscriber.complains(`a hole after ${events[2]?.id}`);
      await subscriber.until(5);
      expect(await subscriber.kill()).toEqual([...some(0, 3), ...some(4, 6)]);
    });
  }

  rule('hints prints what is published while it listens, and nothing of before', async (at) => {
    await at.keep(some(0, 10));
    const first = at.start('hints');
    await at.listeners(1);
    await at.keep(some(10, 20));
    await first.until(10);
    expect(await first.kill()).toEqual(some(10, 20));
    await at.listeners(0);
    await at.keep(some(20, 30));
    const second = at.start('hints');
    await at.listeners(1);
    await at.keep(some(30, 40));
    await second.until(10);
    expect(await second.kill()).toEqual(some(30, 40));
  });

  rule('work shares the events among the consumers of a group: each to one of them', async (at) => {
    await at.keep(some(0, 30));
    const [one, other] = [at.start('work', 'desk', 'one'), at.start('work', 'desk', 'other')];
    await until('30 events are printed', async () => one.count() + other.count() >= 30);
    await at.keep(some(30, 40));
    await until('40 events are printed', async () => one.count() + other.count() >= 40);
    await at.acknowledged('desk');
    const printed = [...(await one.kill()), ...(await other.kill())];
    expect(idsOf(printed).toSorted()).toEqual(idsOf(some(0, 40)).toSorted());
  });

  rule('work, killed in the middle of it, is given again at most the one event that it was at', async (at) => {
    await at.keep(some(0, 60));
    const printed: UnroutableEvent[] = [];
    for (const many of [5, 11]) {
      const subscriber = at.start('work', 'desk', 'one');
      await subscriber.until(many);
      printed.push(...(await subscriber.kill()));
    }
    await at.keep(some(60, 70));
    const last = at.start('work', 'desk', 'one');
    await until('the newest event is printed', async () => printed.length + last.count() >= 70);
    await at.acknowledged('desk');
    printed.push(...(await last.kill()));
    expect(new Set(idsOf(printed))).toEqual(new Set(idsOf(some(0, 70))));
    expect(printed.length).toBeLessThanOrEqual(70 + 2);
  });
});

/** A watch on a real Redis, and the example beside it. */
interface Watched {
  readonly redis: RedisServer;
  /** Keeps events as the leader does; until it is done, should the Redis be away. */
  readonly keep: (some: readonly UnroutableEvent[]) => Promise<void>;
  readonly start: (...args: readonly string[]) => Subscriber;
  /** Resolves when so many are subscribed to the channel of all events. */
  readonly listeners: (many: number) => Promise<void>;
  /** Resolves when the group has been given all there is, and has acknowledged it. */
  readonly acknowledged: (group: string) => Promise<void>;
}

/** One Redis for the example's tests, and a watch of its own for each. */
function setScene(example: Example): () => Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), 'unroutable-subscribe-'));
  const started: Subscriber[] = [];
  const stores: RedisStore[] = [];
  let redis: RedisServer;
  let program: Awaited<ReturnType<Example['prepare']>>;

  beforeAll(async () => {
    if (example.lacks !== undefined) return;
    [redis, program] = await Promise.all([startRedis(), example.prepare(folder)]);
  });
  afterEach(async () => {
    await Promise.all([...started.splice(0).map((one) => one.kill()), ...stores.splice(0).map((one) => one.close())]);
  });
  afterAll(async () => {
    if (example.lacks === undefined) await redis.stop();
    rmSync(folder, { recursive: true });
  });

  return async () => {
    const url = `redis://${redis.host}:${redis.port}`;
    const name = watch();
    const store = await opened(url, name);
    stores.push(store);
    let number = 0;
    return {
      redis,
      async keep(said) {
        number += 1;
        await until('the events are kept', async () => (await store.commit(batch(number, { events: said }))).ok);
      },
      start(...args) {
        const subscriber = subscribe(program.command, args, { ...program.env, REDIS_URL: url, WATCH: name });
        started.push(subscriber);
        return subscriber;
      },
      async listeners(many) {
        await until(`${many} listen`, async () => {
          const reply = (await redis.cli('PUBSUB', 'NUMSUB', channels.events)) as readonly unknown[];
          return reply[1] === many;
        });
      },
      async acknowledged(group) {
        const stream = `unroutable:{${name}}:events`;
        await until(`${group} has acknowledged all`, async () => {
          const [state = []] = (await redis.cli('XINFO', 'GROUPS', stream)) as readonly (readonly unknown[])[];
          const field = (of: string): unknown => state[state.indexOf(of) + 1];
          return field('pending') === 0 && field('lag') === 0;
        });
      },
    };
  };
}
