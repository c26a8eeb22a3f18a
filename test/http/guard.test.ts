import { connect } from 'node:net';
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { httpPlace } from '../../src/app/http/http-options.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { LOOPBACK, outageStore, serving } from './scene.ts';

const TOKEN = 'a-token-of-some-length';

/** A request with headers that `fetch` does not let us set. */
function asked(url: string, headers: Record<string, string>, method = 'GET'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers, method }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

test('another host name is refused on loopback: a page elsewhere may not read us by DNS rebinding', async () => {
  const { url } = await serving(memoryStore());
  expect(await asked(url, { Host: 'evil.example' })).toBe(403);
  expect(await asked(`${url}/healthz`, { Host: 'localhost:1' })).toBe(200);
});

test('a page of another origin is refused, and there is no CORS', async () => {
  const { url, get } = await serving(memoryStore());
  expect(await asked(`${url}/healthz`, { Origin: 'https://evil.example' })).toBe(403);
  expect(await asked(`${url}/healthz`, { Origin: url })).toBe(200);
  expect((await get('/healthz')).headers.get('access-control-allow-origin')).toBeNull();
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is refused: nothing can be changed', async (method) => {
  const { get } = await serving(memoryStore());
  expect((await get('/api/v1/verdict', { method })).status).toBe(405);
});

test('every answer has the policy that lets no foreign script run', async () => {
  const { get } = await serving(memoryStore());
  for (const path of ['/', '/api/v1/verdict', '/nothing', '/badge.svg']) {
    const policy = (await get(path)).headers.get('content-security-policy');
    expect([path, policy]).toEqual([path, expect.stringContaining("default-src 'none'; script-src 'self'")]);
    expect(policy).not.toContain('unsafe');
  }
});

test('with a token nothing but health is answered without it', async () => {
  const access = { ...LOOPBACK, token: TOKEN };
  const { get } = await serving(await outageStore(), { access });
  const status = async (path: string, token?: string): Promise<number> =>
    (await get(path, token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } })).status;
  for (const path of [
    '/',
    '/api/v1/verdict',
    '/openapi.json',
    '/feed.xml',
    '/api/v1/events/stream',
    '/metrics',
    '/page.js',
  ])
    expect([path, await status(path), await status(path, `${TOKEN}x`)]).toEqual([path, 401, 401]);
  expect(await status('/api/v1/verdict', TOKEN)).toBe(200);
  expect(await status('/api/v1/verdict?token=' + TOKEN)).toBe(401);
  expect(await status('/healthz')).toBe(200);
});

test('a browser shows the token once, and has it in a cookie that scripts cannot read', async () => {
  const { get } = await serving(await outageStore(), { access: { ...LOOPBACK, token: TOKEN } });
  const answer = await get(`/?token=${TOKEN}`, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/']);
  const cookie = answer.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/HttpOnly.*SameSite=Strict/);
  expect((await get('/api/v1/verdict', { headers: { Cookie: cookie.split(';')[0] ?? '' } })).status).toBe(200);
});

test.each([
  ['headers of a megabyte', `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`, '431'],
  ['no HTTP', 'hello\r\n\r\n', '400'],
  ['a body', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n', '413'],
])('%s: refused, and the server goes on', async (_, bytes, status) => {
  const { url, get } = await serving(memoryStore());
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (data) => {
      text += data.toString();
      if (text.includes('\r\n')) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect((await get('/healthz')).status).toBe(200);
});

test('readiness is 503 with the reason, also when the reason cannot be asked for', async () => {
  const blind = await serving(memoryStore(), { unready: async () => 'blind: every verdict is unknown' });
  const answer = await blind.get('/readyz');
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { ready: false, reason: 'blind: every verdict is unknown' },
  ]);
  const away = await serving(memoryStore(), { unready: () => Promise.reject(new Error('away')) });
  expect((await away.get('/readyz')).status).toBe(503);
});

test.each([
  [{ http: '4680' }, true],
  [{ http: '127.0.0.1:4680' }, true],
  [{ http: '[::1]:4680' }, true],
  [{ http: 'LOCALHOST:4680' }, true],
  [{ http: '0.0.0.0:4680' }, '--http-public'],
  [{ http: '127.example.com:4680' }, '--http-public'],
  [{ http: '0.0.0.0:4680', httpPublic: true }, true],
  [{ http: 'port' }, '[HOST:]PORT is needed'],
  [{ http: '99999' }, '[HOST:]PORT is needed'],
  [{ http: '4680', httpToken: '/no/such/file' }, 'there is no such file'],
])('%j: an address that others reach needs a token, or a word', async (settings, wanted) => {
  const place = await httpPlace(settings, { env: {} } as never);
  if (wanted === true) expect(place.ok).toBe(true);
  else expect(place.ok ? '' : place.faults.join()).toContain(wanted);
});

test('a short token is refused', async () => {
  const place = await httpPlace({ http: '0.0.0.0:1' }, { env: { UNROUTABLE_HTTP_TOKEN: 'short' } } as never);
  expect(place).toMatchObject({ ok: false, kind: 'usage' });
});
