import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import type { StateStore } from '../../src/ports.ts';
import { outageStore, serving } from './scene.ts';

const DAY = '/api/v1/timeline?from=2014-12-22T12:00:00Z&until=2014-12-22T16:00:00Z';
const FILES = ['index.html', 'page.js', 'charts.js', 'page.css'];

let folder = '';
let store: StateStore;

beforeAll(async () => {
  store = await outageStore();
  folder = await mkdtemp(join(tmpdir(), 'unroutable-encodings-'));
  for (const name of FILES) {
    await writeFile(join(folder, `${name}.gz`), gzipSync(contentOf(name)));
    await writeFile(join(folder, `${name}.br`), brotliCompressSync(contentOf(name)));
  }
});
afterAll(() => rm(folder, { recursive: true }));

function contentOf(name: string): string {
  return `/* ${name} */ `.repeat(500);
}

interface Raw {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An answer as it came: `fetch` would undo the compression. */
function raw(url: string, headers: Record<string, string>, method = 'GET'): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, method }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const { statusCode = 0, headers: got } = response;
        resolve({ status: statusCode, headers: got, body: Buffer.concat(parts) });
      });
    });
    asked.on('error', reject).end();
  });
}

function unpacked({ headers, body }: Raw): string {
  const encoding = headers['content-encoding'];
  return (encoding === 'br' ? brotliDecompressSync(body) : encoding === 'gzip' ? gunzipSync(body) : body).toString();
}

describe('an answer is compressed as the client says, and its content is the same', () => {
  test.each([
    ['', undefined, undefined],
    ['identity', undefined, undefined],
    ['gzip', 'gzip', 'gzip'],
    ['GZIP', 'gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'gzip', 'br'],
    ['br', undefined, 'br'],
    ['gzip;q=0', undefined, undefined],
    ['br;q=0, gzip;q=0.5', 'gzip', 'gzip'],
    ['*', 'gzip', 'br'],
    ['*;q=0', undefined, undefined],
    ['*, gzip;q=0', undefined, 'br'],
    ['x-gzip-like, brotli', undefined, undefined],
    ['gzip;q=nonsense', undefined, undefined],
  ])('Accept-Encoding: %s', async (accepted, ofApi, ofPage) => {
    const { url } = await serving(store, { page: folder });
    const headers: Record<string, string> = accepted === '' ? {} : { 'accept-encoding': accepted };
    const api = await raw(`${url}${DAY}`, headers);
    expect([api.status, api.headers['content-encoding'], api.headers.vary]).toEqual([200, ofApi, 'Accept-Encoding']);
    expect(unpacked(api)).toBe((await raw(`${url}${DAY}`, {})).body.toString());
    for (const name of FILES) {
      const file = await raw(`${url}/${name === 'index.html' ? '' : name}`, headers);
      expect([name, file.headers['content-encoding'], file.headers.vary]).toEqual([name, ofPage, 'Accept-Encoding']);
      expect(unpacked(file)).toBe(contentOf(name));
    }
  });
});

test('a short answer is sent as it is, and says that it may depend on what is accepted', async () => {
  const { url } = await serving(store);
  const answer = await raw(`${url}/api/v1/verdict`, { 'accept-encoding': 'gzip' });
  expect([answer.headers['content-encoding'], answer.headers.vary]).toEqual([undefined, 'Accept-Encoding']);
  expect(JSON.parse(answer.body.toString())).toHaveProperty('verdicts');
});

test('a browser that has a file of the page gets 304, for the compression that it has', async () => {
  const { url } = await serving(store, { page: folder });
  const ask = (headers: Record<string, string>): Promise<Raw> => raw(`${url}/page.js`, headers);
  const [br, gzip, plain] = [
    await ask({ 'accept-encoding': 'br' }),
    await ask({ 'accept-encoding': 'gzip' }),
    await ask({}),
  ];
  const tags = [br, gzip, plain].map(({ headers }) => headers.etag ?? '');
  expect(new Set(tags).size).toBe(3);
  const [tag = ''] = tags;
  for (const held of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    const again = await ask({ 'accept-encoding': 'br', 'if-none-match': held });
    expect([held, again.status, again.body.length, again.headers.etag]).toEqual([held, 304, 0, tag]);
  }
  expect((await ask({ 'accept-encoding': 'gzip', 'if-none-match': tag })).status).toBe(200);
  expect((await ask({ 'accept-encoding': 'br', 'if-none-match': '"other"' })).status).toBe(200);
});

test('a part of a file is not served: a range is answered with the whole', async () => {
  const { url } = await serving(store, { page: folder });
  for (const range of ['bytes=0-9', 'bytes=-5', 'bytes=999999-', 'bytes=9-0', 'lines=1-2']) {
    const answer = await raw(`${url}/page.js`, { range });
    expect([range, answer.status, answer.headers['content-range']]).toEqual([range, 200, undefined]);
    expect(answer.body.toString()).toBe(contentOf('page.js'));
  }
});

test('HEAD has the headers of GET and no body, also of the stream, which then ends', async () => {
  const { url } = await serving(store, { page: folder });
  for (const path of ['/', '/page.js', '/api/v1/verdict', DAY, '/api/v1/events/stream', '/badge.svg', '/nothing']) {
    const head = await raw(`${url}${path}`, { 'accept-encoding': 'gzip' }, 'HEAD');
    expect([path, head.body.length]).toEqual([path, 0]);
    if (path === '/api/v1/events/stream') {
      expect([head.status, head.headers['content-type']]).toEqual([200, 'text/event-stream']);
      continue;
    }
    const get = await raw(`${url}${path}`, { 'accept-encoding': 'gzip' });
    for (const name of ['content-type', 'content-encoding', 'etag', 'vary', 'content-security-policy'])
      expect([path, name, head.headers[name]]).toEqual([path, name, get.headers[name]]);
    expect(head.status).toBe(get.status);
  }
});

test('the stream is never compressed nor held back, whatever is accepted', async () => {
  const { get } = await serving(store);
  const answer = await get('/api/v1/events/stream', { headers: { 'Accept-Encoding': 'gzip, br' } });
  expect(answer.headers.get('content-encoding')).toBeNull();
  expect(answer.headers.get('cache-control')).toBe('no-store, no-transform');
  expect(answer.headers.get('x-accel-buffering')).toBe('no');
  const reader = answer.body?.getReader();
  const first = await reader?.read();
  expect(new TextDecoder().decode(first?.value)).toContain('retry: 1000\n\n');
  await reader?.cancel();
});
