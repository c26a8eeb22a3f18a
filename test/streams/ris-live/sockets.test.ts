import type { Socket } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { Element } from '../../../src/bgp/element.ts';
import { MAX_FRAME_BYTES } from '../../../streams/http/frames.ts';
import type { LiveReport } from '../../../streams/ris-live/report.ts';
import { risLive } from '../../../streams/ris-live/source.ts';
import { announce, keepalive, PeerServer, rawServer } from './peer-server.ts';
import { HandClock, until } from '../../support/clock.ts';
import { KP } from '../../support/day.ts';
import { watchedServer, Watching } from './watching.ts';

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const started = (options: { autoPong?: boolean } = {}) => watchedServer(open, options);

/** A server of our own making: it shakes hands, then writes these bytes. */
async function rawly(serve: (socket: Socket) => void): Promise<Watching> {
  const server = await rawServer((socket) => {
    socket.once('data', (request) => {
      const key = /sec-websocket-key: (.+)\r\n/i.exec(request.toString())?.[1] ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      serve(socket);
    });
  });
  const watching = new Watching(server.url);
  open.push(
    () => server.close(),
    () => watching.stop(),
  );
  return watching;
}

function frame(first: number, payload: Uint8Array, announced = payload.length): Buffer {
  const header = Buffer.alloc(10);
  header[0] = first;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(announced), 2);
  return Buffer.concat([header, payload]);
}

function closings(watching: Watching): { code: number; by: string; reason: string }[] {
  return watching.reports.flatMap((report) => (report.type === 'disconnected' ? [report.closing] : []));
}

const TEXT = 0x81;
const COMPRESSED_TEXT = 0xc1;
const MASKED = Buffer.from([0x81, 0x82, 1, 2, 3, 4, 5, 6]);

describe('46: a frame that no RIS Live would send ends the connection, with a code, a gap and a wait', () => {
  test.each<[string, () => Buffer, RegExp]>([
    ['2 MiB and a byte', () => frame(TEXT, Buffer.alloc(MAX_FRAME_BYTES + 1, 0x20)), /size/],
    ['10 MiB announced and nothing sent', () => frame(TEXT, Buffer.alloc(10), 10 * 1024 * 1024), /size/],
    ['2^62 bytes announced', () => frame(TEXT, Buffer.alloc(10), 2 ** 62), /size|length/i],
    [
      'a deflate bomb of 200 MiB',
      () => frame(COMPRESSED_TEXT, deflateRawSync(Buffer.alloc(200 * 1024 * 1024))),
      /RSV1/,
    ],
    ['200,000 empty fragments', () => Buffer.concat([Buffer.from([1, 0]), Buffer.alloc(400_000)]), /fragments/],
    ['invalid UTF-8', () => frame(TEXT, Buffer.from([0xff, 0xfe])), /UTF-8/],
    ['a masked frame', () => MASKED, /MASK/],
    ['a reserved opcode', () => frame(0x83, Buffer.alloc(1)), /opcode/],
  ])('%s', async (_, bytes, reason) => {
    const watching = await rawly((socket) => socket.write(Buffer.concat([frame(TEXT, good()), bytes()])));
    await watching.turnUntil(() => closings(watching).length === 1, 'the end');
    expect(closings(watching)[0]).toMatchObject({ by: 'fault' });
    expect(closings(watching)[0]?.reason).toMatch(reason);
    await watching.pass(500);
    expect(watching.of('gap')).toMatchObject([{ collector: 'rrc00', reason: 'disconnected' }]);

    function good(): Buffer {
      return Buffer.from(JSON.stringify(keepalive({ at: watching.now })));
    }
  });

  test('a binary frame is read like text', async () => {
    const { server, watching } = await started();
    server.socket.send(Buffer.from(JSON.stringify(announce({ at: watching.now }, ['175.45.176.0/24']))), {
      binary: true,
    });
    await watching.messages(1);
    await watching.pass(3000);
    expect(watching.of('announcement').length).toBe(1);
  });
});

