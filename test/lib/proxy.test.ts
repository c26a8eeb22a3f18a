import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { systemClock } from '../../src/app/system-clock.ts';
import { proxyOf } from '../../src/lib/proxy.ts';
import { send } from '../../src/sinks/webhook/request/send.ts';
import { request } from '../../streams/http/get.ts';
import { connect } from '../../streams/http/frames.ts';
import { fetchText } from '../../streams/http/fetch-text.ts';
import { connectProxy, withProxies } from '../support/proxy.ts';
import { makeCertificates } from '../sinks/webhook/request/certificates.ts';
import { httpReceiver, httpsReceiver, outgoing } from '../sinks/webhook/receivers.ts';

const NEVER = new AbortController().signal;
/** No name server knows it: who reaches it was led there by the proxy. */
const NOWHERE = 'nowhere.invalid';
const PUBLIC = '93.184.216.34';

async function saying(text: string): Promise<number> {
  return (await httpReceiver((_, response) => response.end(text))).port;
}

describe('20: the proxy of the environment', () => {
  test('RIPEstat is asked through it, with its credentials', async () => {
    const proxy = await connectProxy(await saying('{"a":1}'));
    withProxies({ HTTP_PROXY: proxy.url.replace('//', '//user:p%40ss@'), NODE_USE_ENV_PROXY: '1' });
    const answer = await fetchText(new URL(`http://${NOWHERE}/data`), { maxBytes: 1_000 }, NEVER);
    expect(answer).toMatchObject({ kind: 'answer', status: 200, text: '{"a":1}' });
    expect(proxy.asked).toEqual([`${NOWHERE}:80`]);
    expect(proxy.credentials).toEqual([`Basic ${Buffer.from('user:p@ss').toString('base64')}`]);
  });

  test('files of archives come through it', async () => {
    const proxy = await connectProxy(await saying('MRT'));
    withProxies({ HTTP_PROXY: proxy.url });
    const http = { clock: systemClock, random: () => 0, userAgent: 'test' };
    const answer = await request(`http://${NOWHERE}/updates.gz`, {}, http, NEVER);
    if (!answer.ok) throw new Error(answer.reason);
    expect(await answer.response.text()).toBe('MRT');
    answer.stalled.end();
    expect(proxy.asked).toEqual([`${NOWHERE}:80`]);
  });

  test('RIS Live is listened to through it: the proxy for http is that for ws', async () => {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => socket.send('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const proxy = await connectProxy((server.address() as AddressInfo).port);
    withProxies({ HTTP_PROXY: proxy.url });
    const stop = new AbortController();
    const connection = await connect({ url: `ws://${NOWHERE}/v1/ws/`, clock: systemClock }, stop.signal);
    if (!('frames' in connection)) throw new Error(connection.reason);
    for await (const [frame] of connection.frames()) {
      expect(String(frame)).toBe('hello');
      break;
    }
    stop.abort();
    await connection.closing;
    sockets.close();
    expect(proxy.asked).toEqual([`${NOWHERE}:80`]);
  });

  test('a fault of the proxy is reported for RIS Live, too', async () => {
    const proxy = await connectProxy(undefined, 407);
    withProxies({ HTTPS_PROXY: proxy.url });
    const closing = await connect({ url: `wss://${NOWHERE}/`, clock: systemClock }, NEVER);
    expect(closing).toMatchObject({ code: 1006 });
    expect(JSON.stringify(closing)).toContain('407');
  });

  test.each([
    ['a host of NO_PROXY', { HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: 'example.org,127.0.0.1' }],
    ['any host where NO_PROXY=*', { HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: '*' }],
    ['a proxy for https alone', { HTTPS_PROXY: 'http://127.0.0.1:1' }],
  ])('%s is reached without it', async (_, variables) => {
    withProxies(variables);
    const url = new URL(`http://127.0.0.1:${await saying('direct')}/`);
    expect(await fetchText(url, { maxBytes: 1_000 }, NEVER)).toMatchObject({ text: 'direct' });
  });

  test.each(['socks5://127.0.0.1:1080', 'not a proxy:secret'])('%s is refused by name, without its value', (value) => {
    withProxies({ HTTPS_PROXY: value });
    expect(() => proxyOf('https://example.org/')).toThrow(/^the proxy of HTTPS_PROXY, .* must be a URL like/);
  });
});

describe('20: a webhook through the proxy of the environment', () => {
  const rules = { http: true, ports: undefined, allow: [] };
  const sent = (url: string, address: string, ca?: string) =>
    send(outgoing(url), { clock: systemClock, resolve: async () => [address], rules, ca, deadlineMs: 10_000 }, NEVER);

  test('the proxy is asked for the address that was vetted, and TLS is with the name of the URL', async () => {
    const { good, authority } = makeCertificates();
    const receiver = await httpsReceiver(good, (_, response) => response.writeHead(204).end());
    const proxy = await connectProxy(receiver.port);
    withProxies({ HTTPS_PROXY: proxy.url });
    expect(await sent('https://hook.test/', PUBLIC, authority)).toMatchObject({ ok: true, status: 204 });
    expect(proxy.asked).toEqual([`${PUBLIC}:443`]);
    expect(await sent('https://other.test/', PUBLIC, authority)).toMatchObject({
      ok: false,
      reason: 'tls: ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  test.each(['10.0.0.1', '127.0.0.1', '169.254.169.254', '::1'])(
    'one that leads to %s is refused before the proxy is asked',
    async (address) => {
      const proxy = await connectProxy();
      withProxies({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url });
      expect(await sent('https://hook.test/', address)).toMatchObject({ ok: false });
      expect(proxy.asked).toEqual([]);
    },
  );

  test('a proxy that refuses, or is not there, is the reason', async () => {
    const proxy = await connectProxy(undefined, 403);
    withProxies({ HTTPS_PROXY: proxy.url.replace('//', '//user:secret@') });
    const refused = await sent('https://hook.test/', PUBLIC);
    expect(refused).toMatchObject({
      ok: false,
      retry: true,
      reason: `proxy: the proxy ${proxy.url} answered 403 to CONNECT`,
    });
    withProxies({ HTTPS_PROXY: 'http://127.0.0.1:1' });
    const away = await sent('https://hook.test/', PUBLIC);
    expect(away).toMatchObject({ ok: false, retry: true });
    expect(JSON.stringify(away)).toContain('proxy: the proxy http://127.0.0.1:1: connect ECONNREFUSED');
  });
});
