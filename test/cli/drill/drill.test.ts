import { mkdir, readFile } from 'node:fs/promises';
import { Webhook } from 'standardwebhooks';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openEmbedded } from '../../../src/store/embedded/open.ts';
import { systemClock } from '../../../src/app/system-clock.ts';
import { join } from 'node:path';
import type { Drill } from '../../../src/app/drill/fake-outage.ts';
import type { Io } from '../../../src/app/io.ts';
import { drill } from '../../../src/cli/drill/drill.ts';
import { SYSTEM } from '../../../src/cli/webhook/store.ts';
import { DrillCalls, drillChange } from '../../../src/app/drill/requests.ts';
import { select } from '../../../src/config/selection.ts';
import { createLogger } from '../../../src/app/log.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { startRedis } from '../../support/redis/server.ts';
import { Text } from '../../support/text.ts';
import { eventsIn, hook, place, watching, type Place } from '../webhook/scene.ts';
import { test as redisTest } from '../../support/redis/tests.ts';

async function add(at: Place, name: string, port: number, ...more: readonly string[]): Promise<string> {
  const url = `http://127.0.0.1:${port}/`;
  const where = ['--http', '--port', String(port), '--allow', '127.0.0.0/8'];
  const ran = await at.run(['webhook', 'add', name, url, ...where, ...more]);
  expect(ran.status).toBe(0);
  return ran.stdout;
}

/** Slow enough that it goes on for as long as the test. */
const LIVE = { speed: 60 } as const;

describe('a drill', () => {
  test('goes through the whole chain: store, standard output, every webhook that wants it; nothing real changes', async () => {
    const at = await place();
    const [desk, chat, other] = [await hook(), await hook(), await hook()];
    const added = await add(at, 'desk', desk.port);
    await add(at, 'chat', chat.port, '--template', 'slack');
    await add(at, 'other', other.port, '--type', 'prefix.new');
    const { stdout, stderr } = await watching(at, LIVE);
    await stderr.until(/subscribed/);

    const ran = await at.run(['drill', '--hold', '0']);
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
    const seconds = String.raw`after \d+\.\d s`;
    const lines = ran.stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^drill [0-9a-f]{16}: fake outage of North Korea$/);
    expect(lines[1]).toMatch(new RegExp(`^  stored     13 events ${seconds}$`));
    // Each is reported when it is done.
    const [first, second, third, ...rest] = lines.slice(2).toSorted();
    expect(first).toMatch(new RegExp(`^  chat       3 of 3 events ${seconds}, the slowest in \\d+ ms$`));
    expect(second).toMatch(new RegExp(`^  desk       13 of 13 events ${seconds}, the slowest in \\d+ ms$`));
    expect(third).toBe('  other      its filter passes none of these events');
    expect(rest).toEqual([
      expect.stringMatching(/^  result     everything arrived. Outage and end were sent at once:/),
    ]);

    const drilled = eventsIn(stdout.text).filter(({ drill }) => drill === true);
    expect(drilled).toHaveLength(13);
    const secret = (await readFile(/the file (\S+)/.exec(added)?.[1] ?? '', 'utf8')).trim();
    expect(desk.posted.map(({ event }) => event)).toEqual(drilled);
    for (const { body, headers } of desk.posted) new Webhook(secret).verify(body, { ...headers });
    expect(chat.posted).toHaveLength(3);
    for (const { body } of chat.posted) expect(body).toContain('DRILL: ');
    expect(other.posted).toEqual([]);

    const status = JSON.parse((await at.run(['status', '--format', 'json'])).stdout) as { incidents: object };
    expect(status.incidents).toEqual({});
    const kept = eventsIn((await at.run(['events', '--format', 'ndjson'])).stdout);
    expect(kept.filter(({ drill }) => drill === true)).toEqual(drilled);
  });

  test('twice is two drills: no event of the one is dropped for one of the other', async () => {
    const at = await place();
    const desk = await hook();
    await add(at, 'desk', desk.port);
    const { stderr } = await watching(at, LIVE);
    await stderr.until(/subscribed/);
    const both = await Promise.all([at.run(['drill', '--hold', '0']), at.run(['drill', '--hold', '0'])]);
    expect(both.map(({ status }) => status)).toEqual([0, 0]);
    expect(new Set(desk.posted.map(({ id }) => id)).size).toBe(26);
  });

  test('that a webhook does not take is reported with the reason and the next try: status 1', async () => {
    const at = await place();
    const desk = await hook((_, response) => response.writeHead(503).end());
    await add(at, 'desk', desk.port, '--type', 'country.unroutable');
    const { stderr } = await watching(at, LIVE);
    await stderr.until(/subscribed/);
    const ran = await at.run(['drill', '--hold', '0', '--timeout', '5s']);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toMatch(/ {2}desk {7}0 of 1 event after \S+ s; status: 503, next attempt at \d{4}-/);
  });

  test('needs a leader: without one it says so, and leaves nothing behind: status 1', async () => {
    const at = await place();
    await mkdir(join(at.store, 'KP'), { recursive: true });
    const ran = await at.run(['drill', '--hold', '0']);
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toContain('there is no leader');
  });

  test('of a territory that is not watched is refused by the leader', async () => {
    const at = await place();
    const { stderr } = await watching(at, LIVE);
    await stderr.until(/subscribed/);
    const opened = await openEmbedded(join(at.store, 'KP'), { name: 'KP', clock: systemClock });
    if (!opened.ok) throw new Error(opened.reason);
    await opened.store.write([drillChange({ id: '0123456789abcdef', territory: 'XX', atMs: Date.now() })]);
    await stderr.until(/it is not run: XX is not watched/);
    await opened.store.close();
  });

  test('that was requested an hour ago, or cannot be read, is not held any more', async () => {
    const at = await place();
    const { stderr, stdout } = await watching(at, LIVE);
    await stderr.until(/subscribed/);
    const opened = await openEmbedded(join(at.store, 'KP'), { name: 'KP', clock: systemClock });
    if (!opened.ok) throw new Error(opened.reason);
    await opened.store.write([
      drillChange({ id: '0123456789abcdef', territory: 'KP', atMs: Date.now() - 3_600_000 }),
      { space: 'drills', key: 'x', value: '{' },
    ]);
    await stderr.until(/it was requested too long ago/);
    await stderr.until(/its record cannot be read/);
    expect(stdout.text).not.toContain('"drill":true');
    await opened.store.close();
  });
});

