import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { send, type Attempt, type Means, type Outgoing } from '../../../src/sinks/webhook/send.ts';
import { HandClock, settled, until } from '../../support/clock.ts';
import { httpReceiver, loopbackRules, outgoing, rawReceiver, type Receiver } from './receivers.ts';

const NEVER = new AbortController().signal;

describe('what is sent', () => {
  test('is one request with the method, headers, path, query and body it was given', async () => {
    const seen: unknown[] = [];
    const receiver = await httpReceiver((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        const { method, url, headers } = request;
        seen.push({ method, url, headers, body });
        response.end();
      });
    });
    const { attempt } = start(receiver, { method: 'PUT', headers: { 'webhook-id': 'a1' } }, '/hook/x?y=%20z#gone');
    expect(await attempt).toMatchObject({ ok: true, status: 200 });
    expect(seen).toEqual([
      {
        method: 'PUT',
        url: '/hook/x?y=%20z',
        headers: {
          'webhook-id': 'a1',
          host: `127.0.0.1:${receiver.port}`,
          'content-length': '7',
          connection: 'close',
        },
        body: '{"a":1}',
      },
    ]);
    await until(() => receiver.open() === 0, 'the connection to be closed');
  });

  test('with a header that HTTP does not know is never sent, nor tried again', async () => {
    const receiver = await httpReceiver((_, response) => response.end());
    const { attempt } = start(receiver, { headers: { 'x-a': 'b\r\nx-c: d' } });
    expect(await attempt).toMatchObject({ ok: false, retry: false, reason: 'request: ERR_INVALID_CHAR' });
    expect(receiver.bytes()).toBe(0);
  });
});

describe('bad input 55: slow and broken receivers', () => {
  test('200 after 29 s is a delivery', async () => {
    const held: (() => void)[] = [];
    const receiver = await httpReceiver((_, response) => held.push(() => response.end('ok')));
    const { attempt, clock } = start(receiver);
    await until(() => held.length === 1);
    await clock.turn(29_000);
    held[0]?.();
    expect(await attempt).toEqual({ ok: true, status: 200, ms: 29_000 });
    expect(clock.sleeping).toBe(0);
  });

  test('a receiver that accepts and says nothing is left after 30 s, and tried again', async () => {
    const receiver = await rawReceiver(() => undefined);
    const { attempt, clock } = start(receiver);
    await until(() => receiver.bytes() > 0);
    await clock.turn(30_000);
    expect(await attempt).toEqual({ ok: false, retry: true, reason: 'response: not done within 30 s', ms: 30_000 });
    await until(() => receiver.open() === 0, 'the connection to be closed');
  });

  test('a receiver that says nothing during the TLS handshake is left after 30 s', async () => {
    const receiver = await rawReceiver(() => undefined);
    const { attempt, clock } = start(receiver, { url: `https://127.0.0.1:${receiver.port}/` });
    await until(() => receiver.bytes() > 0);
    await clock.turn(30_000);
    expect(await attempt).toEqual({ ok: false, retry: true, reason: 'tls: not done within 30 s', ms: 30_000 });
    await until(() => receiver.open() === 0, 'the connection to be closed');
  });

  test('one byte a second, of headers or of a body, does not stretch the deadline', async () => {
    for (const head of ['HTTP/1.1 200 OK\r\nx: ', 'HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n']) {
      let socket: Socket | undefined;
      const receiver = await rawReceiver((opened) => {
        socket = opened;
        opened.write(head);
      });
      const { attempt, clock } = start(receiver);
      await until(() => receiver.bytes() > 0);
      for (let second = 0; second < 30; second++) {
        socket?.write('.');
        await clock.turn(1000);
      }
      expect(await attempt).toMatchObject({ ok: false, retry: true, reason: 'response: not done within 30 s' });
    }
  });

  test('endless interim responses do not stretch the deadline', async () => {
    const receiver = await rawReceiver((socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000)));
    const { attempt, clock } = start(receiver);
    await until(() => receiver.bytes() > 0);
    await clock.turn(30_000);
    expect(await attempt).toMatchObject({ ok: false, retry: true, reason: 'response: not done within 30 s' });
  });

  test('a whole 200 and then a reset is a delivery', async () => {
    const receiver = await rawReceiver((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        setImmediate(() => socket.resetAndDestroy());
      });
    });
    expect(await start(receiver).attempt).toMatchObject({ ok: true, status: 200 });
  });

  test('a 200 that is reset before its end is tried again', async () => {
    const receiver = await rawReceiver((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nok');
        setImmediate(() => setImmediate(() => socket.resetAndDestroy()));
      });
    });
    const attempt = await start(receiver).attempt;
    expect(attempt).toMatchObject({ ok: false, retry: true });
    expect(reasonOf(attempt)).toMatch(/^response: /);
  });

  test('a 200 that is closed before its end is tried again', async () => {
    const receiver = await rawReceiver((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nok'));
    });
    expect(await start(receiver).attempt).toMatchObject({ ok: false, retry: true, reason: 'response: ECONNRESET' });
  });

  test('a reset before any answer is tried again', async () => {
    const receiver = await rawReceiver((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    expect(await start(receiver).attempt).toMatchObject({ ok: false, retry: true, reason: 'response: ECONNRESET' });
  });

  test('an answer that is no HTTP is tried again', async () => {
    const receiver = await rawReceiver(
      (socket) => void socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
    );
    const attempt = await start(receiver).attempt;
    expect(attempt).toMatchObject({ ok: false, retry: true });
    expect(reasonOf(attempt)).toMatch(/^response: HPE_/);
  });

  test('nobody at the port is tried again', async () => {
    const receiver = await rawReceiver(() => undefined);
    const gone = { ...receiver, port: 1 };
    expect(await start(gone).attempt).toMatchObject({ ok: false, retry: true, reason: 'connect: ECONNREFUSED' });
  });

  test('an attempt that is stopped ends at once, to be repeated', async () => {
    const receiver = await rawReceiver(() => undefined);
    const stop = new AbortController();
    const { attempt, clock } = start(receiver, {}, '/', stop.signal);
    await until(() => receiver.bytes() > 0);
    stop.abort();
    expect(await attempt).toEqual({ ok: false, retry: true, reason: 'response: stopped', ms: 0 });
    expect(clock.sleeping).toBe(0);
    await until(() => receiver.open() === 0, 'the connection to be closed');
  });
});

