import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Io } from '../../../src/app/io.ts';
import { printEvents } from '../../../src/cli/store/events.ts';
import { printStatus } from '../../../src/cli/store/status.ts';
import { exportTo } from '../../../src/cli/store/store.ts';
import { listWebhooks } from '../../../src/cli/webhook/list.ts';
import { printDeadLetters, printDeliveries } from '../../../src/cli/webhook/deliveries.ts';
import { putEndpoint } from '../../../src/sinks/webhook/endpoints/endpoint-store.ts';
import { parseEndpoints } from '../../../src/sinks/webhook/endpoints/endpoint.ts';
import { batch, change, event } from '../../contract/fixtures.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { until } from '../../support/redis/until.ts';
import { documentedUser, opened } from './opening.ts';
import { test } from '../../support/redis/tests.ts';

const NAME = 'KP';
let master: RedisServer;
let replica: RedisServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unroutable-reading-'));
  master = await startRedis();
  replica = await startRedis({ config: { replicaof: `127.0.0.1 ${master.port}` } });
  const rights = (await documentedUser('reader')).split(' ');
  for (const server of [master, replica]) await server.cli('ACL', 'SETUSER', 'reader', 'on', '>SECRET', ...rights);

  const store = await opened(`redis://127.0.0.1:${master.port}`, NAME);
  await store.leases.acquire('leader', 600_000);
  const [endpoint] = endpointsOf([{ name: 'desk', url: 'https://example.org/hook', secrets: [{ env: 'SECRET' }] }]);
  await putEndpoint(store, endpoint!, { from: 'command', nowMs: Date.now() });
  await store.commit(batch(1, { changes: [change('engine', 'a', '1')], events: [event(1), event(2), event(3)] }));
  await store.close();
  await until('the replica has it', async () => (await read(replica, (at, io) => printEvents(at, io))).lines === 3);
});
afterAll(async () => {
  await Promise.all([master.stop(), replica.stop()]);
  await rm(folder, { recursive: true });
});

function endpointsOf(list: readonly object[]) {
  const parsed = parseEndpoints(list);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.endpoints;
}

type Command = (
  options: {
    readonly settings: Readonly<Record<string, unknown>>;
    readonly store: string;
    readonly format: 'ndjson';
    readonly color: false;
  },
  io: Io,
) => Promise<number>;

/** Runs a command as the documented reader. */
async function read(server: RedisServer, command: Command, signal = new AbortController().signal) {
  const [stdout, stderr] = [new Text(), new Text()];
  const store = `redis://reader:SECRET@127.0.0.1:${server.port}`;
  const status = await command(
    { settings: {}, store, format: 'ndjson', color: false },
    {
      stdout,
      stderr,
      env: {},
      signal,
    },
  );
  return { status, stdout: stdout.text, stderr: stderr.text, lines: stdout.text.split('\n').length - 1 };
}

class Text extends Writable {
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

describe.each([
  ['a master', () => master],
  ['a replica', () => replica],
] as const)('the reader of docs/redis.md, on %s', (_, server) => {
  test('gets the stored events', async () => {
    expect(await read(server(), (at, io) => printEvents(at, io))).toMatchObject({ status: 0, lines: 3, stderr: '' });
  });

  test('23: gets the webhooks, their deliveries and dead letters', async () => {
    const listed = await read(server(), (at, io) => listWebhooks({ ...at, format: 'text' }, io));
    expect(listed).toMatchObject({ status: 0, stderr: '' });
    expect(listed.stdout).toContain('desk');
    for (const print of [printDeliveries, printDeadLetters]) {
      const outcome = await read(server(), (at, io) => print('desk', { ...at, format: 'text' }, io));
      expect(outcome).toMatchObject({ status: 0, stderr: '' });
      expect(outcome.stdout).toContain('webhook desk');
    }
  });

  test('follows them', async () => {
    const abort = new AbortController();
    const following = read(
      server(),
      (at, io) => printEvents({ ...at, follow: true, since: 'event-1' }, io),
      abort.signal,
    );
    await expect.poll(async () => Number(await waiting(server())), { timeout: 10_000 }).toBeGreaterThan(0);
    abort.abort();
    expect(await following).toMatchObject({ status: 0, lines: 2, stderr: '' });
  });

  test('gets the state of the watch, and the leader', async () => {
    const outcome = await read(server(), ({ settings, store }, io) =>
      printStatus({ settings, store, format: 'json' }, io),
    );
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ commit: 1, leader: { id: 'leader' } });
  });

  test('exports all of it into a file that only its owner may read', async () => {
    const file = join(folder, `${server().port}.ndjson`);
    expect(await read(server(), (at, io) => exportTo({ ...at, file }, io))).toMatchObject({ status: 0, stderr: '' });
    expect((await readFile(file, 'utf8')).split('\n').filter((line) => line.startsWith('{"event"'))).toHaveLength(3);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('cannot change anything', async () => {
    const store = await opened(`redis://reader:SECRET@127.0.0.1:${server().port}`, NAME, { access: 'read' });
    await expect(store.commit(batch(2))).rejects.toMatchObject({ kind: 'noperm' });
    await store.close();
  });
});

test('a reader without a right that reading needs gets its name', async () => {
  await master.cli('ACL', 'SETUSER', 'poor', 'on', '>SECRET', ...(await documentedUser('reader')).split(' '), '-xlen');
  const poor = opened(`redis://poor:SECRET@127.0.0.1:${master.port}`, NAME, { access: 'read' });
  await expect(poor).rejects.toThrow(/lacks a right: grant .*docs\/redis\.md.*'xlen'/);
});

test.each(['INFO', 'HELLO'])('a server whose %s was renamed away is used', async (command) => {
  const server = await startRedis({ config: { 'rename-command': `${command} ""` } });
  const store = await opened(`redis://127.0.0.1:${server.port}`, NAME);
  expect(await store.commit(batch(1))).toEqual({ ok: true });
  expect((await store.health()).checks.filter(({ level }) => level !== 'ok').map(({ text }) => text)).toEqual(
    command === 'INFO'
      ? [
          expect.stringMatching(/^appendonly: unknown, because INFO/),
          expect.stringMatching(/^maxmemory-policy: unknown, because INFO/),
        ]
      : [],
  );
  await store.close();
  await server.stop();
});

/** Clients that wait on the server. */
async function waiting(server: RedisServer): Promise<string | undefined> {
  return /blocked_clients:(\d+)/.exec(String(await server.cli('INFO', 'clients')))?.[1];
}
