import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { RedisFailure } from '../../../src/store/redis/failure.ts';
import { batch, change, event, numbers } from '../../contract/fixtures.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { startCluster, type RedisCluster } from '../../support/redis/cluster.ts';
import type { RedisServer } from '../../support/redis/server.ts';
import { until } from '../../support/redis/until.ts';
import { failureOf, keep } from './faults.ts';
import { documentedUser, freshWatch, opened, watch } from './opening.ts';
import { noRedis, test } from '../../support/redis/tests.ts';

describe.skipIf(noRedis !== undefined)('in a cluster of three masters', () => {
  let cluster: RedisCluster;
  let url: string;

  beforeAll(async () => {
    cluster = await startCluster();
    url = `redis-cluster://${cluster.startupNodes.map(({ host, port }) => `${host}:${port}`).join(',')}`;
  });
  afterAll(() => cluster.stop());

  stateStoreContract('Redis Cluster', () => freshWatch(url), { runs: 10 });

  test('watches spread over the masters, each of them whole on one', async () => {
    const names = Array.from({ length: 12 }, () => watch());
    for (const name of names) {
      const store = await opened(url, name);
      await store.commit(batch(1, { changes: [change('voters', 'a', '1')], events: [event(1)] }));
      await store.close();
    }
    const used = await Promise.all(
      names.map(async (name) => {
        const found = await Promise.all(
          cluster.masters.map(async ({ cli }) => ((await cli('KEYS', `unroutable:{${name}}:*`)) as string[]).length),
        );
        expect(found.filter((count) => count > 0)).toEqual([5]);
        return found.findIndex((count) => count > 0);
      }),
    );
    expect(new Set(used).size).toBeGreaterThan(1);
  });

  test('the user of docs/redis.md, with what it lists for a cluster, may do all that is needed', async () => {
    const rights = [...(await documentedUser()).split(' '), '+cluster|slots', '+asking'];
    for (const { cli } of cluster.masters) await cli('ACL', 'SETUSER', 'limited', 'on', '>p', ...rights);
    const store = await opened(url.replace('//', '//limited:p@'), watch());
    await keep(store, 1, 3);
    expect(await store.trim(1)).toBe(2);
    expect((await store.health()).checks.filter(({ level }) => level !== 'ok')).toEqual([]);
    await store.close();
  });

  test('while the master of its slot is away a watch says so, and goes on by itself when it is back', async () => {
    const name = watch();
    const store = await opened(url, name, { deadlineMs: 1_500 });
    await keep(store, 1, 3);
    const master = await ownerOf(cluster, name);
    await master.kill();
    const { kind } = await failureOf(store.commit(batch(4, { events: [event(4)] })));
    expect(['closed', 'timeout', 'clusterdown']).toContain(kind);
    await master.restart();
    await keep(store, 4, 6);
    expect(await numbers(store)).toEqual([1, 2, 3, 4, 5, 6]);
    await store.close();
  });

  test('a commit whose connection breaks under way is there once, no matter which side sent it again', async () => {
    const name = watch();
    const store = await opened(url, name);
    await keep(store, 1, 3);
    const master = await ownerOf(cluster, name);
    await master.cli('CLIENT', 'PAUSE', 60_000, 'WRITE');
    const kept = keep(store, 4, 4);
    await until('it waits', async () => String(await master.cli('CLIENT', 'LIST')).includes('cmd=evalsha'));
    await master.cli('CLIENT', 'KILL', 'TYPE', 'normal');
    await master.cli('CLIENT', 'UNPAUSE');
    await kept;
    await keep(store, 5, 6);
    expect(await numbers(store)).toEqual([1, 2, 3, 4, 5, 6]);
    await store.close();
  });

  test('a cluster that lacks a master is reported as down', async () => {
    const store = await opened(url, watch(), { deadlineMs: 20_000 });
    const name = watch();
    const other = await opened(url, name, { deadlineMs: 20_000 });
    const master = await ownerOf(cluster, name);
    await master.kill();
    // Nodes notice after their timeout; until then those that are left serve their slots.
    const failures = new Set<string>();
    let number = 0;
    while (!failures.has('clusterdown')) {
      number++;
      const at = number;
      await store.commit(batch(at)).catch(async (error: RedisFailure) => {
        number--;
        failures.add(error.kind);
        await new Promise((resolve) => setImmediate(resolve));
      });
      if (number > 100_000) break;
    }
    expect(failures).toContain('clusterdown');
    await master.restart();
    await keep(store, number + 1, number + 2);
    await keep(other, 1, 2);
    await Promise.all([store.close(), other.close()]);
  });
});

async function ownerOf({ masters }: RedisCluster, name: string): Promise<RedisServer> {
  for (const master of masters) {
    if (((await master.cli('KEYS', `unroutable:{${name}}:*`)) as string[]).length > 0) return master;
    const shards = (await master.cli('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const slot = Number(await master.cli('CLUSTER', 'KEYSLOT', `{${name}}`));
    const [, , [, port] = ['', 0]] = shards.find(([from, to]) => from <= slot && slot <= to) ?? [];
    if (master.port === port) return master;
  }
  throw new Error(`no master has the slot of ${name}`);
}

describe('20: a cluster that announces addresses which are not reachable from here', () => {
  let cluster: RedisCluster;
  let url: string;

  beforeAll(async () => {
    cluster = await startCluster();
    url = `redis-cluster://${cluster.startupNodes.map(({ host, port }) => `${host}:${port}`).join(',')}`;
    for (const { cli } of cluster.masters) {
      await cli('CONFIG', 'SET', 'cluster-announce-hostname', 'nowhere.invalid');
      await cli('CONFIG', 'SET', 'cluster-preferred-endpoint-type', 'hostname');
    }
    await until('all of them are named so', async () => {
      const all = await Promise.all(cluster.masters.map(({ cli }) => cli('CLUSTER', 'SLOTS')));
      return all.every((slots) => JSON.stringify(slots).match(/nowhere\.invalid/g)?.length === cluster.masters.length);
    });
  });
  afterAll(() => cluster.stop());

  test('is named with one of them and what to do', async () => {
    await expect(opened(url, watch())).rejects.toThrow(/no connection to nowhere\.invalid:\d+, a master: .*\?map=/);
  });

  test('is reached by a map', async () => {
    const map = cluster.masters.map(({ host, port }) => `nowhere.invalid:${port}=${host}:${port}`).join(',');
    const store = await opened(`${url}?map=${map}`, watch());
    await keep(store, 1, 3);
    expect(await numbers(store)).toEqual([1, 2, 3]);
    await store.close();
  });
});
