import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/app/system-clock.ts';
import { deadChange } from '../../../src/sinks/webhook/endpoints/records.ts';
import { openEmbedded } from '../../../src/store/embedded/open.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import { eventsIn, hook, place, watching, type Place, type Posted } from './scene.ts';

/** The first hour of the outages: 36 events. */
const MORNING = {
  since: Date.UTC(2014, 11, 21, 19, 40) as EventTime,
  until: Date.UTC(2014, 11, 21, 20, 45) as EventTime,
} as const;

/** Arguments that let a webhook of the tests be sent to. */
function toward(port: number): readonly string[] {
  return ['--http', '--port', String(port), '--allow', '127.0.0.0/8'];
}

async function secretOf({ stdout }: { readonly stdout: string }): Promise<string> {
  const file = /the file (\S+)/.exec(stdout)?.[1] ?? '';
  return (await readFile(file, 'utf8')).trim();
}

function verify(secret: string, { headers, body }: Posted): unknown {
  return new Webhook(secret).verify(body, { ...headers });
}

async function added(at: Place, name: string, url: string, port: number, ...more: readonly string[]) {
  const ran = await at.run(['webhook', 'add', name, url, ...toward(port), ...more]);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  return ran;
}

describe('events of a watch arrive at a webhook that was added by command', () => {
  test('each event once, in order, signed; the body is what the watch printed', async () => {
    const at = await place();
    const receiver = await hook();
    const secret = await secretOf(await added(at, 'desk', receiver.url, receiver.port));
    const { done, stdout, stderr } = await watching(at, MORNING);
    expect(await done).toBe(0);
    const said = eventsIn(stdout.text);
    expect(said.length).toBeGreaterThan(20);
    expect(receiver.posted.map(({ event }) => event)).toEqual(said);
    for (const posted of receiver.posted) {
      expect(posted.id).toBe(posted.event.id);
      expect(posted.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
      expect(verify(secret, posted)).toEqual(posted.event);
      const tampered = { ...posted, body: posted.body.replace('North Korea', 'South Korea') };
      if (tampered.body !== posted.body) expect(() => verify(secret, tampered)).toThrow(WebhookVerificationError);
    }
    for (const text of [stderr.text, stdout.text]) expect(text).not.toContain(secret.slice(6));

    const deliveries = await at.run(['webhook', 'deliveries', 'desk', '--format', 'json']);
    const { attempts } = JSON.parse(deliveries.stdout) as {
      attempts: { eventId: string; ok: boolean; status: number }[];
    };
    expect(attempts.map(({ eventId }) => eventId)).toEqual(said.map(({ id }) => id));
    expect(new Set(attempts.map(({ ok, status }) => `${ok} ${status}`))).toEqual(new Set(['true 204']));
  });

  test('filters let through what was asked for, and a chat gets sentences', async () => {
    const at = await place();
    const [severe, chat] = [await hook(), await hook()];
    await added(at, 'severe', severe.url, severe.port, '--type', 'country.*', '--min-severity', 'critical');
    await added(at, 'chat', chat.url, chat.port, '--template', 'slack', '--type', 'country.unroutable');
    const { done, stdout } = await watching(at, MORNING);
    expect(await done).toBe(0);
    const said = eventsIn(stdout.text);
    const wanted = said.filter(
      ({ type, data }) => type.startsWith('country.') && JSON.stringify(data).includes('unroutable'),
    );
    expect(severe.posted.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
    const texts = chat.posted.map(({ body }) => (JSON.parse(body) as { text: string }).text);
    expect(texts).toHaveLength(said.filter(({ type }) => type === 'country.unroutable').length);
    for (const text of texts) expect(text).toMatch(/^North Korea has been unroutable since .* UTC \(.* in Pyongyang/);
  });

  test('without a store that lasts, from memory, to the webhooks of the file', async () => {
    const at = await place();
    const receiver = await hook();
    const file = join(at.folder, 'webhooks.yaml');
    await writeFile(
      file,
      `webhooks:
  - name: desk
    url: ${receiver.url}
    secrets: [{ env: DESK }]
    http: true
    ports: [${receiver.port}]
    allow: [127.0.0.0/8]
`,
    );
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const { done, stdout } = await watching(at, MORNING, { store: 'none', webhooks: file }, { DESK: secret });
    expect(await done).toBe(0);
    const said = eventsIn(stdout.text);
    expect(said.length).toBeGreaterThan(20);
    expect(receiver.posted.map(({ event }) => event)).toEqual(said);
    for (const posted of receiver.posted) expect(verify(secret, posted)).toEqual(posted.event);
  });
});

test('an event that a receiver did not take is in the log with its next try, and is sent again by hand', async () => {
  const at = await place();
  let isDown = true;
  const receiver = await hook((_, response) => response.writeHead(isDown ? 500 : 200).end());
  await added(at, 'desk', receiver.url, receiver.port, '--type', 'incident.opened');
  const first = await watching(at, MORNING);
  expect(await first.done).toBe(0);
  const opened = eventsIn(first.stdout.text).filter(({ type }) => type === 'incident.opened');
  expect(opened.length).toBeGreaterThan(0);

  const failed = await at.run(['webhook', 'deliveries', 'desk', '--failed']);
  expect(failed.stdout).toMatch(/status: 500, after \d+ ms; next at \d{4}-\d\d-\d\d/);
  expect((await at.run(['webhook', 'list'])).stdout).toContain(`  waiting    ${opened.length}\n`);

  isDown = false;
  const [event] = opened;
  const again = await at.run(['webhook', 'redeliver', 'desk', event?.id ?? '']);
  expect(again).toMatchObject({ status: 0, stdout: 'webhook desk: 1 event will be sent again\n' });
  expect(again.stderr).toContain('there is no leader');
});

describe('the commands beside a watch that leads', () => {
  test('a test is sent by the leader; disabled, nothing is sent until it is enabled; removed, nothing is left', async () => {
    const at = await place();
    const receiver = await hook();
    const secret = await secretOf(await added(at, 'desk', receiver.url, receiver.port, '--type', 'observer.data-loss'));
    const { stderr } = await watching(at, { speed: 60 });
    await stderr.until(/subscribed/);

    const tested = await at.run(['webhook', 'test', 'desk']);
    expect(tested).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^webhook desk: 204 in \d+ ms\n$/) as string,
    });
    const [posted] = await receiver.count(1);
    expect(verify(secret, posted ?? receiver.posted[0]!)).toMatchObject({ drill: true, type: 'country.restored' });

    expect((await at.run(['webhook', 'disable', 'desk'])).stdout).toBe('webhook desk: off: by hand\n');
    expect(await at.run(['webhook', 'test', 'desk'])).toMatchObject({ status: 1, stdout: '' });
    expect((await at.run(['webhook', 'enable', 'desk'])).stdout).toBe('webhook desk: on\n');
    expect((await at.run(['webhook', 'test', 'desk'])).status).toBe(0);

    expect((await at.run(['webhook', 'remove', 'desk'])).stdout).toBe('webhook desk: removed\n');
    expect((await at.run(['webhook', 'list'])).stdout).toMatch(/: 0 webhooks\n$/);
    expect((await at.run(['webhook', 'test', 'desk'])).status).toBe(2);
  });

  test('a rotation signs with both secrets, then with the new one alone', async () => {
    const at = await place();
    const receiver = await hook();
    const old = await secretOf(await added(at, 'desk', receiver.url, receiver.port));
    const begun = await at.run(['webhook', 'rotate', 'desk']);
    expect(begun.status).toBe(0);
    const fresh = await secretOf(begun);
    expect(fresh).not.toBe(old);
    expect((await at.run(['webhook', 'test', 'desk'])).status).toBe(0);
    const [both] = receiver.posted;
    for (const secret of [old, fresh]) expect(verify(secret, both!)).toMatchObject({ drill: true });

    expect((await at.run(['webhook', 'rotate', 'desk'])).stderr).toContain('a rotation is under way');
    expect((await at.run(['webhook', 'rotate', 'desk', '--finish'])).status).toBe(0);
    expect((await at.run(['webhook', 'test', 'desk'])).status).toBe(0);
    const after = receiver.posted.at(-1)!;
    expect(verify(fresh, after)).toMatchObject({ drill: true });
    expect(() => verify(old, after)).toThrow(WebhookVerificationError);
    expect((await at.run(['webhook', 'rotate', 'desk', '--finish'])).stderr).toContain('no rotation is under way');
  });
});

