import { describe, expect, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/app/system-clock.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import { openRedis } from '../../../src/store/redis/open.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { until } from '../../support/redis/until.ts';
import { eventsIn, hook, place, watching } from '../webhook/scene.ts';
import { test } from '../../support/redis/tests.ts';

/** The first hour of the outages: 36 events. */
const MORNING = {
  since: Date.UTC(2014, 11, 21, 19, 40) as EventTime,
  until: Date.UTC(2014, 11, 21, 20, 45) as EventTime,
} as const;
const EVENTS = 36;

async function redis(): Promise<RedisServer & { readonly url: string }> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return { ...server, url: `redis://127.0.0.1:${server.port}` };
}

describe('a Redis that is away', () => {
  test('when a recording has ended and webhooks are still sent: the rest is sent when it is back, and the status is 0', async () => {
    const server = await redis();
    const at = await place(server.url);
    const held: (() => void)[] = [];
    let isHeld = true;
    const receiver = await hook((_, response) => {
      const answer = (): void => void response.writeHead(204).end();
      if (isHeld) held.push(answer);
      else answer();
    });
    const toward = ['--http', '--port', String(receiver.port), '--allow', '127.0.0.0/8'];
    expect(await at.run(['webhook', 'add', 'desk', receiver.url, ...toward])).toMatchObject({ status: 0 });
    const { done, stdout, stderr } = await watching(at, MORNING);
    await until('all is decided', async () => eventsIn(stdout.text).length === EVENTS);
    await receiver.count(1);
    await server.kill();
    isHeld = false;
    for (const answer of held) answer();
    await until('it is noticed', async () => stderr.text.includes('nothing is sent until the store answers'));
    await server.restart();
    expect(await done).toBe(0);
    expect(stderr.text).not.toContain('bug');
    expect(new Set(receiver.posted.map(({ id }) => id)).size).toBe(EVENTS);
  });

  test('when a watch is stopped: a clean stop, and the log says what is not stored', async () => {
    const server = await redis();
    const at = await place(server.url);
    const watched = await watching(at, { ...MORNING, speed: 20_000 });
    await until('it has begun', async () => eventsIn(watched.stdout.text).length > 0);
    await server.kill();
    await until('it is noticed', async () => watched.stderr.text.includes('no events until it answers'));
    expect(await watched.stop()).toBe(0);
    expect(watched.stderr.text).toContain('data since the last stored state is processed again at the next start');
  });

  test('from the start, when a watch that waits for it is stopped: a clean stop', async () => {
    const server = await redis();
    await server.kill();
    const watched = await watching(await place(server.url), MORNING);
    await until('it waits', async () => watched.stderr.text.includes('trying again until it answers'));
    expect(await watched.stop()).toBe(0);
  });

  test('for a while: its return is logged', async () => {
    const server = await redis();
    const { stdout, stderr, done } = await watching(await place(server.url), { ...MORNING, speed: 20_000 });
    await until('it has begun', async () => eventsIn(stdout.text).length > 0);
    await server.kill();
    await until('it is noticed', async () => stderr.text.includes('no events until it answers'));
    await server.restart();
    await until('it is noticed', async () => stderr.text.includes('answers again'));
    await done;
  });
});

test('events that were stored and not printed when a run was killed are printed when it goes on, the others are not', async () => {
  const at = await place((await redis()).url);
  const first = await watching(at, MORNING);
  expect(await first.done).toBe(0);
  const printed = eventsIn(first.stdout.text);

  // As it is when the process is killed after the last ten were stored and before they were printed.
  const opened = await openRedis(at.store, { name: 'KP', clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  const [position] = await opened.store.read('readers', ['printed']);
  expect(position?.value).toBe(JSON.stringify(printed.at(-1)?.id));
  const value = JSON.stringify(printed.at(-11)?.id);
  await opened.store.write([{ space: 'readers', key: 'printed', value }]);
  await opened.store.close();

  const second = await watching(at, MORNING);
  expect(await second.done).toBe(0);
  // Then the gap of the restart.
  expect(eventsIn(second.stdout.text).slice(0, 10)).toEqual(printed.slice(-10));

  const third = await watching(at, MORNING);
  expect(await third.done).toBe(0);
  const ids = new Set(printed.map(({ id }) => id));
  expect(eventsIn(third.stdout.text).filter(({ id }) => ids.has(id))).toEqual([]);
});
