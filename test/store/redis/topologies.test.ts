import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/cli/system-clock.ts';
import type { RedisFailure } from '../../../src/store/redis/failure.ts';
import { openRedis } from '../../../src/store/redis/open.ts';
import { batch, change, event, numbers } from '../../contract/fixtures.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { makeCertificates, type Certificates } from '../../support/redis/certificates.ts';
import { startCluster, type RedisCluster } from '../../support/redis/cluster.ts';
import { startSentinels, type Sentinels } from '../../support/redis/sentinels.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { failureOf, keep } from './faults.ts';
import { freshWatch, opened, watch } from './opening.ts';

const docs = new URL('../../../docs/redis.md', import.meta.url);

/** The line of docs/redis.md that operators copy. */
async function documentedUser(): Promise<string> {
  const rights = /^ *ACL SETUSER unroutable on >SECRET (.+)$/m.exec(await readFile(docs, 'utf8'))?.[1];
  if (rights === undefined) throw new Error('docs/redis.md has no ACL user');
  return rights;
}

describe('over TLS, as the user of docs/redis.md, who may do nothing else', () => {
  let certificates: Certificates;
  let server: RedisServer;
  let url: string;

  beforeAll(async () => {
    certificates = await makeCertificates();
    server = await startRedis({
      tls: certificates,
      as: { username: 'admin', password: 'admin-secret' },
      config: {
        user: [
          'default off',
          'admin on >admin-secret ~* &* +@all',
          `unroutable on >s:e/c@r%et ${await documentedUser()}`,
        ],
      },
    });
    const { ca, clientCert, clientKey } = certificates.files;
    const files = Object.entries({ ca, cert: clientCert, key: clientKey })
      .map(([name, path]) => `${name}=${encodeURIComponent(path)}`)
      .join('&');
    url = `rediss://unroutable:${encodeURIComponent('s:e/c@r%et')}@127.0.0.1:${server.port}?${files}`;
  });
  afterAll(() => server.stop());

  stateStoreContract('Redis over TLS', () => freshWatch(url), { runs: 10 });

  test('all checks are good, and the name says nothing secret', async () => {
    const outcome = await openRedis(url, { name: watch(), clock: systemClock });
    expect(outcome.ok && outcome.checks.map(({ check, level }) => `${check} ${level}`)).toEqual([
      'version ok',
      'role ok',
      'appendonly ok',
      'maxmemory-policy ok',
      'rights ok',
      'keys ok',
      'writable ok',
    ]);
    if (outcome.ok) {
      expect(outcome.store.name).toBe(`rediss://127.0.0.1:${server.port}`);
      await outcome.store.close();
    }
  });

  test('that user can reach no other keys, and no command that harms', async () => {
    const as = { ...server.connection, username: 'unroutable', password: 's:e/c@r%et' };
    const client = new Redis({ ...as, disableClientInfo: true, enableReadyCheck: false });
    for (const command of [
      ['set', 'other', 'x'],
      ['flushall'],
      ['keys', '*'],
      ['config', 'get', '*'],
      ['publish', 'other', 'x'],
    ]) {
      await expect(client.call(command[0] ?? '', command.slice(1))).rejects.toThrow(/NOPERM/);
    }
    client.disconnect();
  });

  test('a certificate of an unknown authority is refused, and it is said why', async () => {
    const { clientCert, clientKey } = certificates.files;
    const strange = `rediss://unroutable:x@127.0.0.1:${server.port}?cert=${encodeURIComponent(clientCert)}&key=${encodeURIComponent(clientKey)}`;
    expect(await openRedis(strange, { name: 'W', clock: systemClock })).toMatchObject({
      ok: false,
      retry: false,
      reason: expect.stringMatching(/TLS failed.*\?ca=/) as string,
    });
  });
});

describe('in a cluster of three masters', () => {
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

  test('while the master of its slot is away a watch says so, and goes on by itself when it is back', async () => {
    const name = watch();
    const store = await opened(url, name, { deadlineMs: 500 });
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

  test('of a cluster that lacks a master it is said that it is down', async () => {
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
      await store.commit(batch(at)).catch((error: RedisFailure) => {
        number--;
        failures.add(error.kind);
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

describe('with Sentinels', () => {
  let group: Sentinels;
  let url: string;

  beforeAll(async () => {
    group = await startSentinels();
    const nodes = group.sentinels.map(({ host, port }) => `${host}:${port}`).join(',');
    url = `redis-sentinel://${nodes}/${group.name}`;
  });
  afterAll(() => group.stop());

  stateStoreContract('Redis behind Sentinels', () => freshWatch(url), { runs: 10 });

  test('with durability=wait, what was acknowledged before the master died is there after it', async () => {
    const store = await opened(`${url}?durability=wait`, watch());
    let acknowledged = 0;
    for (let failover = 0; failover < 2; failover++) {
      await group.settled();
      await keep(store, acknowledged + 1, acknowledged + 50);
      acknowledged += 50;
      const old = await group.master();
      await old.kill();
      await until(group, old);
      await old.restart();
    }
    await group.settled();
    expect(await numbers(store)).toEqual(Array.from({ length: acknowledged }, (_, i) => i + 1));
    await store.close();
  });
});

async function until(group: Sentinels, old: RedisServer): Promise<void> {
  while ((await group.master()) === old);
}

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