test('a file is read at each start: webhooks in it are added, those no longer in it are removed; those added by command stay', async () => {
  const at = await place();
  const [one, two, own] = [await hook(), await hook(), await hook()];
  await added(at, 'own', own.url, own.port);
  const file = join(at.folder, 'webhooks.yaml');
  const entry = (name: string, { url, port }: { url: string; port: number }): string =>
    `  - { name: ${name}, url: "${url}", http: true, ports: [${port}], allow: [127.0.0.0/8], secrets: [{ env: S }] }\n`;
  const env = { S: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };
  const names = async () =>
    (
      JSON.parse((await at.run(['webhook', 'list', '--format', 'json'])).stdout) as {
        from: string;
        endpoint: { name: string };
      }[]
    ).map(({ from, endpoint }) => `${endpoint.name} ${from}`);

  await writeFile(file, `webhooks:\n${entry('one', one)}${entry('two', two)}`);
  const first = await watching(at, { speed: 60 }, { webhooks: file }, env);
  await first.stderr.until(/subscribed/);
  expect((await at.run(['webhook', 'test', 'two'])).status).toBe(0);
  expect(await names()).toEqual(['one file', 'own command', 'two file']);
  expect((await at.run(['webhook', 'add', 'one', 'https://example.org/'])).stderr).toContain('is in the file');
  expect((await at.run(['webhook', 'rotate', 'one'])).stderr).toContain('name two there');
  expect(await first.stop()).toBe(0);

  await writeFile(file, `webhooks:\n${entry('one', two)}`);
  const second = await watching(at, { speed: 60 }, { webhooks: file }, env);
  await second.stderr.until(/subscribed/);
  expect((await at.run(['webhook', 'test', 'own'])).status).toBe(0);
  expect(await names()).toEqual(['one file', 'own command']);
  expect((await at.run(['webhook', 'test', 'one'])).status).toBe(0);
  // What is real comes as well: two starts are gaps.
  const tests = ({ posted }: typeof one): number => posted.filter(({ event }) => event.drill === true).length;
  expect([tests(one), tests(two), tests(own)]).toEqual([0, 2, 1]);
});

