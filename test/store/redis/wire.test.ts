import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, vi } from 'vitest';
import { openRedis, type RedisStore } from '../../../src/store/redis/open.ts';
import { systemClock } from '../../../src/app/system-clock.ts';
import { change, numbers } from '../../contract/fixtures.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { startToxicProxy, type ToxicProxy } from '../../support/redis/toxic-proxy.ts';
import { until } from '../../support/redis/until.ts';
import { again, failureOf, keep, oneOf, upTo } from './faults.ts';
import { opened, watch } from './opening.ts';
import { test } from '../../support/redis/tests.ts';

const DEADLINE_MS = 600;
/** Until a machine under load has turned its event loop; without a deadline it would wait without end. */
const SLACK_MS = 15_000;

let server: RedisServer;
let proxy: ToxicProxy;
/** Over the wire that fails. */
let store: RedisStore;
/** Beside it. */
let direct: RedisStore;
let name: string;

beforeAll(async () => {
  server = await startRedis();
  proxy = await startToxicProxy({ host: server.host, port: server.port });
});
afterAll(async () => {
  await proxy.close();
  await server.stop();
});
beforeEach(async () => {
  for (const method of ['log', 'warn', 'error'] as const) vi.spyOn(console, method);
  name = watch();
  store = await opened(`redis://${proxy.host}:${proxy.port}`, name, { deadlineMs: DEADLINE_MS });
  direct = await opened(`redis://${server.host}:${server.port}`, name);
  await keep(store, 1, 3);
});
afterEach(async () => {
  await proxy.set({ kind: 'pass' });
  await Promise.all([store.close(), direct.close()]);
  for (const method of ['log', 'warn', 'error'] as const) expect(console[method]).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

/** Whatever happened to the fourth batch, it and the next ones are there, each once. */
async function expectWhole(): Promise<void> {
  await keep(store, 4, 8);
  expect(await numbers(direct)).toEqual(upTo(8));
  expect(await direct.load()).toMatchObject({ number: 8, records: [{ value: '8' }] });
}

/** Fails in time, never later. */
async function commitFails() {
  const start = performance.now();
  const failure = await failureOf(store.commit(oneOf(4)));
  expect(performance.now() - start).toBeLessThan(DEADLINE_MS + SLACK_MS);
  return failure;
}

describe('a commit over a failing connection is rejected in time, and is stored once when repeated', () => {
  test('when nothing goes through any more', async () => {
    await proxy.set({ kind: 'stall' });
    expect(await commitFails()).toMatchObject({ kind: 'timeout', isUnknown: true });
    await proxy.set({ kind: 'pass' });
    await expectWhole();
  });

  test('when the server hangs', async () => {
    await server.kill('SIGSTOP');
    const failure = await commitFails();
    await server.kill('SIGCONT');
    expect(failure).toMatchObject({ kind: 'timeout', isUnknown: true });
    await expectWhole();
  });

  test('when the connection is reset in the middle of the reply', async () => {
    await proxy.set({ kind: 'reset-mid-reply', afterBytes: 2 });
    expect(await commitFails()).toMatchObject({ kind: 'closed', isUnknown: true });
    await proxy.set({ kind: 'pass' });
    await expectWhole();
  });

  test('when only half of the reply comes', async () => {
    await proxy.set({ kind: 'half-reply', afterBytes: 2 });
    expect(await commitFails()).toMatchObject({ kind: 'timeout', isUnknown: true });
    await proxy.set({ kind: 'pass' });
    await expectWhole();
  });

  test('when no program listens: then it is known that nothing was done', async () => {
    await proxy.set({ kind: 'refuse' });
    const kinds = new Set<string>();
    for (let i = 0; i < 5; i++) kinds.add((await commitFails()).kind);
    expect(kinds).toEqual(new Set(['closed']));
    expect(await numbers(direct)).toEqual([1, 2, 3]);
    await proxy.set({ kind: 'pass' });
    await expectWhole();
  });

  test('and not even rejected when each byte comes by itself', async () => {
    const patient = await opened(`redis://${proxy.host}:${proxy.port}`, name, { deadlineMs: 20_000 });
    await proxy.set({ kind: 'slice' });
    expect(await keep(patient, 4, 6)).toEqual(new Set());
    expect(await numbers(patient)).toEqual(upTo(6));
    await patient.close();
  });
});

test('a commit whose reply was lost was still done: however often it is repeated, the stream has it once', async () => {
  await proxy.set({ kind: 'drop-replies' });
  const outcomes = new Set<string>();
  for (let i = 0; i < 4; i++) outcomes.add((await failureOf(store.commit(oneOf(4)))).kind);
  expect([...outcomes].every((kind) => kind === 'timeout' || kind === 'closed')).toBe(true);
  expect(await numbers(direct)).toEqual([1, 2, 3, 4]);

  await proxy.set({ kind: 'pass' });
  await expectWhole();
});

test('a lease taken in a reply that was lost is had already, under one token', async () => {
  // Else the reply that is lost might be that the script is not known.
  const before = await store.leases.acquire('b', 60_000);
  if (before !== undefined) await store.leases.release(before);
  await proxy.set({ kind: 'drop-replies' });
  await failureOf(store.leases.acquire('a', 60_000));
  const taken = await direct.leases.holder();
  await proxy.set({ kind: 'pass' });
  const lease = await again(() => store.leases.acquire('a', 60_000));
  expect(taken).toMatchObject({ holder: 'a', token: lease?.token });
});

test('a hundred connections that break in the middle of a reply double nothing and lose nothing', async () => {
  const failures = new Set<string>();
  for (let number = 4; number <= 103; number++) {
    await proxy.set({ kind: 'reset-mid-reply', afterBytes: (number * 7) % 60 });
    const attempt = store.commit(oneOf(number)).catch((error: Error) => failures.add(error.message));
    await attempt;
    await proxy.set({ kind: 'pass' });
    await keep(store, number, number);
  }
  expect(failures.size).toBeGreaterThan(0);
  expect(await numbers(direct)).toEqual(upTo(103));
});

test('a follower gets every event once, however often its connections break', async () => {
  const abort = new AbortController();
  const found: number[] = [];
  const following = (async () => {
    for await (const { sequence } of store.follow(undefined, abort.signal)) {
      found.push(Number(sequence));
      if (found.length === 60) return;
    }
  })();
  for (let number = 4; number <= 60; number++) {
    await keep(direct, number, number);
    if (number % 6 === 0) proxy.reset();
    if (number === 30) await proxy.set({ kind: 'refuse' });
    if (number === 40) await proxy.set({ kind: 'pass' });
  }
  await following;
  abort.abort();
  expect(found).toEqual(upTo(60));
});

test('a follower that cannot log in for a while waits on the server again after that', async () => {
  await server.cli('ACL', 'SETUSER', 'ours', 'on', '>p', '~*', '&*', '+@all');
  const ours = await opened(`redis://ours:p@${server.host}:${server.port}`, name);
  await server.cli('ACL', 'SETUSER', 'ours', 'resetpass', '>other');
  await server.cli('ACL', 'LOG', 'RESET');
  const reading = ours.follow('event-3', AbortSignal.timeout(60_000))[Symbol.asyncIterator]();
  const next = reading.next();
  await until('it was refused', async () => ((await server.cli('ACL', 'LOG')) as unknown[]).length > 0);
  await server.cli('ACL', 'SETUSER', 'ours', '>p');
  await until('it waits', async () => String(await server.cli('CLIENT', 'LIST')).includes('cmd=xread'));
  await keep(direct, 4, 4);
  expect((await next).value?.sequence).toBe('0000000004');
  await reading.return?.();
  await ours.close();
});

test('opened while no program listens, it says so and that a retry may help; opened later, it works', async () => {
  await proxy.set({ kind: 'refuse' });
  const url = `redis://secret-user:secret-password@${proxy.host}:${proxy.port}`;
  const outcome = await openRedis(url, { name: watch(), clock: systemClock, deadlineMs: DEADLINE_MS });
  expect(outcome).toMatchObject({ ok: false, retry: true });
  expect(JSON.stringify(outcome)).toContain('no connection');
  expect(JSON.stringify(outcome)).not.toContain('secret');
});

test('a login that is never answered is given up, and tried again', async () => {
  await server.cli('ACL', 'SETUSER', 'slow', 'on', '>p', '~*', '&*', '+@all');
  const url = `redis://slow:p@${proxy.host}:${proxy.port}`;
  const slow = await opened(url, watch(), { deadlineMs: 100 });
  await proxy.set({ kind: 'stall' });
  await failureOf(slow.commit(oneOf(1)));
  const before = proxy.accepted();
  await until('it has logged in again and again', async () => proxy.accepted() >= before + 3);
  expect(await failureOf(slow.commit(oneOf(1)))).toMatchObject({ kind: 'timeout', isUnknown: false });
  expect(await openRedis(url, { name: watch(), clock: systemClock, deadlineMs: 100 })).toMatchObject({ retry: true });
  await proxy.set({ kind: 'pass' });
  await keep(slow, 1, 2);
  await slow.close();
});

test('a follower ends when the store is closed, although it waits on the server', async () => {
  // No reply comes through and no deadline passes: nothing ends the wait but the closing.
  const other = await opened(`redis://${proxy.host}:${proxy.port}`, name, { deadlineMs: 600_000 });
  const reading = other.follow('event-2', new AbortController().signal)[Symbol.asyncIterator]();
  expect((await reading.next()).value?.sequence).toBe('0000000003');
  const last = reading.next();
  await until('it waits', async () => String(await server.cli('INFO', 'clients')).includes('blocked_clients:1'));
  await proxy.set({ kind: 'stall' });
  const closing = other.close();
  expect(await last).toEqual({ done: true, value: undefined });
  await proxy.set({ kind: 'pass' });
  await closing;
});

test('a key that means something to JavaScript is a key like any other', async () => {
  const changes = ['__proto__', 'constructor', '1'].map((key) => change('voters', key, key));
  await store.write(changes);
  expect(await store.read('voters')).toEqual([
    change('voters', '1', '1'),
    ...changes.slice(0, 2),
    change('voters', 'last', '3'),
  ]);
  expect(await store.load()).toMatchObject({ records: expect.arrayContaining(changes) as unknown });
});
