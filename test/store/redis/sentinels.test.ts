import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/app/system-clock.ts';
import { openRedis } from '../../../src/store/redis/open.ts';
import { batch, change, event, numbers } from '../../contract/fixtures.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { startSentinels, type Sentinels } from '../../support/redis/sentinels.ts';
import { again, failureOf, keep, oneOf, upTo } from './faults.ts';
import { documentedUser, freshWatch, opened, watch } from './opening.ts';
import { noRedis, test } from '../../support/redis/tests.ts';

// Two failovers in one test, each of which may take some elections.
describe.skipIf(noRedis !== undefined)('with Sentinels', { timeout: 150_000 }, () => {
  let group: Sentinels;
  let url: string;

  beforeAll(async () => {
    group = await startSentinels();
    const nodes = group.sentinels.map(({ host, port }) => `${host}:${port}`).join(',');
    url = `redis-sentinel://${nodes}/${group.name}`;
  });
  afterAll(() => group.stop());

  stateStoreContract('Redis behind Sentinels', () => freshWatch(url), { runs: 10 });

  test('the users of docs/redis.md, on the servers and on the Sentinels, may do all that is needed', async () => {
    const rights = [...(await documentedUser()).split(' '), '+wait'];
    for (const { cli } of group.servers) await cli('ACL', 'SETUSER', 'limited', 'on', '>p', ...rights);
    const asked = '-@all +sentinel|get-master-addr-by-name +sentinel|sentinels +subscribe &+switch-master'.split(' ');
    for (const { cli } of group.sentinels)
      await cli('ACL', 'SETUSER', 'limited', 'on', '>s', 'resetchannels', ...asked);
    const file = join(group.servers[0].folder, 'sentinel-password');
    await writeFile(file, 's\n');
    const parameters = `durability=wait&sentinel-user=limited&sentinel-password-file=${encodeURIComponent(file)}`;
    const store = await opened(`${url.replace('//', '//limited:p@')}?${parameters}`, watch());
    expect(await keep(store, 1, 3)).toEqual(new Set());
    expect((await store.health()).checks.filter(({ level }) => level !== 'ok')).toEqual([]);
    await store.close();
  });

  test('when they know no such group, or none of them answers, the error says so', async () => {
    const options = { name: watch(), clock: systemClock, deadlineMs: 1_000 };
    const unknown = await openRedis(url.replace(group.name, 'nobody'), options);
    expect(unknown).toMatchObject({ ok: false, retry: true, reason: expect.stringMatching(/sentinels/i) as string });
    const nowhere = await openRedis('redis-sentinel://127.0.0.1:1,127.0.0.1:2/group', options);
    expect(nowhere).toMatchObject({
      ok: false,
      retry: true,
      reason: expect.stringMatching(/All sentinels are unreachable/) as string,
    });
  });

  test('with durability=wait nothing is confirmed while the replica is stopped; later all is there once', async () => {
    await group.settled();
    const leading = await group.master();
    const replica = group.servers.find((server) => server !== leading);
    const store = await opened(`${url}?durability=wait`, watch(), { deadlineMs: 1_000 });
    await keep(store, 1, 2);
    await replica?.kill('SIGSTOP');
    expect(await failureOf(store.commit(oneOf(3)))).toMatchObject({ kind: 'unconfirmed', isUnknown: true });
    // Stored already, and still not confirmed: the repeated commit asks again.
    expect(await failureOf(store.commit(oneOf(3)))).toMatchObject({ kind: 'unconfirmed' });
    await replica?.kill('SIGCONT');
    await keep(store, 3, 4);
    expect(await numbers(store)).toEqual([1, 2, 3, 4]);
    await store.close();
  });

  test('without it, what the replica had not been sent is lost when it takes over, and the next commit reports it', async () => {
    await group.settled();
    const old = await group.master();
    const replica = group.servers.find((server) => server !== old);
    const store = await opened(url, watch(), { deadlineMs: 1_000 });
    await keep(store, 1, 5);
    await group.settled();
    await old.cli('WAIT', 1, 1_000);
    await replica?.kill('SIGSTOP');
    // More than the system buffers for the one that is stopped.
    for (let number = 6; number <= 9; number++) {
      const changes = [change('engine', 'big', 'x'.repeat(8 * 2 ** 20))];
      expect(await store.commit(batch(number, { events: [event(number)], changes }))).toEqual({ ok: true });
    }
    await old.kill();
    await replica?.kill('SIGCONT');
    onTestFinished(() => old.restart());
    await group.deposed(old);
    const outcome = await again(() => store.commit(oneOf(10)));
    expect(outcome).toMatchObject({ ok: false, reason: 'lost' });
    const found = outcome.ok || outcome.reason !== 'lost' ? 0 : outcome.found;
    expect(found).toBeGreaterThanOrEqual(5);
    expect(found).toBeLessThan(9);
    const whole = { ...oneOf(10), events: [6, 7, 8, 9, 10].map((number) => event(number)), whole: true as const };
    expect(await again(() => store.commit(whole))).toEqual({ ok: true });
    expect(await again(() => numbers(store))).toEqual(upTo(10));
    await store.close();
  });

  test('with durability=wait, what was acknowledged before the master died is there after it', async () => {
    const store = await opened(`${url}?durability=wait`, watch());
    let acknowledged = 0;
    for (let failover = 0; failover < 2; failover++) {
      await group.settled();
      await keep(store, acknowledged + 1, acknowledged + 50);
      acknowledged += 50;
      const old = await group.master();
      await old.kill();
      await group.deposed(old);
      const start = performance.now();
      await again(() => store.load());
      expect(performance.now() - start).toBeLessThan(10_000);
      await old.restart();
    }
    expect(await again(() => numbers(store))).toEqual(upTo(acknowledged));
    await store.close();
  });
});
