import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { send, type SendMeans } from '../../../../src/sinks/webhook/request/send.ts';
import { HandClock, until } from '../../../support/clock.ts';
import { reasonOf, start } from '../attempts.ts';
import { httpReceiver, loopbackRules, outgoing, rawReceiver } from '../receivers.ts';

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

  test('with a header that HTTP does not allow is never sent, nor tried again', async () => {
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

  test('a receiver that accepts and does not answer is left after 30 s, and tried again', async () => {
    const receiver = await rawReceiver(() => undefined);
    const { attempt, clock } = start(receiver);
    await until(() => receiver.bytes() > 0);
    await clock.turn(30_000);
    expect(await attempt).toEqual({ ok: false, retry: true, reason: 'response: not done within 30 s', ms: 30_000 });
    await until(() => receiver.open() === 0, 'the connection to be closed');
  });

  test('a receiver that does not answer during the TLS handshake is left after 30 s', async () => {
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

  test('an answer that is not HTTP is tried again', async () => {
    const receiver = await rawReceiver(
      (socket) => void socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
    );
    const attempt = await start(receiver).attempt;
    expect(attempt).toMatchObject({ ok: false, retry: true });
    expect(reasonOf(attempt)).toMatch(/^response: HPE_/);
  });

  test('a port where no program listens is tried again', async () => {
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
  const means: SendMeans = { clock: new HandClock(), resolve, rules: loopbackRules(443), ca: undefined };
  const attempt = await send(outgoing('https://hook.test/'), means, AbortSignal.abort());
  expect(attempt).toEqual({ ok: false, retry: true, reason: 'start: stopped', ms: 0 });
  expect(asked).toBe(0);
});
