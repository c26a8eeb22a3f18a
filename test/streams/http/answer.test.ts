import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { bodyOf, fetchFault, isPassing } from '../../../streams/http/answer.ts';
import { until } from '../../support/clock.ts';
import { freePort } from '../../support/redis/ports.ts';

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('a body that fits is read whole, and each piece is noted', async () => {
  const url = await serving((_, response) => response.end('0123456789'));
  let pieces = 0;
  expect((await bodyOf(await fetch(url), 10, () => pieces++))?.toString()).toBe('0123456789');
  expect(pieces).toBeGreaterThan(0);
  expect(await bodyOf(await fetch(url, { method: 'HEAD' }), 10)).toHaveLength(0);
});

test('a small body that unpacks to a huge one is not read to its end', async () => {
  let isCut = false;
  const url = await serving((_, response) => {
    response.on('close', () => (isCut = true));
    response.writeHead(200, { 'content-encoding': 'gzip' });
    // The end of the answer is held back: only cancelling closes it.
    response.write(gzipSync(Buffer.alloc(2 ** 24)));
  });
  expect(await bodyOf(await fetch(url), 2 ** 20)).toBeUndefined();
  await until(() => isCut);
});

test('a request that fails says why, not only that it failed', async () => {
  const url = await serving((request) => request.socket.destroy());
  const reset = await fetch(url).catch((error: unknown) => error);
  expect(fetchFault(reset)).toBe('other side closed');
  const nowhere = await fetch(`http://127.0.0.1:${await freePort()}/`).catch((error: unknown) => error);
  expect(fetchFault(nowhere)).toMatch(/ECONNREFUSED/);
  expect(fetchFault(Object.assign(new Error(''), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
});

test('faults of the server and "later" may pass; what the server refuses does not', () => {
  expect([408, 425, 429, 500, 502, 503, 504].filter((status) => !isPassing(status))).toEqual([]);
  expect([301, 400, 401, 403, 404, 410, 501].filter(isPassing)).toEqual([]);
});
