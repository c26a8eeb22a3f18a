import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Clock, StateStore } from '../../../src/ports.ts';
import { testWebhook, type TestOptions } from '../../../src/cli/webhook/test.ts';
import { systemResolver } from '../../../src/sinks/webhook/request/target.ts';
import { deliveries, listEndpoints, putEndpoint } from '../../../src/sinks/webhook/endpoints/endpoint-store.ts';
import { askChange, queueChange } from '../../../src/sinks/webhook/endpoints/records.ts';
import { DEADLINE_MS } from '../../../src/sinks/webhook/request/schedule.ts';
import { openEmbedded } from '../../../src/store/embedded/open.ts';
import { HandClock, settled } from '../../support/clock.ts';
import { Text } from '../../support/text.ts';
import { hook, place, type Hook, type Place } from './scene.ts';

/** A webhook of this name that leads to the receiver. */
async function added(at: Place, { url, port }: Hook): Promise<void> {
  const where = ['--http', '--port', String(port), '--allow', '127.0.0.0/8'];
  expect(await at.run(['webhook', 'add', 'desk', url, ...where])).toMatchObject({ status: 0 });
}

/** `webhook test desk` on a clock that is turned by hand. */
function tested(at: Place, clock: Clock, more: Partial<TestOptions> = {}) {
  const [stdout, stderr, stop] = [new Text(), new Text(), new AbortController()];
  const io = { stdout, stderr, env: { HOME: at.folder }, signal: stop.signal };
  const means = { clock, resolve: systemResolver };
  const status = testWebhook('desk', { settings: {}, store: at.store, ...more }, io, means);
  return { status, stdout, stderr, stop };
}

/** Works on the store as another process would. */
async function beside<T>(at: Place, clock: Clock, work: (store: StateStore) => Promise<T>): Promise<T> {
  const opened = await openEmbedded(join(at.store, 'KP'), { name: 'KP', clock });
  if (!opened.ok) throw new Error(opened.reason);
  try {
    return await work(opened.store);
  } finally {
    await opened.store.close();
  }
}

test('a test without a watch is sent from here: delivered, or why not', async () => {
  const at = await place();
  let answer = 200;
  const receiver = await hook((_, response) => response.writeHead(answer).end());
  const where = ['--http', '--port', String(receiver.port), '--allow', '127.0.0.0/8'];
  await at.run(['webhook', 'add', 'desk', receiver.url, ...where]);
  const sent = await at.run(['webhook', 'test', 'desk']);
  expect(sent).toMatchObject({ status: 0, stderr: '' });
  expect(sent.stdout).toMatch(/^webhook desk: 200 in \d+ ms, sent by this command, because there is no leader\n$/);
  expect(receiver.posted[0]?.event).toMatchObject({ drill: true, sequence: '0000000001', type: 'country.restored' });
  answer = 500;
  const failed = await at.run(['webhook', 'test', 'desk']);
  expect(failed).toMatchObject({ status: 1, stdout: '' });
  expect(failed.stderr).toMatch(/^unroutable: webhook desk: status: 500, after \d+ ms, sent by this command/);
});

describe('a receiver that takes the test and never answers', () => {
  test.each([
    [undefined, DEADLINE_MS],
    [5_000, 5_000],
  ])('is left after the time it was given: --timeout %s', async (timeout, ms) => {
    const at = await place();
    const receiver = await hook(() => undefined);
    await added(at, receiver);
    const clock = new HandClock();
    const { status, stdout, stderr } = tested(at, clock, timeout === undefined ? {} : { timeout });
    await receiver.count(1);
    await clock.turn(ms - 1);
    expect(stderr.text).toBe('');
    await clock.turn(1);
    expect(await status).toBe(1);
    expect(stdout.text).toBe('');
    expect(stderr.text).toBe(
      `unroutable: webhook desk: response: not done within ${ms / 1000} s, after ${ms} ms, sent by this command, because there is no leader\n`,
    );
  });

  test('is not waited for when the test is interrupted', async () => {
    const at = await place();
    const receiver = await hook(() => undefined);
    await added(at, receiver);
    const { status, stderr, stop } = tested(at, new HandClock());
    await receiver.count(1);
    stop.abort();
    expect([await status, stderr.text]).toEqual([130, '']);
  });
});

