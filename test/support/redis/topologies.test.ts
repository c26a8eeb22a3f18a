import { Cluster, Redis } from 'ioredis';
import { beforeAll, describe, expect, onTestFinished } from 'vitest';
import { startCluster, type RedisCluster } from './cluster.ts';
import { startSentinels, type Sentinels } from './sentinels.ts';
import { test } from './tests.ts';

/** Sets the first key, appends to the second: what one commit is made of. */
const SCRIPT = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('XADD', KEYS[2], '*', 'a', ARGV[1])";

describe('a cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
    return cluster.stop;
  });

  function client(): Cluster {
    const client = new Cluster([...cluster.startupNodes]);
    onTestFinished(() => client.disconnect());
    return client;
  }

  test('runs a script over keys of one hash tag, and refuses one over two', async () => {
    const redis = client();
    expect(await redis.eval(SCRIPT, 2, '{kp}:state', '{kp}:events', 'x')).toMatch(/^\d+-0$/);
    expect(await redis.get('{kp}:state')).toBe('x');
    await expect(redis.eval(SCRIPT, 2, '{kp}:state', '{us}:events', 'x')).rejects.toThrow(/slot/i);
  });

  test('spreads keys over its three masters', async () => {
    const redis = client();
    await Promise.all(Array.from({ length: 60 }, (_, key) => redis.set(`key:${key}`, key)));
    const sizes = await Promise.all(cluster.masters.map(async (master) => Number(await master.cli('DBSIZE'))));
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  });
});

describe('a group of Sentinels', () => {
  let group: Sentinels;
  beforeAll(async () => {
    group = await startSentinels({
      config: { requirepass: 'secret' },
      as: { password: 'secret' },
    });
    return group.stop;
  });

  test('gives a new master when the old one is killed, and takes the old one back as a replica', async () => {
    const [first, second] = group.servers;
    expect(await group.master()).toBe(first);
    const client = new Redis(group.connection);
    client.on('error', () => undefined);
    onTestFinished(() => client.disconnect());
    await client.set('a', 'kept');
    expect(await client.wait(1, 1_000)).toBe(1);

    await first.kill();
    expect(await group.master()).toBe(second);
    expect(await client.get('a')).toBe('kept');

    await first.restart();
    await group.settled();
    expect(((await first.cli('ROLE')) as string[])[0]).toBe('slave');
  });
});