describe('47: a connection that does not come to be, or stops halfway, is given up', () => {
  test.each([
    ['301', 'HTTP/1.1 301 Moved Permanently\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'],
    ['403', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'],
    ['200', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ])('handshake %s', async (code, answer) => {
    const server = await rawServer((socket) => socket.once('data', () => socket.write(answer)));
    const watching = new Watching(server.url);
    open.push(
      () => server.close(),
      () => watching.stop(),
    );
    await watching.turnUntil(() => closings(watching).length === 3, 'three attempts');
    expect(closings(watching)[0]).toMatchObject({ code: 1006, by: 'fault' });
    expect(closings(watching)[0]?.reason).toContain(code);
    expect(server.sockets.length).toBe(3);
  });

  test('TCP and no handshake: ten seconds', async () => {
    const server = await rawServer(() => undefined);
    const watching = new Watching(server.url);
    open.push(
      () => server.close(),
      () => watching.stop(),
    );
    await watching.pass(9900);
    expect(closings(watching)).toEqual([]);
    await watching.pass(200);
    expect(closings(watching)).toMatchObject([{ by: 'us', reason: 'no handshake within 10 s' }]);
  });

  test('nothing listens', async () => {
    const server = await PeerServer.listen();
    const { url } = server;
    await server.close();
    const watching = new Watching(url);
    open.push(() => watching.stop());
    await watching.turnUntil(() => closings(watching).length === 2, 'two attempts');
    expect(closings(watching)[0]?.reason).toContain('ECONNREFUSED');
  });

  test('half a frame and then silence: thirty seconds, and every collector has a gap within half a second more', async () => {
    const watching = await rawly((socket) => {
      socket.write(frame(TEXT, Buffer.from(JSON.stringify(keepalive({ at: watching.now })))));
      socket.write(frame(TEXT, Buffer.alloc(100), 1000));
    });
    await watching.messages(1);
    const from = watching.now;
    await watching.turnUntil(() => closings(watching).length === 1, 'the end');
    expect(closings(watching)[0]).toMatchObject({ by: 'us' });
    expect(watching.now - from).toBeLessThanOrEqual(31_000);
    await watching.pass(500);
    expect(watching.of('gap').length).toBe(1);
  });
});

describe('48: a server that is there and sends nothing', () => {
  test('a link that is dead is cut after 30 s: no pong came; time goes on meanwhile', async () => {
    const { server, watching } = await started({ autoPong: false });
    server.send(keepalive({ at: watching.now }));
    await watching.messages(1);
    const from = watching.now;
    await watching.turnUntil(() => watching.of('gap').length > 0, 'the gap', 60_000);
    expect(watching.now - from).toBeLessThanOrEqual(32_000);
    await watching.pass(13_000);
    expect((watching.of('tick').at(-1)?.at ?? 0) - from).toBeGreaterThanOrEqual(40_000);
  });

  test('pongs and nothing else for half an hour: a gap after 45 s, never a withdrawal, and time goes on', async () => {
    const { server, watching } = await started();
    server.send(announce({ at: watching.now }, ['175.45.176.0/24']), keepalive({ at: watching.now, host: 'rrc13' }));
    await watching.messages(2);
    const from = watching.now;
    await watching.turnUntil(() => watching.of('gap').length === 2, 'the gaps', 60_000);
    expect(watching.now - from).toBeLessThanOrEqual(48_000);
    await watching.pass(30 * 60_000);
    expect(watching.of('gap').map(({ collector, reason }) => `${collector} ${reason}`)).toEqual([
      'rrc00 silent-collector',
      'rrc13 silent-collector',
    ]);
    expect(watching.of('withdrawal')).toEqual([]);
    expect((watching.of('tick').at(-1)?.at ?? 0) - from).toBeGreaterThan(30 * 60_000);
    expect(watching.elements.length).toBeLessThan(2100);
  });

  test('before anything is received, our own clock gives the time', async () => {
    const server = await PeerServer.listen();
    const watching = new Watching(server.url, { collectors: ['rrc00' as never] });
    open.push(
      () => server.close(),
      () => watching.stop(),
    );
    await server.connections(1);
    await watching.pass(60_000);
    expect(watching.lines).toEqual(
      ['12:00:45 gap rrc00 silent-collector'].map((line) => expect.stringMatching(line.slice(9)) as string),
    );
    expect(watching.elements.at(-1)?.at).toBeGreaterThanOrEqual(watching.now - 3000);
  });
});

test('a reader that stops holds the socket: nothing is lost, little is buffered, and no other side is blamed', async () => {
  const server = await PeerServer.listen();
  const clock = new HandClock();
  const reports: LiveReport[] = [];
  const stop = new AbortController();
  const source = risLive({
    url: server.url,
    client: 'slow',
    blocks: KP.blocks,
    clock,
    random: () => 0,
    timeline: 'history',
    report: (report) => reports.push(report),
  });
  const reading = source.elements(stop.signal)[Symbol.asyncIterator]();
  open.push(
    () => server.close(),
    () => Promise.resolve(reading.return?.()),
  );
  const first = reading.next();
  await server.connections(1);

  const count = 100_000;
  const at = Date.UTC(2014, 11, 22);
  for (let i = 0; i < count; i++) server.send(announce({ at: at + i * 10 }, ['175.45.176.0/24']));
  await first;
  await until(() => source.stats().messages > 20_000);
  for (let i = 0; i < 240; i++) await clock.turn(500);
  const { messages } = source.stats();
  expect(messages).toBeLessThan(50_000);
  expect(reports.filter(({ type }) => type === 'gap' || type === 'disconnected')).toEqual([]);

  let taken = 1;
  const allTaken = (async () => {
    while (taken < count - 200) {
      const { value } = (await reading.next()) as IteratorYieldResult<Element>;
      if (value.type === 'announcement') taken++;
    }
  })();
  await until(() => source.stats().messages === count, 'the rest');
  await allTaken;
  expect(reports.filter(({ type }) => type === 'gap' || type === 'disconnected')).toEqual([]);
  stop.abort();
});

test('a handshake that is answered with 429 and Retry-After is tried again no earlier', async () => {
  const server = await rawServer((socket) => {
    socket.once('data', () =>
      socket.end(
        'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 120\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      ),
    );
  });
  const watching = new Watching(server.url);
  open.push(
    () => server.close(),
    () => watching.stop(),
  );
  await watching.turnUntil(() => watching.count('disconnected') === 1, 'the refusal');
  expect(watching.reports.find(({ type }) => type === 'disconnected')).toMatchObject({
    closing: { reason: 'Unexpected server response: 429, and asks to wait 120 s', by: 'fault' },
    retryMs: 120_000,
  });
  await watching.pass(115_000);
  expect(server.sockets).toHaveLength(1);
  await watching.turnUntil(() => watching.count('disconnected') === 2, 'the next attempt', 30_000);
});
