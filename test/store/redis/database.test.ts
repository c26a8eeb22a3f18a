import { afterAll, beforeAll, expect } from 'vitest';
import { systemClock } from '../../../src/app/system-clock.ts';
import { openRedis } from '../../../src/store/redis/open.ts';
import { batch } from '../../contract/fixtures.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { documentedUser, watch } from './opening.ts';
import { test } from '../../support/redis/tests.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
  const rights = (await documentedUser()).split(' ');
  await server.cli('ACL', 'SETUSER', 'unroutable', 'on', '>SECRET', ...rights);
});
afterAll(() => server.stop());

/** Keys in database 0. */
function size(): Promise<unknown> {
  return server.cli('DBSIZE');
}

function open(user: string, db: number) {
  return openRedis(`redis://${user}127.0.0.1:${server.port}/${db}`, { name: watch(), clock: systemClock });
}

test('a user without +select is refused a database other than 0, and nothing is written to 0', async () => {
  expect(await open('unroutable:SECRET@', 3)).toMatchObject({
    ok: false,
    retry: false,
    reason: expect.stringMatching(/database of the URL.*\+select.*SELECT 3: NOPERM/) as string,
  });
  expect(await size()).toBe(0);
});

test.each([16, 99, 2 ** 31 - 1])(
  'database %d, which the server does not have, is refused by its number',
  async (db) => {
    expect(await open('', db)).toMatchObject({
      ok: false,
      retry: false,
      reason: expect.stringContaining(`SELECT ${db}: ERR`) as string,
    });
    expect(await size()).toBe(0);
  },
);

test('a right to SELECT that is gone after a reconnect stops every write until it is given back', async () => {
  await server.cli('ACL', 'SETUSER', 'unroutable', '+select');
  const opened = await open('unroutable:SECRET@', 3);
  if (!opened.ok) throw new Error(opened.reason);
  const { store } = opened;
  expect(await store.commit(batch(1))).toEqual({ ok: true });

  await server.cli('ACL', 'SETUSER', 'unroutable', '-select');
  await server.cli('CLIENT', 'KILL', 'USER', 'unroutable');
  const kinds = new Set<unknown>();
  for (const until = performance.now() + 10_000; !kinds.has('database') && performance.now() < until;) {
    kinds.add(
      await store.commit(batch(2)).then(
        () => 'kept',
        (error: { readonly kind: string }) => error.kind,
      ),
    );
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect([...kinds]).toContain('database');
  expect([...kinds]).not.toContain('kept');
  expect(await store.health()).toMatchObject({ ok: false, reason: expect.stringContaining('+select') as string });
  expect(await size()).toBe(0);

  await server.cli('ACL', 'SETUSER', 'unroutable', '+select');
  expect(await store.commit(batch(2))).toEqual({ ok: true });
  expect((await store.load())?.number).toBe(2);
  expect(await size()).toBe(0);
  await store.close();
});

test('a server is reached over its Unix socket, and a database of it', async () => {
  const name = watch();
  const opened = await openRedis(`redis+unix://${server.socket}?db=5`, { name, clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  await opened.store.commit(batch(1));
  await opened.store.close();
  expect(await server.cli('INFO', 'keyspace')).toMatch(/^db5:keys=/m);
});
