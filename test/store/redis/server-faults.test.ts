import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, vi } from 'vitest';
import { keysOf } from '../../../src/store/keys.ts';
import type { RedisStore } from '../../../src/store/redis/open.ts';
import { batch, event, numbers } from '../../contract/fixtures.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { failureOf, keep, oneOf, upTo } from './faults.ts';
import { opened, watch } from './opening.ts';
import { test } from '../../support/redis/tests.ts';

const ADMIN = { username: 'admin', password: 'admin-secret' };

let server: RedisServer;
let store: RedisStore;
let name: string;

beforeAll(async () => {
  server = await startRedis({
    as: ADMIN,
    config: { user: [`admin on >${ADMIN.password} ~* &* +@all`, 'default on nopass ~* &* +@all'] },
  });
});
afterAll(() => server.stop());
beforeEach(async () => {
  for (const method of ['log', 'warn', 'error'] as const) vi.spyOn(console, method);
  await server.cli('ACL', 'SETUSER', 'default', 'nopass', '+@all');
  name = watch();
  store = await opened(`redis://127.0.0.1:${server.port}`, name, { deadlineMs: 1_000 });
  await keep(store, 1, 3);
});
afterEach(async () => {
  await store.close();
  for (const method of ['log', 'warn', 'error'] as const) expect(console[method]).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

/** Cuts every connection but the one that asks: the next command connects again. */
async function cutAll(): Promise<void> {
  await server.cli('CLIENT', 'KILL', 'TYPE', 'normal');
}

/** After the fault, the store goes on by itself: nothing lost, nothing doubled. */
async function expectWhole(from = 4): Promise<void> {
  await keep(store, from, 8);
  expect(await numbers(store)).toEqual(upTo(8));
  expect(await store.load()).toMatchObject({ number: 8, records: [{ value: '8' }] });
  expect(await store.health()).toMatchObject({ ok: true });
}

/** The kind that names the cause. It may come after the one that reports the cut. */
async function failsAtLast(kind: string): Promise<void> {
  const kinds: string[] = [];
  while (kinds.at(-1) !== kind && kinds.length < 10_000) {
    kinds.push((await failureOf(store.commit(oneOf(4)))).kind);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(new Set(kinds.filter((each) => each !== 'closed' && each !== 'timeout'))).toEqual(new Set([kind]));
}

describe('an error of the server has a name, costs no stored data, and ends with its cause', () => {
  test('LOADING: it reads its data after a start', async () => {
    await server.cli('EVAL', "for i = 1, 6000 do redis.call('SET', 'filler:' .. i, i) end", 0);
    const restarted = server.restart({ 'key-load-delay': 200 });
    await failsAtLast('loading');
    await restarted;
    await server.cli('EVAL', "for i = 1, 6000 do redis.call('DEL', 'filler:' .. i) end", 0);
    await expectWhole();
  });

  test('READONLY: it became a replica', async () => {
    await server.cli('REPLICAOF', '127.0.0.1', 1);
    await failsAtLast('readonly');
    expect(await store.health()).toMatchObject({ ok: false, retry: true });
    await server.cli('REPLICAOF', 'NO', 'ONE');
    await expectWhole();
  });

  test('NOAUTH: it wants a password that we were not given', async () => {
    await server.cli('ACL', 'SETUSER', 'default', 'resetpass', '>new');
    await cutAll();
    await failsAtLast('noauth');
    await server.cli('ACL', 'SETUSER', 'default', 'nopass');
    await expectWhole();
  });

  test('WRONGPASS: our password was changed', async () => {
    await server.cli('ACL', 'SETUSER', 'ours', 'on', '>old', '~*', '&*', '+@all');
    const ours = await opened(`redis://ours:old@127.0.0.1:${server.port}`, name, { deadlineMs: 1_000 });
    await server.cli('ACL', 'SETUSER', 'ours', 'resetpass', '>new');
    await cutAll();
    await store.close();
    store = ours;
    await failsAtLast('wrongpass');
    await server.cli('ACL', 'SETUSER', 'ours', '>old');
    await expectWhole();
  });

  test('NOPERM: a right was taken from us', async () => {
    await server.cli('ACL', 'SETUSER', 'default', '-xadd');
    await failsAtLast('noperm');
    expect(await store.load()).toMatchObject({ number: 3 });
    expect(await store.health()).toMatchObject({
      ok: false,
      retry: false,
      reason: expect.stringContaining('XADD') as string,
    });
    await server.cli('ACL', 'SETUSER', 'default', '+xadd');
    await expectWhole();
  });

  test('MISCONF: it cannot save', async () => {
    const inTheWay = join(server.folder, 'dump.rdb');
    await rm(inTheWay, { force: true });
    await mkdir(inTheWay);
    await server.cli('CONFIG', 'SET', 'save', '3600 1');
    await saved('err');
    await failsAtLast('misconf');
    expect(await store.health()).toMatchObject({ ok: false, retry: true });
    expect(await numbers(store)).toEqual([1, 2, 3]);

    await rmdir(inTheWay);
    await saved('ok');
    await server.cli('CONFIG', 'SET', 'save', '');
    await expectWhole();
  });

  test('OOM: its memory is full; the leader stays, and reading continues', async () => {
    const lease = await store.leases.acquire('a', 60_000);
    await server.cli('CONFIG', 'SET', 'maxmemory', 1);
    await failsAtLast('oom');
    expect(await store.leases.renew(lease ?? { token: 0, holder: '' }, 60_000)).toBe(true);
    expect(await store.load()).toMatchObject({ number: 3 });
    expect(await numbers(store)).toEqual([1, 2, 3]);
    expect(await store.trim(3)).toBe(0);
    await server.cli('CONFIG', 'SET', 'maxmemory', 0);
    await expectWhole();
  });

  test('BUSY: somebody’s script does not end', async () => {
    await server.cli('CONFIG', 'SET', 'busy-reply-threshold', 20);
    const somebody = new Redis({ ...server.connection, enableReadyCheck: false, retryStrategy: null });
    const endless = somebody.eval('while true do end', 0).catch((error: Error) => error.message);
    const isBusy = () => server.cli('PING').catch((error: Error) => error.message.startsWith('BUSY'));
    while ((await isBusy()) !== true);
    await failsAtLast('busy');
    await server.cli('SCRIPT', 'KILL');
    expect(await endless).toContain('killed');
    somebody.disconnect();
    await expectWhole();
  });

  test('NOSCRIPT: it forgot our scripts, without any effect', async () => {
    for (let number = 4; number <= 6; number++) {
      await server.cli('SCRIPT', 'FLUSH');
      expect(await keep(store, number, number)).toEqual(new Set());
    }
    await expectWhole(7);
  });

  test('WRONGTYPE: one of our keys has other data: nothing of the batch is stored', async () => {
    const { events } = keysOf(name);
    await server.cli('RENAME', events, 'aside');
    await server.cli('SET', events, 'foreign');
    await failsAtLast('wrongtype');
    expect(await store.load()).toMatchObject({ number: 3, records: [{ value: '3' }] });
    expect(await store.health()).toMatchObject({ ok: false, retry: false });
    expect(await server.cli('GET', events)).toBe('foreign');
    await server.cli('DEL', events);
    await server.cli('RENAME', 'aside', events);
    await expectWhole();
  });

  test('keys of others where our records should be are never written to', async () => {
    const key = keysOf(name).space('engine');
    await server.cli('HSET', key, 'theirs', 'x');
    const { kind } = await failureOf(
      store.commit(batch(4, { changes: [{ space: 'engine', key: 'ours', value: '1' }], events: [event(4)] })),
    );
    expect(kind).toBe('foreign');
    expect(await server.cli('HGETALL', key)).toEqual(['theirs', 'x']);
    await server.cli('DEL', key);
    await expectWhole();
  });
});

test('FLUSHALL: the next commit reports the loss; after all was stored again, everything is there once', async () => {
  const abort = new AbortController();
  const following = store.follow(undefined, abort.signal)[Symbol.asyncIterator]();
  for (let i = 0; i < 3; i++) await following.next();
  const lease = await store.leases.acquire('a', 60_000);
  await server.cli('FLUSHALL');

  expect(await store.commit(oneOf(4), lease?.token)).toEqual({
    ok: false,
    reason: 'lost',
    found: 0,
    cursor: undefined,
  });
  expect(await store.leases.renew(lease ?? { token: 0, holder: '' }, 1_000)).toBe(false);
  expect((await store.leases.acquire('a', 60_000))?.token).toBeGreaterThan(lease?.token ?? 0);
  const whole = { ...oneOf(4), events: [1, 2, 3, 4].map((number) => event(number)), whole: true as const };
  expect(await store.commit(whole)).toEqual({ ok: true });
  await expectWhole(5);
  for (let number = 4; number <= 8; number++) {
    expect((await following.next()).value?.sequence).toBe(String(number).padStart(10, '0'));
  }
  abort.abort();
});

/** Saves until it ended so. */
async function saved(status: 'ok' | 'err'): Promise<void> {
  for (;;) {
    await server.cli('BGSAVE').catch(() => undefined);
    const info = String(await server.cli('INFO', 'persistence'));
    if (info.includes(`rdb_last_bgsave_status:${status}`) && info.includes('rdb_bgsave_in_progress:0')) return;
  }
}
