import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseEndpoints, shownEndpoint, type Endpoint } from '../../../../src/sinks/webhook/endpoints/endpoint.ts';
import {
  outgoingOf,
  readyEndpoint,
  type Readied,
  type ReadyEndpoint,
} from '../../../../src/sinks/webhook/endpoints/ready.ts';
import type { Environment } from '../../../../src/sinks/webhook/request/secret.ts';
import { send, type Attempt } from '../../../../src/sinks/webhook/request/send.ts';
import { HandClock } from '../../../support/clock.ts';
import { realEvent, realEvents, realSentence } from '../events.ts';
import { httpReceiver, rawReceiver } from '../receivers.ts';

const NEVER = new AbortController().signal;
const OLD = `whsec_${Buffer.from('planted-old-secret-0123456789').toString('base64')}`;
const NEW = `whsec_${Buffer.from('planted-new-secret-0123456789').toString('base64')}`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'webhook-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('an endpoint that is ready', () => {
  test('posts a real event that the reference library verifies, with the old secret and the new one', async () => {
    const { received, attempt, url } = await delivered({ secrets: [{ env: 'OLD' }, { env: 'NEW' }] });
    expect(attempt).toMatchObject({ ok: true, status: 200 });
    const [request] = received;
    const event = realEvent('country.unroutable');
    for (const secret of [OLD, NEW]) {
      expect(new Webhook(secret).verify(request?.body ?? '', flat(request?.headers ?? {}))).toEqual(event);
    }
    expect(() => new Webhook(OLD).verify(`${request?.body} `, flat(request?.headers ?? {}))).toThrow();
    expect(request?.headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': event.id,
      'user-agent': 'unroutable',
      host: new URL(url).host,
    });
  });

  test('signs again at every attempt, under the same id', async () => {
    const ready = await readied({ secrets: [{ env: 'OLD' }] });
    const event = realEvent('country.unroutable');
    const at = (wallMs: number) => outgoingOf(ready, event, { sentence: realSentence, wallMs })?.headers ?? {};
    const [first, second] = [at(1_700_000_000_000), at(1_700_000_005_000)];
    expect(first['webhook-id']).toBe(second['webhook-id']);
    expect([first['webhook-timestamp'], second['webhook-timestamp']]).toEqual(['1700000000', '1700000005']);
    expect(first['webhook-signature']).not.toBe(second['webhook-signature']);
  });

  test('sends its own headers, except those that describe the body', async () => {
    const { received } = await delivered({
      template: 'ntfy',
      headers: { 'X-Priority': '1', authorization: { env: 'TOKEN' } },
    });
    expect(received[0]?.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-title': 'KP/ipv4 country.unroutable',
      'x-priority': '1',
      authorization: 'Bearer planted-token',
    });
  });

  test('renders with each preset, and no event is too large for a chat', async () => {
    for (const template of ['cloudevent', 'slack', 'mattermost', 'discord', 'teams', 'alertmanager', 'ntfy', 'text']) {
      const ready = await readied({ template });
      for (const event of realEvents) {
        const outgoing = outgoingOf(ready, event, { sentence: realSentence, wallMs: 0 });
        expect(outgoing?.body.length ?? 1).toBeGreaterThan(0);
        expect(outgoing?.body.length ?? 1).toBeLessThan(20_000);
      }
    }
  });

  test('has nothing to send where the preset has no use for an event', async () => {
    const ready = await readied({ template: { preset: 'pagerduty', routingKey: { env: 'TOKEN' } } });
    expect(outgoingOf(ready, realEvent('unit.lost'), { sentence: realSentence, wallMs: 0 })).toBe(undefined);
  });

  test('is warned about when nothing signs its events', async () => {
    const result = await readyEndpoint(endpoint({}), {});
    expect(result).toMatchObject({
      ok: true,
      warnings: ['webhook ops: secrets: there are none, so the receiver cannot verify the sender'],
    });
  });
});

describe('what cannot be loaded is reported at once, each with its field', () => {
  test.each<[Partial<Record<keyof Endpoint, unknown>>, ...string[]]>([
    [{ url: { env: 'NONE' } }, 'webhook ops: url: the environment variable NONE is not set'],
    [
      { url: { env: 'INSIDE' } },
      'webhook ops: url: 10.0.0.1 is a private address (--allow opens a network of your own, in YAML allow)',
    ],
    [
      { secrets: [{ env: 'OLD' }, { env: 'SHORT' }] },
      'webhook ops: secrets[1]: holds 5 bytes: a whsec_ secret has 24 to 64',
    ],
    [
      { headers: { 'x-token': { env: 'LINES' } } },
      'webhook ops: headers.x-token: is not a value of a header: 1 to 4096 printable ASCII characters on one line',
    ],
    [
      { template: { preset: 'pagerduty', routingKey: { env: 'NONE' } } },
      'webhook ops: template.routingKey: the environment variable NONE is not set',
    ],
    [{ ca: '/nowhere' }, 'webhook ops: ca: /nowhere holds no certificate that can be read: ENOENT'],
    [{ ca: '/dev/zero' }, 'webhook ops: ca: /dev/zero is not a file of certificates'],
    [
      { url: { env: 'NONE' }, secrets: [{ env: 'NONE' }] },
      'webhook ops: url: the environment variable NONE is not set',
      'webhook ops: secrets[0]: the environment variable NONE is not set',
    ],
  ])('%j', async (more, ...faults) => {
    const result = await readyEndpoint(endpoint(more), ENVIRONMENT);
    expect(result.ok ? [] : result.faults).toEqual(faults);
  });

  test('a file that holds no certificate', async () => {
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, 'planted, and no certificate');
    const result = await readyEndpoint(endpoint({ ca }), {});
    expect(result.ok ? '' : result.faults[0]).toMatch(
      /^webhook ops: ca: .* holds no certificate that can be read: ERR_/,
    );
  });
});

