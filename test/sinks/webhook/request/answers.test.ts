import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { settled, until } from '../../../support/clock.ts';
import { answered, NEVER, start } from '../attempts.ts';
import { httpReceiver, rawReceiver } from '../receivers.ts';

describe('bad input 56: statuses', () => {
  test.each([200, 201, 202, 204, 299])('%i is a delivery', async (status) => {
    expect(await answered((_, response) => response.writeHead(status).end())).toMatchObject({ ok: true, status });
  });

  test.each([300, 304, 400, 401, 403, 404, 408, 413, 415, 422, 500, 501, 599])('%i is tried again', async (status) => {
    const attempt = await answered((_, response) => response.writeHead(status).end('no'));
    expect(attempt).toMatchObject({ ok: false, retry: true, status });
    expect(attempt).not.toHaveProperty('retryAfterMs');
  });

  test('the first characters of a refusal are in the reason, on one line', async () => {
    const body = '{"ok":false,\n"description":"Bad Request: chat not found"}';
    const attempt = await answered((_, response) => response.writeHead(400).end(body));
    expect(attempt).toMatchObject({ reason: 'status: 400: {"ok":false, "description":"Bad Request: chat not found"}' });
    const long = await answered((_, response) => response.writeHead(400).end(`\u001b[2J\u202e${'x'.repeat(9_000)}`));
    expect(long).toMatchObject({ reason: `status: 400: [2J ${'x'.repeat(156)}` });
  });

  test('22: a deadline that passes while the body of a refusal is awaited loses neither its status nor what has come', async () => {
    let answer = (): void => undefined;
    let isAsked = false;
    const receiver = await httpReceiver((_, response) => {
      isAsked = true;
      answer = () => void response.writeHead(400, { 'content-type': 'text/plain' }).write('chat not found');
    });
    const { attempt, clock } = start(receiver);
    await until(() => isAsked);
    await clock.turn(29_500);
    answer();
    await settled(50);
    await clock.turn(500);
    expect(await attempt).toMatchObject({ ok: false, retry: true, status: 400, reason: 'status: 400: chat not found' });
  });

  test('a secret that the receiver repeats in a refusal is not in the reason', async () => {
    const receiver = await httpReceiver(({ url, headers }, response) =>
      response.writeHead(403).end(`no ${url} for ${headers.authorization}`),
    );
    const headers = { authorization: 'Bearer abcdefghijkl' };
    const attempt = await start(receiver, { headers }, '/bot12345:SECRET/send').attempt;
    expect(attempt).toMatchObject({ reason: 'status: 403: no … for …' });
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