test('a delivery that was given up is listed with its reason, and sent again by hand under its old id', async () => {
  const at = await place();
  const receiver = await hook();
  await added(at, 'desk', receiver.url, receiver.port, '--type', 'country.unroutable');
  const first = await watching(at, MORNING);
  expect(await first.done).toBe(0);
  const [event] = receiver.posted.map((posted) => posted.event);
  if (event === undefined) throw new Error('nothing came');

  const opened = await openEmbedded(join(at.store, 'KP'), { name: 'KP', clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  const letter = { event, attempts: 10, diedAtMs: Date.UTC(2026, 10, 22), reason: 'status: 500' };
  await opened.store.write([deadChange('desk', event.id, letter)]);
  await opened.store.close();
  expect((await at.run(['webhook', 'dead-letters', 'desk'])).stdout).toBe(
    `webhook desk: 1 dead letter
  2026-11-22 00:00:00 UTC  ${event.id}  country.unroutable: status: 500, after 10 attempts
  unroutable webhook redeliver desk --dead   sends them again
`,
  );

  const came = receiver.posted.length;
  const second = await watching(at, { speed: 60 });
  await second.stderr.until(/subscribed/);
  expect((await at.run(['webhook', 'redeliver', 'desk', '--dead'])).stdout).toContain('1 event will be sent again');
  const posted = await receiver.count(came + 1);
  expect(posted.at(-1)?.event).toEqual(event);
  expect(await at.run(['webhook', 'redeliver', 'desk', 'no-such-id'])).toMatchObject({ status: 2, stdout: '' });
});
