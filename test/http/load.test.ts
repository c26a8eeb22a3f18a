import { connect, type Socket } from 'node:net';
import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import type { EventTime } from '../../src/bgp/time.ts';
import type { HttpMetrics } from '../../src/http/server.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { StateStore } from '../../src/ports.ts';
import { HandClock, until } from '../support/clock.ts';
import { LOOPBACK, outageStore, serving } from './scene.ts';

const TOKEN = 'a-token-of-some-length';
/** One for all who only read it. */
const outage = await outageStore();

/** A socket that asks, says what it is answered, and is closed when the test ends. */
function asking(url: string, text: string | Buffer) {
  const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1');
  const state = { socket, answer: '', isClosed: false };
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => (state.answer += chunk.toString('latin1')));
  socket.on('close', () => (state.isClosed = true));
  socket.write(text);
  onTestFinished(() => void socket.destroy());
  return state;
}

function statusOf({ answer }: { readonly answer: string }): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}

/** Counts who listens. */
function listening() {
  let readers = (): number => 0;
  const metrics: HttpMetrics = {
    ...{ contentType: 'text/plain', text: () => Promise.resolve(''), answered: () => undefined },
    listening: (count) => (readers = count),
  };
  return { metrics, readers: () => readers() };
}

async function anEvent() {
  for await (const event of outage.events()) return event;
  throw new Error('no event');
}

async function commitBig(store: StateStore, count: number): Promise<void> {
  const event = await anEvent();
  for (let number = 1; number <= count; number++) {
    const filler = 'x'.repeat(300_000);
    const big = { ...event, id: `event-${number}`, data: { ...event?.data, filler } } as never;
    await store.commit({ number, cursor: 0 as EventTime, elements: 1, events: [big], changes: [] });
  }
}

test('T17: of 200 readers 20 never read: they are cut off within 30 seconds, the others get every event, and Node.js warns of nothing', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  const store = memoryStore();
  await commitBig(store, 60);
  const clock = new HandClock();
  const { metrics, readers } = listening();
  const { url } = await serving(store, { clock, metrics });
  const stream = 'GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n';
  const stuck = Array.from({ length: 20 }, () => asking(url, `${stream}Last-Event-ID: event-1\r\n\r\n`));
  for (const { socket } of stuck) socket.pause();
  const good = Array.from({ length: 180 }, () => asking(url, `${stream}\r\n`));
  await until(() => readers() === 200 && good.every(({ answer }) => answer.includes('retry:')), 'all to listen');

  const before = process.memoryUsage().external + process.memoryUsage().arrayBuffers;
  await clock.turn(10_000);
  // The kernel holds some megabytes of each; of ours nothing more than what is sent next waits.
  expect(process.memoryUsage().external + process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024);
  await clock.turn(20_000);
  await until(() => readers() === 180, 'the 20 to be cut off');

  const event = await anEvent();
  const last = { ...event, id: 'the-last' } as never;
  await store.commit({ number: 61, cursor: 0 as EventTime, elements: 1, events: [last], changes: [] });
  await until(() => good.every(({ answer }) => answer.includes('id: the-last')), 'the 180 to have it');
  expect(good.filter(({ isClosed }) => isClosed)).toEqual([]);
  expect(warnings).toEqual([]);
});

test('T25: 500 connections that send their headers byte by byte block no other client, and are closed', async () => {
  const { url, get } = await serving(outage);
  const slow = Array.from({ length: 500 }, () => asking(url, 'GET /api/v1/verdict HTTP/1.1\r\nHost: lo'));
  const drip = setInterval(() => {
    for (const { socket, isClosed } of slow) if (!isClosed) socket.write('c');
  }, 500);
  onTestFinished(() => clearInterval(drip));
  await until(() => slow.every(({ socket }) => !socket.connecting), 'all to be connected');
  expect((await get('/api/v1/verdict')).status).toBe(200);
  await until(() => slow.every(({ isClosed }) => isClosed), 'all to be closed');
  expect(new Set(slow.map(statusOf))).toEqual(new Set([408]));
  expect((await get('/api/v1/verdict')).status).toBe(200);
});

