import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { systemClock } from '../../../src/app/system-clock.ts';
import { keysOf } from '../../../src/store/keys.ts';
import { checkServer } from '../../../src/store/redis/check.ts';
import { openRedis, type OpenOptions } from '../../../src/store/redis/open.ts';
import { startRedis, type Config, type RedisServer } from '../../support/redis/server.ts';
import { keep } from './faults.ts';
import { opened, watch } from './opening.ts';
import { test } from '../../support/redis/tests.ts';

let server: RedisServer;
let url: string;

beforeAll(async () => {
  server = await startRedis();
  url = `redis://127.0.0.1:${server.port}`;
});
afterAll(() => server.stop());

function attempt(at: string, options: Partial<OpenOptions> = {}) {
  return openRedis(at, { name: watch(), clock: systemClock, ...options });
}

/** Lines that are not `ok`, and whether it was opened. */
async function linesOf(at: string): Promise<readonly string[]> {
  const outcome = await attempt(at);
  if (outcome.ok) await outcome.store.close();
  const lines = outcome.checks.filter(({ level }) => level !== 'ok').map(({ level, text }) => `${level} ${text}`);
  return [outcome.ok ? 'opened' : 'refused', ...lines];
}

describe('what is at our keys', () => {
  test.each([
    ['meta', 'string', ['SET', 'x']],
    ['fence', 'string', ['SET', 'x']],
    ['lease', 'list', ['RPUSH', 'x']],
    ['events', 'string', ['SET', 'x']],
    ['ids', 'set', ['SADD', 'x']],
    ['spaces', 'hash', ['HSET', 'x', 'y']],
  ] as const)(
    '%s of another type (%s) is foreign: refused, and left as it is',
    async (key, type, [command, ...args]) => {
      const name = watch();
      const foreign = keysOf(name)[key];
      await server.cli(command, foreign, ...args);
      const before = await server.cli('DUMP', foreign);
      expect(await attempt(url, { name })).toMatchObject({
        ok: false,
        retry: false,
        reason: expect.stringContaining(foreign) as string,
      });
      expect(await server.cli('TYPE', foreign)).toBe(type);
      expect(await server.cli('DUMP', foreign)).toEqual(before);
      expect(await server.cli('KEYS', `${keysOf(name).all}*`)).toEqual([foreign]);
    },
  );

  test.each([
    ['fence', ['HSET', 'token', 5]],
    ['events', ['XADD', '*', 'theirs', 1]],
    ['ids', ['HSET', 'a', 1]],
  ] as const)('%s without meta is foreign, though its type is right', async (key, [command, ...args]) => {
    const name = watch();
    await server.cli(command, keysOf(name)[key], ...args);
    expect(await attempt(url, { name })).toMatchObject({
      ok: false,
      retry: false,
      reason: expect.stringContaining('does not say that it is ours') as string,
    });
  });

  test('meta without a schema is foreign', async () => {
    const name = watch();
    await server.cli('HSET', keysOf(name).meta, 'theirs', 1);
    expect(await attempt(url, { name })).toMatchObject({ ok: false, retry: false });
  });

  test.each([
    ['0', /older version.*schema 0, ours is 1/],
    ['2', /newer version.*schema 2, ours is 1/],
    ['x', /schema x/],
  ])('of schema %s is refused, with a word on which program can read it', async (schema, reason) => {
    const name = watch();
    const store = await opened(url, name);
    await keep(store, 1, 2);
    await server.cli('HSET', keysOf(name).meta, 'schema', schema);
    expect(await attempt(url, { name })).toMatchObject({
      ok: false,
      retry: false,
      reason: expect.stringMatching(reason) as string,
      checks: expect.arrayContaining([expect.objectContaining({ check: 'keys', isOtherVersion: true })]) as unknown,
    });
    // A process that was already at work stops as well: another one has taken over.
    await expect(
      store.commit({ number: 3, cursor: 0 as never, elements: 0, events: [], changes: [] }),
    ).rejects.toMatchObject({
      kind: 'schema',
    });
    await store.close();
  });

  test('of another watch in the same Redis is none of ours', async () => {
    const [a, b] = await Promise.all([opened(url, watch()), opened(url, watch())]);
    await keep(a, 1, 3);
    expect(await b.load()).toBeUndefined();
    await keep(b, 1, 1);
    expect(await a.load()).toMatchObject({ number: 3 });
    await Promise.all([a.close(), b.close()]);
  });
});

