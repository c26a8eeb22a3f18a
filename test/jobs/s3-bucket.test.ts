import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { readdirSync, readlinkSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { S3Shelf } from '../../src/jobs/shelf/s3.ts';
import { S3Bucket } from '../../src/jobs/shelf/s3-bucket.ts';
import { HandClock, until } from '../support/clock.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A store on loopback, and a bucket of it whose time passes only by hand. */
async function bucketOf(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const stop = new AbortController();
  const clock = new HandClock();
  const access = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'here',
    bucket: 'extracts',
    accessKeyId: 'key',
    secretAccessKey: 'secret',
  };
  const means = { clock, random: () => 0, signal: stop.signal };
  return { bucket: new S3Bucket(access, means), shelf: new S3Shelf(access, '', means), clock, stop };
}

test('a request without an answer ends when the program is stopped', async () => {
  let requests = 0;
  const { bucket, clock, stop } = await bucketOf(() => requests++);
  const asked = bucket.get('KP/a');
  await until(() => requests === 1);
  stop.abort();
  await expect(asked).rejects.toThrow(stop.signal.reason as Error);
  expect([requests, clock.sleeping]).toEqual([1, 0]);
});

test('a wait for the next try ends when the program is stopped', async () => {
  const { bucket, clock, stop } = await bucketOf((_, response) => response.writeHead(503).end());
  const asked = bucket.putOnce('KP/a', 'text');
  await until(() => clock.sleeping === 1 && clock.nextWakeMs === 150);
  stop.abort();
  await expect(asked).rejects.toThrow(stop.signal.reason as Error);
  expect(clock.sleeping).toBe(0);
});

test('a store that asks to wait is asked again after that time, and not before', async () => {
  let requests = 0;
  const { bucket, clock } = await bucketOf((_, response) => {
    if (++requests === 1) response.writeHead(503, { 'retry-after': '7' }).end();
    else response.end('here');
  });
  const asked = bucket.get('KP/a');
  await until(() => clock.nextWakeMs === 7_000);
  await clock.turn(6_999);
  expect(requests).toBe(1);
  await clock.turn(1);
  expect((await asked)?.toString()).toBe('here');
});

test('a store that does not answer in time is asked again, and named in the end', async () => {
  let requests = 0;
  const { bucket, clock } = await bucketOf(() => requests++);
  const asked = bucket.putOnce('KP/a', 'text', 2);
  asked.catch(() => undefined);
  for (const each of [1, 2]) {
    await until(() => requests === each);
    await clock.turn(61_000);
  }
  await expect(asked).rejects.toThrow('the store cannot be reached: not done within 60.001 s');
  expect(requests).toBe(2);
});

test('an answer that is too large for memory is refused, and not read to its end', async () => {
  let wasCut = false;
  const { bucket } = await bucketOf((_, response) => {
    const piece = Buffer.alloc(2 ** 22);
    response.on('close', () => (wasCut = true));
    const send = (): void => {
      // Until the buffers of the connection are full; then 'drain' continues.
      while (response.write(piece));
    };
    response.on('drain', send);
    send();
  });
  await expect(bucket.get('KP/a')).rejects.toThrow("the store's answer is larger than 256 MiB");
  await until(() => wasCut);
});

test('a command that is stopped while it tests a store leaves no object there', async () => {
  const requests: string[] = [];
  const { shelf, stop } = await bucketOf(({ method = '', url = '' }, response) => {
    requests.push(`${method} ${url.split('?')[0]}`);
    // The second object is never answered: the command is stopped meanwhile.
    if (requests.length === 2) stop.abort();
    else response.end();
  });
  await expect(shelf.prove()).rejects.toThrow();
  const [put = '', again, removed, ...others] = requests;
  expect(put).toMatch(/^PUT \/extracts\/\.proofs\//);
  expect([again, removed, others]).toEqual([put, put.replace('PUT', 'DELETE'), []]);
});

test('what a store does not implement is not asked for again', async () => {
  let requests = 0;
  const { bucket } = await bucketOf((_, response) => {
    requests++;
    response.writeHead(501).end();
  });
  await expect(bucket.putOnce('KP/a', 'text')).rejects.toThrow('501');
  expect(requests).toBe(1);
});

test.skipIf(process.platform !== 'linux')('a file whose request fails is closed', async () => {
  const { bucket, clock } = await bucketOf((request) => request.socket.destroy());
  for (const close of closing.splice(0)) close();
  const path = fileURLToPath(import.meta.url);
  const outcome: string[] = [];
  void bucket.putFileOnce('KP/a', path).catch((error: unknown) => outcome.push(String(error)));
  while (outcome.length === 0) await clock.turn(1_000);
  expect(outcome[0]).toMatch(/the store cannot be reached/);
  const isOpen = () => openFiles().includes(path);
  await until(() => !isOpen());
});

/** Files that this process has open. */
function openFiles(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((each) => {
    try {
      return readlinkSync(`/proc/self/fd/${each}`);
    } catch {
      return [];
    }
  });
}