test('T25: a megabyte of headers, a hundred of a body: refused before they are read', async () => {
  const { url } = await serving(outage);
  const headers = asking(url, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`);
  await until(() => headers.isClosed, 'the headers to be refused');
  expect(statusOf(headers)).toBe(431);
  for (const kind of ['Content-Length: 104857600', 'Transfer-Encoding: chunked']) {
    const body = asking(url, `GET /api/v1/verdict HTTP/1.1\r\nHost: localhost\r\n${kind}\r\n\r\n`);
    await until(() => statusOf(body) > 0, 'the body to be refused');
    expect([kind, statusOf(body)]).toEqual([kind, 413]);
    // A client that sends it all the same is cut off, not read.
    await until(() => {
      if (body.socket.writableLength < 1_000_000) body.socket.write(Buffer.alloc(65_536, '1'));
      return body.isClosed;
    }, 'the connection to be closed');
    expect(body.socket.bytesWritten).toBeLessThan(20_000_000);
  }
});

const PATHS = [
  ...[
    '/',
    '//',
    '/api',
    '/api/v1',
    '/api/v1/',
    '//api/v1/verdict',
    '/API/V1/VERDICT',
    '/api/v1/verdict/',
    '/api/v1//verdict',
  ],
  ...[
    '/../../../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/page.js/../../../package.json',
  ],
  ...[
    '/healthz/../api/v1/verdict',
    '/healthz%2f..%2fapi%2fv1%2fverdict',
    '/healthz;/api/v1/verdict',
    '/readyz/../metrics',
  ],
  ...['/%ff%fe', '/%', '/%zz', '/%00', '/api/v1/verdict%00', '/api/v1/incidents/%ff', '/api/v1/incidents/..%2f..'],
  ...['/metrics', '/openapi.json', '/badge.svg', '/feed.xml', '/incidents.ics', '/index.html', '/page.js', '/page.css'],
  ...[
    '/?token=',
    '/?token=wrong',
    '/?token[]=a',
    `/?token=${TOKEN}x`,
    '/api/v1/verdict?token=a',
    '/healthz?x=/api/v1/verdict',
  ],
  ...[
    '/api/v1/timeline?from=0000-00-00T00:00Z',
    '/api/v1/timeline?from=1970-01-01T00:00Z&until=9999-12-31T23:59Z&resolution=exact',
  ],
  ...[
    '/api/v1/timeline?from=1970-01-01T00:00Z&until=2100-01-01T00:00Z',
    '/api/v1/uptime?from=1970-01-01T00:00Z&until=9999-01-01T00:00Z',
  ],
  ...[
    '/api/v1/events?after=__proto__',
    '/api/v1/events?limit=1e9',
    '/api/v1/events?limit=-1',
    '/api/v1/events?limit=%ff',
  ],
  ...['/api/v1/verdict?territory=__proto__', '/api/v1/verdict?territory=..%2F..', '/api/v1/verdict?__proto__=1'],
  ...[`/api/v1/state?at=${'2014-12-22T16:15'.padEnd(9_000, '0')}`, `/api/v1/verdict?territory=${'a'.repeat(9_000)}!`],
  ...['/api/v1/state?at=2014-12-22T16:15:00%2B99:99', '/api/v1/peers?from=2014-12-22T16:15&until=2014-12-22T16:15'],
  ...['/api/v1/verdict?territory=KP&territory=KP', '/api/v1/units?family=ipv4%00', '/api/v1/events/stream?after=%ff'],
] as const;

/** A path as it is, without what `fetch` would mend of it. */
function raw(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString('latin1');
        // A stream has no end.
        if (path.includes('stream')) asked.destroy();
      });
      response.on('close', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

test.each(PATHS)('T25: %s is answered, is not a fault of the server, and shows no file', async (path) => {
  const { url } = await serving(outage);
  const { status, body } = await raw(url, path);
  expect([200, 302, 400, 404]).toContain(status);
  expect(body).not.toMatch(/root:|"devDependencies"/);
});

test('T25: the token is never bypassed: by no path, header, cookie or spelling', async () => {
  const { url } = await serving(outage, { access: { ...LOOPBACK, token: TOKEN } });
  const open = new Set(['/healthz?x=/api/v1/verdict']);
  const tries: Record<string, string>[] = [
    {},
    { Authorization: 'Bearer ' },
    { Authorization: `Basic ${Buffer.from(`a:${TOKEN}`).toString('base64')}` },
    { Authorization: `Bearer ${TOKEN} x` },
    { Authorization: `Bearer ${TOKEN.slice(0, -1)}` },
    { Cookie: 'unroutable=' },
    { Cookie: `unroutable=${TOKEN.toUpperCase()}` },
    { Cookie: `other=${TOKEN}` },
    { 'X-Forwarded-For': '127.0.0.1', 'X-Original-URL': '/healthz', 'X-Rewrite-URL': '/healthz' },
    { Host: 'localhost', Origin: url },
  ];
  const passed: unknown[] = [];
  for (const headers of tries)
    for (const path of PATHS) {
      const { status } = await raw(url, path, headers);
      if (!open.has(path) && ![400, 401, 403, 404].includes(status)) passed.push([path, headers, status]);
      // An answer that is not found gives nothing away to strangers either.
      if (status === 404) passed.push([path, headers, status]);
    }
  expect(passed).toEqual([]);
});

test('T25: of a burst of requests every one is answered, with 200 or with 503', async () => {
  const { url, get } = await serving(outage);
  const statuses = new Map<number, number>();
  for (let round = 0; round < 4; round++) {
    const answers = await Promise.all(Array.from({ length: 500 }, () => raw(url, '/api/v1/verdict')));
    for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect([...statuses.keys()].filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect([...statuses.values()].reduce((sum, one) => sum + one, 0)).toBe(2_000);
  expect((await get('/api/v1/verdict')).status).toBe(200);
});