describe('a server that could not keep our promises', () => {
  async function on(config: Config, look: (at: string, other: RedisServer) => Promise<void>): Promise<void> {
    const other = await startRedis({ config });
    try {
      await look(`redis://127.0.0.1:${other.port}`, other);
    } finally {
      await other.stop();
    }
  }

  test('for it has no append-only file is refused, unless that is accepted', () =>
    on({ appendonly: 'no' }, async (at) => {
      const text =
        'appendonly: no: a crash of the server loses stored data: set appendonly yes, or accept it with ?volatile=accept';
      expect(await linesOf(at)).toEqual(['refused', `refuse ${text}`]);
      expect(await linesOf(`${at}?volatile=accept`)).toEqual(['opened', `warn ${text}`]);
    }));

  test('for it deletes what it likes when memory is full is refused; while its memory has no bound it is warned of', () =>
    on({ 'maxmemory-policy': 'allkeys-lru', maxmemory: '100mb' }, async (at, other) => {
      expect(await linesOf(at)).toEqual(['refused', expect.stringMatching(/^refuse maxmemory-policy: allkeys-lru/)]);
      expect(await linesOf(`${at}?volatile=accept`)).toEqual([
        'opened',
        expect.stringMatching(/^warn maxmemory-policy/),
      ]);
      await other.cli('CONFIG', 'SET', 'maxmemory', 0);
      expect(await linesOf(at)).toEqual(['opened', expect.stringMatching(/^warn .*no maxmemory is set now/)]);
    }));

  test('without room for the events to be stored causes a warning, and again long before it is full', () =>
    on({ maxmemory: '256mb' }, async (at, other) => {
      const memoryOf = async (keepEvents: number): Promise<unknown> => {
        const outcome = await attempt(at, { keepEvents });
        if (outcome.ok) await outcome.store.close();
        return outcome.checks.find(({ check }) => check === 'memory');
      };
      expect(await memoryOf(20_000)).toMatchObject({ level: 'ok' });
      expect(await memoryOf(100_000)).toMatchObject({
        level: 'warn',
        text: expect.stringContaining('100000 events may take 1001 MiB, and Redis may use 256 MiB') as string,
      });
      await other.cli('CONFIG', 'SET', 'maxmemory', '10mb');
      await other.cli('SETRANGE', 'other:filler', 7_000_000, 'x');
      expect(await memoryOf(100)).toMatchObject({
        level: 'warn',
        text: expect.stringMatching(
          /^memory: \d MiB of 10 MiB are used: when it is full, nothing more is stored/,
        ) as string,
      });
    }));

  test('for it is a replica is refused, and worth another try', () =>
    on({ replicaof: '127.0.0.1 1' }, async (at) => {
      expect(await attempt(at)).toMatchObject({
        ok: false,
        retry: true,
        reason: expect.stringContaining('role: slave') as string,
      });
    }));

  test('for its memory is full is refused, and worth another try', () =>
    on({ maxmemory: 1 }, async (at) => {
      expect(await attempt(at)).toMatchObject({
        ok: false,
        retry: true,
        reason: expect.stringContaining('memory is full') as string,
      });
    }));

  test('with durability=wait and no replica is warned of, and stores nothing', () =>
    on({}, async (at) => {
      expect(await linesOf(`${at}?durability=wait`)).toEqual(['opened', expect.stringMatching(/^warn replica: none/)]);
      const store = await opened(`${at}?durability=wait`, watch(), { deadlineMs: 200 });
      await expect(
        store.commit({ number: 1, cursor: 0 as never, elements: 0, events: [], changes: [] }),
      ).rejects.toMatchObject({
        kind: 'unconfirmed',
        isUnknown: true,
      });
      await store.close();
    }));

  test('for it wants another password is refused, and its reason shows none', () =>
    on({ requirepass: 'right-secret' }, async (at, other) => {
      expect(await attempt(at)).toMatchObject({
        ok: false,
        retry: false,
        reason: expect.stringContaining('needs a password') as string,
      });
      const wrong = await attempt(at.replace('//', '//:wrong-secret@'));
      expect(wrong).toMatchObject({
        ok: false,
        retry: false,
        reason: expect.stringContaining('refuses this user and password') as string,
      });
      expect(JSON.stringify(wrong)).not.toContain('secret');

      const file = join(other.folder, 'password');
      await writeFile(file, 'right-secret\n');
      expect(await linesOf(`${at}?password-file=${encodeURIComponent(file)}`)).toEqual(['opened']);
      await writeFile(file, '\uFEFFright-secret\r\n');
      expect(await linesOf(`${at}?password-file=${encodeURIComponent(file)}`)).toEqual(['opened']);
      const beside = await attempt(at, { password: 'right-secret' });
      expect(beside.ok).toBe(true);
      if (beside.ok) await beside.store.close();
      expect(await attempt(`${at}?password-file=/nowhere/at-all`)).toMatchObject({
        ok: false,
        retry: false,
        reason: expect.stringContaining('/nowhere/at-all') as string,
      });
    }));

  test('to a user without all rights is refused, with what is missing; without INFO two checks are warned of', () =>
    on({ user: ['poor on >p ~* &* +@all -xadd -publish', 'shy on >p ~* &* +@all -info'] }, async (at) => {
      expect(await linesOf(at.replace('//', '//poor:p@'))).toEqual([
        'refused',
        expect.stringMatching(/may not do XADD, PUBLISH on/),
      ]);
      expect(await linesOf(at.replace('//', '//shy:p@'))).toEqual([
        'opened',
        expect.stringMatching(/^warn appendonly: unknown/),
        expect.stringMatching(/^warn maxmemory-policy: unknown/),
      ]);
    }));

  test('for it is too old is refused: by its own words, or by HELLO where it may not be asked for more', () => {
    const wanted = { acceptsVolatile: false, waitsForReplica: false };
    const info = 'redis_version:6.2.14\r\nrole:master\r\naof_enabled:1\r\nmaxmemory_policy:noeviction\r\n';
    expect(checkServer([], info, wanted)[0]).toMatchObject({
      level: 'refuse',
      text: expect.stringContaining('Redis 6.2.14 is too old') as string,
    });
    expect(checkServer(['server', 'redis', 'version', '6.0.16', 'role', 'master'], undefined, wanted)[0]?.level).toBe(
      'refuse',
    );
    const valkey = 'redis_version:7.2.4\r\nvalkey_version:8.0.1\r\nserver_name:valkey\r\n';
    expect(checkServer([], valkey, wanted)[0]?.text).toBe('version: Valkey 8.0.1');
    expect(checkServer(null, '', wanted)[0]?.level).toBe('refuse');
  });
});

test('a name that is none, and a URL that is none, are refused before anything is sent', async () => {
  expect(await attempt(url, { name: 'a b' })).toMatchObject({ ok: false, retry: false });
  expect(await attempt('redis://')).toMatchObject({ ok: false, retry: false });
});