redisTest(
  'on a Redis a drill is published on the channel of all events, and not on that of the territory',
  async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const at = await place(`redis://${server.host}:${server.port}?volatile=accept`);
    const desk = await hook();
    await add(at, 'desk', desk.port);
    const listener = new Redis({ ...server.connection });
    onTestFinished(() => listener.disconnect());
    const channels: string[] = [];
    listener.on('message', (channel) => channels.push(channel));
    await listener.subscribe('unroutable:events', 'unroutable:events:KP');
    const { stderr } = await watching(at, LIVE);
    await stderr.until(/subscribed/);

    const ran = await at.run(['drill', '--hold', '0']);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^ {2}pub\/sub {4}13 of 13 events received after \d+\.\d s$/m);
    expect(ran.stdout).toMatch(/^ {2}desk {7}13 of 13 events after/m);
    await listener.ping();
    expect(channels).toEqual(Array.from({ length: 13 }, () => 'unroutable:events'));
  },
);

redisTest('a store that cannot be read while the drill waits for the leader is reported: status 69', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const at = await place(`redis://${server.host}:${server.port}?volatile=accept`);
  const { stderr } = await watching(at, { ...LIVE, wait: 2 });
  await stderr.until(/this process is now the leader/);
  const [out, err] = [new Text(), new Text()];
  const io: Io = { stdout: out, stderr: err, env: {}, signal: new AbortController().signal };
  const client = new Redis({ ...server.connection });
  onTestFinished(() => client.disconnect());
  // Its first pause: the request is written, and its events are followed.
  const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    if (ms === 100) for (const key of await client.keys('*drills')) await client.set(key, 'no hash');
    await systemClock.sleep(ms, signal);
  };
  const means = { ...SYSTEM, clock: { ...systemClock, sleep } };
  expect(await drill({ settings: {}, store: at.store }, io, means)).toBe(69);
  expect(err.text).toContain('WRONGTYPE');
  expect(unhandled).toEqual([]);
});