describe('T24: ten planted secrets', () => {
  const file = (name: string, text: string): { readonly file: string } => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return { file: path };
  };

  test('are shown in no warning, fault or attempt, and not in what is printed of the endpoint', async () => {
    const refusing = await rawReceiver((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    const shown: string[] = [];
    const show = (value: unknown): void =>
      void shown.push(JSON.stringify(value) ?? '', inspect(value, { depth: null, showHidden: true }));
    for (const port of [refusing.port, 1]) {
      const item = {
        url: file('url', `http://hook.test:${port}/services/planted-path?token=planted-query`),
        secrets: [{ env: 'OLD' }, file('new', NEW), { env: 'PAIR' }],
        headers: {
          Authorization: { env: 'TOKEN' },
          'X-Api-Key': file('key', 'planted-api-key'),
          'x-plain': 'planted-plain',
        },
        template: { preset: 'pagerduty', routingKey: { env: 'ROUTING' } },
        ports: [port],
      };
      const result = await readyEndpoint(endpoint(item), ENVIRONMENT);
      if (!result.ok) throw new Error(result.faults.join());
      show(result.warnings);
      show({ ...result.ready, endpoint: shownEndpoint(result.ready.endpoint) });
      show(await attempted(result.ready));
    }
    show(await readyEndpoint(endpoint({ url: file('bad', 'https://planted:planted@planted.test/planted-path') }), {}));
    show(await readyEndpoint(endpoint({ secrets: [file('short', 'whsec_planted-but-short')] }), {}));
    show(await readyEndpoint(endpoint({ headers: { 'x-token': file('lines', 'planted\nlines') } }), {}));
    expect(shown.length).toBeGreaterThan(15);
    const all = shown.join('\n');
    for (const leak of ['planted', OLD.slice(6), NEW.slice(6), PAIR.slice(5)]) expect(all).not.toContain(leak);
  });
});

const PAIR = `whsk_${Buffer.from('planted-seed-of-32-bytes-0123456').toString('base64')}`;

const ENVIRONMENT: Environment = {
  OLD,
  NEW,
  PAIR,
  TOKEN: 'Bearer planted-token',
  ROUTING: 'planted-routing-key',
  SHORT: 'whsec_aGVsbG8=',
  INSIDE: 'https://10.0.0.1/hook',
  LINES: 'planted\r\nx-evil: 1',
};

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function delivered(more: Partial<Record<keyof Endpoint, unknown>>) {
  const received: Received[] = [];
  const receiver = await httpReceiver((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.end();
    });
  });
  const url = `http://hook.test:${receiver.port}/hook`;
  const ready = await readied({ url, ports: [receiver.port], ...more });
  return { received, attempt: await attempted(ready), url };
}

async function attempted(ready: ReadyEndpoint): Promise<Attempt> {
  // The library holds timestamps against the clock of this machine.
  const clock = new HandClock(Date.now());
  const event = realEvent('country.unroutable');
  const outgoing = outgoingOf(ready, event, { sentence: realSentence, wallMs: clock.wallMs() });
  if (outgoing === undefined) throw new Error('there is nothing to send');
  const resolve = async (): Promise<readonly string[]> => ['127.0.0.1'];
  return send(outgoing, { clock, resolve, rules: ready.rules, ca: ready.ca }, NEVER);
}

async function readied(more: Partial<Record<keyof Endpoint, unknown>>): Promise<ReadyEndpoint> {
  const result: Readied = await readyEndpoint(endpoint(more), ENVIRONMENT);
  if (!result.ok) throw new Error(result.faults.join('; '));
  return result.ready;
}

/** Loopback and http are allowed to all, so that they can be received. */
function endpoint(more: Partial<Record<keyof Endpoint, unknown>>): Endpoint {
  const item = { name: 'ops', url: 'https://example.org/hook', http: true, allow: ['127.0.0.0/8'], ...more };
  const parsed = parseEndpoints([item]);
  const found = parsed.ok ? parsed.endpoints[0] : undefined;
  if (found === undefined) throw new Error(JSON.stringify(parsed));
  return found;
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
