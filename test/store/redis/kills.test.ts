import { afterAll, beforeAll, expect, test } from 'vitest';
import { numbers } from '../../contract/fixtures.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { until } from '../../support/redis/until.ts';
import { keep, upTo } from './faults.ts';
import { opened, watch } from './opening.ts';

const KILLS = 10;

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

test(`Redis killed ${KILLS} times under load loses nothing that was acknowledged, doubles nothing, and is found again`, async () => {
  const store = await opened(`redis://127.0.0.1:${server.port}`, watch(), { deadlineMs: 1_000 });
  const abort = new AbortController();
  const followed: number[] = [];
  const following = (async () => {
    for await (const { sequence } of store.follow(undefined, abort.signal)) followed.push(Number(sequence));
  })();

  let acknowledged = 0;
  const enough = new AbortController();
  const writing = (async () => {
    while (!enough.signal.aborted) {
      await keep(store, acknowledged + 1, acknowledged + 1);
      acknowledged++;
    }
  })();
  const isAt = (number: number) => until(`number ${number} is acknowledged`, async () => acknowledged >= number);
  for (let kill = 1; kill <= KILLS; kill++) {
    await isAt(acknowledged + 30 + kill * 7);
    await server.kill();
    await server.restart();
    const back = performance.now();
    await isAt(acknowledged + 1);
    expect(performance.now() - back).toBeLessThan(5_000);
  }
  enough.abort();
  await writing;
  expect(await numbers(store)).toEqual(upTo(acknowledged));
  expect(await store.load()).toMatchObject({ number: acknowledged, records: [{ value: String(acknowledged) }] });
  await until('who follows has all', async () => followed.length >= acknowledged);
  abort.abort();
  await following;
  expect(followed).toEqual(upTo(acknowledged));
  await store.close();
});