test('an attempt that was stopped before it began asks for no name and opens no connection', async () => {
  let asked = 0;
  const resolve = async (): Promise<readonly string[]> => [`127.0.0.${++asked}`];
  const means: Means = { clock: new HandClock(), resolve, rules: loopbackRules(443), ca: undefined };
  const attempt = await send(outgoing('https://hook.test/'), means, AbortSignal.abort());
  expect(attempt).toEqual({ ok: false, retry: true, reason: 'start: stopped', ms: 0 });
  expect(asked).toBe(0);
});

describe('bad input 56: statuses', () => {
  test.each([200, 201, 202, 204, 299])('%i is a delivery', async (status) => {
    expect(await answered((_, response) => response.writeHead(status).end())).toMatchObject({ ok: true, status });
  });

  test.each([300, 304, 400, 401, 403, 404, 408, 413, 415, 422, 500, 501, 599])('%i is tried again', async (status) => {
    const attempt = await answered((_, response) => response.writeHead(status).end('no'));
    expect(attempt).toMatchObject({ ok: false, retry: true, status });
    expect(attempt).not.toHaveProperty('retryAfterMs');
  });

  test('410 disables the endpoint', async () => {
    const attempt = await answered((_, response) => response.writeHead(410).end());
    expect(attempt).toMatchObject({ ok: false, retry: 'disable', status: 410 });
  });

  test.each([301, 302, 303, 307, 308])('%i is a failure, and not followed', async (status) => {
    const elsewhere = await rawReceiver(() => undefined);
    const location = `http://127.0.0.1:${elsewhere.port}/`;
    const receiver = await httpReceiver((_, response) => response.writeHead(status, { location }).end());
    const attempt = await start(receiver, {}, '/', NEVER, [receiver.port, elsewhere.port]).attempt;
    expect(attempt).toMatchObject({ ok: false, retry: true, reason: `status: ${status}, redirects are not followed` });
    await settled();
    expect([receiver.connections(), elsewhere.connections()]).toEqual([1, 0]);
  });

  test('101 is a failure', async () => {
    const receiver = await rawReceiver((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
      });
    });
    expect(await start(receiver).attempt).toMatchObject({ ok: false, retry: true, reason: 'status: 101' });
  });

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['1000000000', 86_400_000],
    ['9'.repeat(400), 86_400_000],
    ['Thu, 10 Sep 2026 04:02:00 GMT', 120_000],
    ['Thursday, 10-Sep-26 04:02:00 GMT', 120_000],
    ['Thu Sep 10 04:02:00 2026', 120_000],
    ['Thu, 10 Sep 2020 04:02:00 GMT', 0],
    ['Thu, 10 Sep 2099 04:02:00 GMT', 86_400_000],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['5 apples', undefined],
    ['2026', 2_026_000],
    ['', undefined],
  ])('429 and 503 with Retry-After: %s', async (header, ms) => {
    for (const status of [429, 503]) {
      const attempt = await answered((_, response) => response.writeHead(status, { 'retry-after': header }).end());
      expect(attempt).toMatchObject({ ok: false, retry: true, status });
      expect(attempt.ok ? undefined : attempt.retryAfterMs).toBe(ms);
    }
  });

  test('400 with Retry-After follows the schedule', async () => {
    const attempt = await answered((_, response) => response.writeHead(400, { 'retry-after': '7' }).end());
    expect(attempt).not.toHaveProperty('retryAfterMs');
  });
});