test('when nothing comes from the feed, it is not taken up, says so, and leaves nothing behind: status 1', async () => {
  const at = await place();
  const { stderr } = await watching(at, { ...LIVE, wait: 2 });
  await stderr.until(/this process is now the leader/);
  const ran = await at.run(['drill', '--hold', '0', '--timeout', '2s']);
  expect(ran.status).toBe(1);
  expect(ran.stdout).toMatch(/ {2}stored {5}0 events; not started by the leader: does the feed send anything\?/);
  const opened = await openEmbedded(join(at.store, 'KP'), { name: 'KP', clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  expect(await opened.store.read('drills')).toEqual([]);
  await opened.store.close();
});

describe('22: the end of a drill is held back', () => {
  test('longer than receivers group alerts: each has the outage for that long, and it says what arrived', async () => {
    const at = await place();
    const arrivals: [string, number][] = [];
    const desk = await hook(({ event }, response) => {
      arrivals.push([event.type, Date.now()]);
      response.writeHead(204).end();
    });
    await add(at, 'desk', desk.port);
    const { stderr } = await watching(at, LIVE);
    await stderr.until(/subscribed/);
    const ran = await at.run(['drill', '--hold', '3s']);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const [, opened, kept, arrived, proved] = ran.stdout.split('\n');
    expect(opened).toMatch(/^ {2}opened {5}6 events after \d+\.\d s; the end follows in 3 s$/);
    expect(kept).toMatch(/^ {2}stored {5}13 events after [3-9]\.\d s$/);
    const openFor = Number(/13 of 13 events .*, open for ([\d.]+) s$/.exec(arrived ?? '')?.[1]);
    // The hold counts from when the leader stored the outage; on a busy machine its delivery takes a while.
    expect(openFor).toBeGreaterThan(1.5);
    expect(proved).toMatch(
      /^ {2}result {5}everything arrived: the outage and, 3 s later, its end\. Check that people were paged/,
    );
    const [down, up] = ['country.unroutable', 'country.restored'].map(
      (type) => arrivals.find(([name]) => name === type)?.[1] ?? Number.NaN,
    );
    expect((up ?? 0) - (down ?? 0)).toBeGreaterThan(1_500);
    expect(stderr.text).toContain('DRILL: webhook desk got country.unroutable');
    const log = await at.run(['webhook', 'deliveries', 'desk']);
    expect(log.stdout.match(/DRILL: country\.unroutable, attempt 1/g)).toHaveLength(1);
  });

  test("the end comes with the first batch after the hold, by the leader's clock", async () => {
    const { calls, look, clock } = await leader();
    await calls.asks({ holdMs: 60_000 });
    await look();
    const opening = calls.take();
    expect(opening.map(({ type }) => type).slice(-2)).toEqual(['country.unroutable', 'incident.opened']);
    clock.ms += 600_000;
    expect(calls.take()).toEqual([]);
    calls.noteStored(opening);
    clock.ms += 59_999;
    expect(calls.take()).toEqual([]);
    clock.ms += 1;
    const end = calls.take();
    expect(end.map(({ type }) => type).slice(-3)).toEqual(['country.restored', 'incident.updated', 'incident.closed']);
    expect(opening.length + end.length).toBe(13);
    calls.noteStored(end);
    await look();
    expect(await calls.store.read('drills')).toEqual([]);
  });

  test('one that gave up before it was opened is never carried out', async () => {
    const { calls, look } = await leader();
    for (const holdMs of [0, 60_000]) {
      const drill = await calls.asks({ holdMs });
      await look();
      await calls.store.write([drillChange(drill, false)]);
      await look();
      expect(calls.take()).toEqual([]);
    }
  });

  test('one that gave up while it was open ends at once', async () => {
    for (const way of ['removed', 'shortened'] as const) {
      const { calls, look, clock } = await leader();
      const drill = await calls.asks({ holdMs: 60_000 });
      await look();
      calls.noteStored(calls.take());
      clock.ms += 1_000;
      await calls.store.write([drillChange({ ...drill, holdMs: 0 }, way === 'shortened')]);
      await look();
      const end = calls.take();
      expect(end.at(-1)?.type).toBe('incident.closed');
      calls.noteStored(end);
      await look();
      expect(await calls.store.read('drills')).toEqual([]);
    }
  });

  test('a leader that takes over opens it again under the same ids, and holds the end back', async () => {
    const first = await leader();
    await first.calls.asks({ holdMs: 60_000 });
    await first.look();
    const opening = first.calls.take();
    first.calls.noteStored(opening);
    const next = await leader(first.calls.store);
    await next.look();
    expect(next.calls.take()).toEqual(opening);
    expect(next.calls.take()).toEqual([]);
  });
});

/** A leader's part in drills, on a hand-turned clock. */
async function leader(store = memoryStore()) {
  const selection = await select({ settings: {} });
  if (!selection.ok) throw new Error('no selection');
  let over = new AbortController();
  const turned = { ms: 0 };
  const clock = { ...systemClock, monotonicMs: () => turned.ms, sleep: async () => over.abort() };
  const log = createLogger({ stdout: new Text(), stderr: new Text(), env: {}, signal: over.signal }, () => undefined);
  const calls = new DrillCalls({ store, selection: selection.value, clock, log, token: () => undefined });
  const asks = async (more: { readonly holdMs: number }): Promise<Drill> => {
    const drill = { id: '0123456789abcdef', territory: 'KP', atMs: Date.now(), ...more };
    await store.write([drillChange(drill)]);
    return drill;
  };
  const look = (): Promise<void> => {
    over = new AbortController();
    return calls.run(over.signal);
  };
  return { calls: Object.assign(calls, { store, asks }), look, clock: turned };
}

test('a leader that is killed before it stored a drill leaves it to the next one, whose events are the same', async () => {
  const killed = await leader();
  const { store } = killed.calls;
  const next = await leader(store);
  await killed.calls.asks({ holdMs: 0 });
  await killed.look();
  const events = killed.calls.take();
  expect(events).toHaveLength(13);
  expect(killed.calls.take()).toEqual([]);

  await next.look();
  expect(next.calls.take()).toEqual(events);
  await next.look();
  expect(next.calls.take()).toEqual([]);
  expect(await store.read('drills')).toHaveLength(1);
  next.calls.noteStored(events);
  await next.look();
  expect(await store.read('drills')).toEqual([]);
});