describe('while somebody leads', () => {
  test('the leader is given the time that the receiver has, and is asked no longer when no answer comes', async () => {
    const at = await place();
    await added(at, await hook());
    const clock = new HandClock();
    await beside(at, clock, async (store) => {
      await store.leases.acquire('another', 3_600_000);
      const { status, stderr } = tested(at, clock, { timeout: 5_000 });
      const isAsked = async () => (await deliveries(store, 'desk')).asked.length > 0;
      while (!(await isAsked())) await settled(1);
      expect((await deliveries(store, 'desk')).asked).toMatchObject([{ by: 'test', deadlineMs: 5_000 }]);
      for (let turns = 0; stderr.text === '' && turns < 1_000; turns++) await clock.turn(250);
      expect(await status).toBe(1);
      expect(stderr.text).toBe('unroutable: webhook desk: no outcome within 15 s; does the leader send webhooks?\n');
      expect(await isAsked()).toBe(false);
    });
  });

  test('a test that waits behind other attempts says so', async () => {
    const at = await place();
    await added(at, await hook());
    const clock = new HandClock();
    await beside(at, clock, async (store) => {
      await store.leases.acquire('another', 3_600_000);
      const { status, stderr } = tested(at, clock, { timeout: 1_000 });
      let [ask] = (await deliveries(store, 'desk')).asked;
      while (ask === undefined) {
        await settled(1);
        [ask] = (await deliveries(store, 'desk')).asked;
      }
      // As the leader takes it over.
      const { event, by } = ask;
      const nowMs = clock.wallMs();
      const queued = { event, by, n: 0, queuedAtMs: nowMs, attempts: 0, nextAtMs: nowMs };
      await store.write([askChange('desk', event.id, undefined), queueChange('desk', event.id, queued)]);
      for (let turns = 0; stderr.text === '' && turns < 1_000; turns++) await clock.turn(250);
      expect(await status).toBe(1);
      expect(stderr.text).toBe(
        'unroutable: webhook desk: no outcome within 11 s; other attempts are still under way\n',
      );
    });
  });

  test('a test that is interrupted is not sent when nothing waits for it any more', async () => {
    const at = await place();
    await added(at, await hook());
    const clock = new HandClock();
    await beside(at, clock, async (store) => {
      await store.leases.acquire('another', 3_600_000);
      const { status, stop } = tested(at, clock);
      const asked = async () => (await deliveries(store, 'desk')).asked.length;
      while ((await asked()) === 0) await settled(1);
      stop.abort();
      expect(await status).toBe(130);
      expect(await asked()).toBe(0);
    });
  });
});

describe('--timeout', () => {
  test.each(['0', '-5', 'soon', '', '31', '31s', '1m', '500ms', '1.5', '1e1'])('%j is refused', async (text) => {
    const ran = await (await place()).run(['webhook', 'test', 'desk', '--timeout', text]);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toContain('It must be 1 to 30 seconds: 5 or 5s.');
  });

  test.each(['1', '1s', '1500ms', String(DEADLINE_MS / 1000), `${DEADLINE_MS / 1000}s`])(
    '%j is taken',
    async (text) => {
      const ran = await (await place()).run(['webhook', 'test', 'desk', '--timeout', text]);
      expect(ran.stderr).toContain('nothing is stored there');
    },
  );
});

test('a test of a webhook that its file disables points to the file, not to a command that changes nothing', async () => {
  const at = await place();
  await added(at, await hook());
  await beside(at, new HandClock(), async (store) => {
    const [known] = (await listEndpoints(store)).found;
    if (known === undefined) throw new Error('nothing was added');
    await putEndpoint(store, { ...known.endpoint, disabled: true }, { from: 'file', nowMs: 0 });
  });
  expect(await at.run(['webhook', 'test', 'desk'])).toMatchObject({
    status: 1,
    stderr: 'unroutable: webhook desk is off: disabled in its configuration: its file says `disabled: true`\n',
  });
});
