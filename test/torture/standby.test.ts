import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Pair } from '../../scripts/torture/leader-run.ts';
import { bundledMain } from '../support/cli.ts';
import { isThorough } from '../support/thorough.ts';
import { startRedis, type RedisServer } from '../support/redis/server.ts';
import { until } from '../support/redis/until.ts';
import { test } from '../support/redis/tests.ts';

let folder: string;
let server: RedisServer;
let pair: Pair;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'unroutable-standby-'));
  server = await startRedis();
  pair = await Pair.start({ main: await bundledMain(), folder }, server);
});
afterAll(async () => {
  await pair.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('of two watchers on one Redis one leads and the other stands by', () => {
  // A thorough run has three ways.
  test.each((['kill', 'stop', 'cut'] as const).slice(0, isThorough ? 3 : 2))(
    'a leader that is struck (%s) is followed within 10 s, and what happens at that moment is reported once',
    { timeout: 120_000 },
    async (blow) => {
      const { standby } = pair.pids;
      const { leadsMs } = await pair.change(blow);
      expect(leadsMs).toBeLessThan(10_000);
      expect(pair.pids.leader).toBe(standby);
      expect(await pair.faults()).toEqual([]);
      expect((await pair.status()).leader.id).toContain(`:${standby}`);
    },
  );

  test('the status names the leader and the standby', async () => {
    const { leader, standby } = pair.pids;
    const { ready, instances } = await pair.status();
    expect(ready).toBe(true);
    const alive = instances.filter((instance) => 'alive' in instance && instance.alive === true);
    expect(new Map(alive.map(({ pid, role }) => [pid, role]))).toEqual(
      new Map([
        [leader, 'leader'],
        [standby, 'standby'],
      ]),
    );
  });

  test(
    'a Redis that is emptied is written again within 10 s, and the loss is reported',
    { timeout: 60_000 },
    async () => {
      const before = await pair.events();
      const number = (await pair.store.load())?.number ?? 0;
      await server.cli('FLUSHALL');
      const began = performance.now();
      await until('the loss is reported', async () =>
        (await pair.events()).some(({ type }) => type === 'observer.data-loss'),
      );
      expect(performance.now() - began).toBeLessThan(10_000);
      await pair.emptied();

      const after = await pair.events();
      const ids = after.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect((await pair.store.load())?.records.length).toBeGreaterThan(24 * 4);
      expect((await pair.store.load())?.number).toBeGreaterThan(number);
      // The one that led for the last change has reported the last event of the country itself.
      expect(ids).toContain(before.findLast(({ source }) => source === '/territories/KP')?.id);
    },
  );

  test('… and what happens then is reported as before', { timeout: 60_000 }, async () => {
    await pair.turn();
    await pair.turn();
    expect(await pair.misreported()).toEqual([]);
  });
});
