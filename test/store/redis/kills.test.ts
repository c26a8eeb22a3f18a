import { describe, expect } from 'vitest';
import type { RedisStore } from '../../../src/store/redis/open.ts';
import { event, numbers } from '../../contract/fixtures.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { until } from '../../support/redis/until.ts';
import { again, keep, oneOf, upTo } from './faults.ts';
import { opened, watch } from './opening.ts';
import { test } from '../../support/redis/tests.ts';

const KILLS = 10;
/** After the server accepts connections. */
const FOUND_WITHIN_MS = 5_000;

/** Stores batches one after another, from 1 on, until it is stopped; then returns the last number. */
interface Writer {
  readonly acknowledged: () => number;
  readonly stop: () => Promise<number>;
}

function writer(keepOne: (number: number) => Promise<void>): Writer {
  let acknowledged = 0;
  const enough = new AbortController();
  const writing = (async () => {
    while (!enough.signal.aborted) {
      await keepOne(acknowledged + 1);
      acknowledged++;
    }
  })();
  return {
    acknowledged: () => acknowledged,
    async stop() {
      enough.abort();
      await writing;
      return acknowledged;
    },
  };
}

async function killOften(server: RedisServer, { acknowledged }: Writer): Promise<void> {
  const isAt = (number: number) => until(`number ${number} is acknowledged`, async () => acknowledged() >= number);
  for (let kill = 1; kill <= KILLS; kill++) {
    await isAt(acknowledged() + 30 + kill * 7);
    await server.kill();
    await server.restart();
    const back = performance.now();
    await isAt(acknowledged() + 1);
    expect(performance.now() - back).toBeLessThan(FOUND_WITHIN_MS);
  }
}

async function onServer(
  appendfsync: string,
  attempt: (store: RedisStore, server: RedisServer) => Promise<void>,
): Promise<void> {
  const server = await startRedis({ config: { appendfsync } });
  const store = await opened(`redis://127.0.0.1:${server.port}`, watch(), { deadlineMs: 1_000 });
  try {
    await attempt(store, server);
  } finally {
    await store.close();
    await server.stop();
  }
}

describe(`Redis killed ${KILLS} times under load is found again by itself`, () => {
  test('synced always, it lost nothing acknowledged, and doubled nothing; a follower has everything once', () =>
    onServer('always', async (store, server) => {
      const abort = new AbortController();
      const followed: number[] = [];
      const following = (async () => {
        for await (const { sequence } of store.follow(undefined, abort.signal)) followed.push(Number(sequence));
      })();
      const writing = writer(async (number) => void (await keep(store, number, number)));
      await killOften(server, writing);
      const last = await writing.stop();
      expect(await numbers(store)).toEqual(upTo(last));
      expect(await store.load()).toMatchObject({ number: last, records: [{ value: String(last) }] });
      await until('who follows has all', async () => followed.length >= last);
      abort.abort();
      await following;
      expect(followed).toEqual(upTo(last));
    }));

  /**
   * Synced every second, Redis puts off even writing, for up to two seconds, while a sync takes its time: it answers before
   * the system has what it answers for.
   */
  test('synced every second, the loss was noticed at the next commit: after it was stored again, all is there once', () =>
    onServer('everysec', async (store, server) => {
      const writing = writer(async (number) => {
        const outcome = await again(() => store.commit(oneOf(number)));
        if (outcome.ok) return;
        expect(outcome).toMatchObject({ reason: 'lost' });
        const all = { ...oneOf(number), events: upTo(number).map((each) => event(each)), whole: true as const };
        expect(await again(() => store.commit(all))).toEqual({ ok: true });
      });
      await killOften(server, writing);
      const last = await writing.stop();
      const found = await again(() => numbers(store));
      expect(found).toEqual(upTo(last));
      expect(await store.load()).toMatchObject({ number: last, records: [{ value: String(last) }] });
    }));
});