describe('bad input 57: responses without end', () => {
  test.each([
    [200, true],
    [500, false],
  ])('of an endless body with %i 64 KiB are read, and the status decides', async (status, ok) => {
    let poured = 0;
    const receiver = await httpReceiver((_, response) => {
      response.writeHead(status);
      const pour = (): void => {
        do poured += 16 * 1024;
        while (response.write(Buffer.alloc(16 * 1024)));
      };
      response.on('drain', pour);
      pour();
    });
    expect(await start(receiver).attempt).toMatchObject({ ok, status });
    await until(() => receiver.open() === 0, 'the connection to be closed');
    // What the kernel and Node hold on the way comes on top.
    expect(poured).toBeLessThan(16 * 1024 * 1024);
  });

  test('a gzip bomb is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    let accepted: string | undefined;
    const attempt = await answered((request, response) => {
      accepted = request.headers['accept-encoding'];
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bomb.length }).end(bomb);
    });
    expect(attempt).toMatchObject({ ok: true, status: 200 });
    expect(accepted).toBe(undefined);
  });

  test('headers of 1 MB are not read to their end', async () => {
    const receiver = await rawReceiver((socket) => {
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1_000_000)}\r\n\r\n`));
    });
    const attempt = await start(receiver).attempt;
    expect(attempt).toMatchObject({ ok: false, retry: true, reason: 'response: HPE_HEADER_OVERFLOW' });
    await until(() => receiver.open() === 0, 'the connection to be closed');
  });

  test('a body that the receiver refuses before its end is tried again', async () => {
    const receiver = await rawReceiver((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n'));
    });
    const { attempt } = start(receiver, { body: Buffer.alloc(200_000) });
    expect(await attempt).toMatchObject({ ok: false, retry: true });
  });
});

/** Starts an attempt at a receiver on a clock that stands still. */
function start(
  { port }: Pick<Receiver, 'port'>,
  more: Partial<Outgoing> = {},
  path = '/',
  signal = NEVER,
  ports: readonly number[] = [port],
): { readonly attempt: Promise<Attempt>; readonly clock: HandClock } {
  const clock = new HandClock();
  const resolve = async (): Promise<readonly string[]> => ['127.0.0.1'];
  const means: Means = { clock, resolve, rules: loopbackRules(...ports), ca: undefined };
  return { attempt: send(outgoing(`http://127.0.0.1:${port}${path}`, more), means, signal), clock };
}

async function answered(answer: RequestListener): Promise<Attempt> {
  return start(await httpReceiver(answer)).attempt;
}

function reasonOf(attempt: Attempt): string {
  return attempt.ok ? 'ok' : attempt.reason;
}
