import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from './ports.ts';
import { startRedis } from './server.ts';
import { startToxicProxy, type ToxicProxy } from './toxic-proxy.ts';
import { until } from './until.ts';
import { test as redisTest } from './tests.ts';

interface Client {
  readonly socket: Socket;
  readonly chunks: string[];
  readonly text: () => string;
  /** How it ended: an error's code, or `closed`. */
  readonly ended: Promise<string>;
}

function client(port: number): Client {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const chunks: string[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  const ended = new Promise<string>((resolve) => {
    let end = 'closed';
    socket.on('error', ({ code }: NodeJS.ErrnoException) => (end = code ?? ''));
    socket.on('close', () => resolve(end));
  });
  return { socket, chunks, text: () => chunks.join(''), ended };
}

async function says(client: Client, text: string): Promise<void> {
  await until(`the client has ${text}`, async () => client.text() === text);
}

/** A target that sends back what it receives, and a proxy before it. */
async function echo(): Promise<{ proxy: ToxicProxy; received: () => string; port: number }> {
  let received = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
      socket.write(chunk);
    });
  });
  const listening = once(server, 'listening');
  server.listen(0, '127.0.0.1');
  await listening;
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const proxy = await startToxicProxy({ host: '127.0.0.1', port });
  onTestFinished(proxy.close);
  return { proxy, received: () => received, port };
}

test('passing, bytes and ends arrive, and connections are counted', async () => {
  const { proxy } = await echo();
  const one = client(proxy.port);
  const two = client(proxy.port);
  one.socket.write('abc');
  two.socket.write('def');
  await Promise.all([says(one, 'abc'), says(two, 'def')]);
  expect([proxy.open(), proxy.accepted()]).toEqual([2, 2]);
  one.socket.end('ghi');
  expect(await one.ended).toBe('closed');
  expect(one.text()).toBe('abcghi');
  await until('one connection is left', async () => proxy.open() === 1);
  expect(proxy.accepted()).toBe(2);
});

test('stalled, nothing arrives; then all of it does', async () => {
  const { proxy, received, port } = await echo();
  const through = client(proxy.port);
  through.socket.write('a');
  await says(through, 'a');

  await proxy.set({ kind: 'stall' });
  through.socket.write('bc');
  const late = client(proxy.port);
  late.socket.write('x');
  // Beside the proxy there is time for many a round trip.
  const beside = client(port);
  for (const expected of ['1', '12', '123', '1234']) {
    beside.socket.write(expected.at(-1) ?? '');
    await says(beside, expected);
  }
  expect([through.text(), late.text(), received()]).toEqual(['a', '', 'a1234']);

  await proxy.set({ kind: 'pass' });
  await Promise.all([says(through, 'abc'), says(late, 'x')]);
});

test('dropping replies, requests arrive; afterwards the connection is reset, not gone on with', async () => {
  const { proxy, received } = await echo();
  await proxy.set({ kind: 'drop-replies' });
  const { socket, text, ended } = client(proxy.port);
  socket.write('abc');
  await until('the target received it', async () => received() === 'abc');
  socket.write('def');
  await until('the target received it', async () => received() === 'abcdef');
  await proxy.set({ kind: 'pass' });
  expect(await ended).toBe('ECONNRESET');
  expect(text()).toBe('');
});

test('a connection is reset in the middle of a reply', async () => {
  const { proxy } = await echo();
  const { socket, text, ended } = client(proxy.port);
  await proxy.set({ kind: 'reset-mid-reply', afterBytes: 3 });
  socket.write('abcdef');
  expect(await ended).toBe('ECONNRESET');
  expect(text()).toBe('abc');
  await until('none is open', async () => proxy.open() === 0);
});

test('half a reply is followed by silence, while requests arrive', async () => {
  const { proxy, received } = await echo();
  await proxy.set({ kind: 'half-reply', afterBytes: 4 });
  const through = client(proxy.port);
  through.socket.write('abc');
  await says(through, 'abc');
  through.socket.write('def');
  await says(through, 'abcd');
  through.socket.write('ghi');
  await until('the target received it', async () => received() === 'abcdefghi');
  await proxy.set({ kind: 'pass' });
  expect(await through.ended).toBe('ECONNRESET');
  expect(through.text()).toBe('abcd');
});

test('sliced, everything arrives in pieces', async () => {
  const { proxy } = await echo();
  await proxy.set({ kind: 'slice' });
  const through = client(proxy.port);
  through.socket.write('abcdefghijkl');
  await says(through, 'abcdefghijkl');
  expect(through.chunks.length).toBeGreaterThan(1);
});

test('while it refuses, no program listens; then the same port answers again', async () => {
  const { proxy } = await echo();
  const before = client(proxy.port);
  before.socket.write('a');
  await says(before, 'a');
  await proxy.set({ kind: 'refuse' });
  expect(await before.ended).toBe('ECONNRESET');
  expect(await client(proxy.port).ended).toBe('ECONNREFUSED');
  await proxy.set({ kind: 'pass' });
  const after = client(proxy.port);
  after.socket.write('b');
  await says(after, 'b');
});

test('reset on demand, present connections are cut off, and new ones are not', async () => {
  const { proxy } = await echo();
  const before = client(proxy.port);
  before.socket.write('a');
  await says(before, 'a');
  proxy.reset();
  expect(await before.ended).toBe('ECONNRESET');
  const after = client(proxy.port);
  after.socket.write('b');
  await says(after, 'b');
  expect(proxy.accepted()).toBe(2);
});

test('a client of a target that is not there is reset', async () => {
  const nowhere = await startToxicProxy({ host: '127.0.0.1', port: await freePort() });
  onTestFinished(nowhere.close);
  expect(await client(nowhere.port).ended).toBe('ECONNRESET');
  expect(nowhere.accepted()).toBe(1);
});

redisTest('a Redis command whose reply is dropped was still carried out', async () => {
  const server = await startRedis();
  onTestFinished(server.stop);
  const proxy = await startToxicProxy({ path: server.socket });
  onTestFinished(proxy.close);
  const redis = new Redis({
    host: proxy.host,
    port: proxy.port,
    commandTimeout: 100,
    autoResendUnfulfilledCommands: false,
  });
  redis.on('error', () => undefined);
  onTestFinished(() => redis.disconnect());
  expect(await redis.incr('a')).toBe(1);
  await proxy.set({ kind: 'drop-replies' });
  await expect(redis.incr('a')).rejects.toThrow('timed out');
  expect(await server.cli('GET', 'a')).toBe('2');
});
