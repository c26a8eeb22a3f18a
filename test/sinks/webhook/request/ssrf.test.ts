import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { TargetRules } from '../../../../src/sinks/webhook/request/target.ts';
import { settled } from '../../../support/clock.ts';
import { connectProxy, withProxies } from '../../../support/proxy.ts';
import { sentTo } from '../attempts.ts';
import { HOSTILE_URLS, hostileNames } from './hostile-urls.ts';
import { httpReceiver, loopbackRules, network, rawReceiver } from '../receivers.ts';

describe('hostile URLs', () => {
  test(`there are ${HOSTILE_URLS.length}, and at least 60`, () => {
    expect(new Set(HOSTILE_URLS).size).toBeGreaterThanOrEqual(60);
  });

  test.each(HOSTILE_URLS)('%j reaches nothing', async (url) => {
    const canary = await rawReceiver((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\n'), '::');
    const text = url.replace('PORT', String(canary.port));
    const rules: TargetRules = { http: true, ports: [canary.port, 80, 443], allow: [] };
    const attempt = await sentTo(text, rules, hostileNames);
    expect(attempt).toMatchObject({ ok: false, ms: 0 });
    expect(attempt.ok ? '' : attempt.reason).toMatch(/^(?:url|address|name): /);
    await settled();
    expect(canary.connections()).toBe(0);
  });

  test('the canary reports when it is reached: by loopback, and by every address of this machine', async () => {
    const canary = await httpReceiver((_, response) => response.end(), '::');
    const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const own = all.filter(({ address }) => !address.startsWith('fe80:'));
    for (const { address, family, cidr } of own) {
      const host = family === 'IPv6' ? `[${address}]` : address;
      const allow = [network(cidr ?? `${address}/32`)];
      const attempt = await sentTo(`http://${host}:${canary.port}/`, { http: true, ports: [canary.port], allow });
      expect(attempt).toMatchObject({ ok: true });
    }
    expect(canary.connections()).toBe(own.length);
    expect(own.length).toBeGreaterThan(0);
  });
});

test('a proxy of the environment is not used for a host of NO_PROXY', async () => {
  const [proxy, receiver] = [await connectProxy(), await httpReceiver((_, response) => response.end())];
  withProxies({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1', NODE_USE_ENV_PROXY: '1' });
  const attempt = await sentTo(`http://127.0.0.1:${receiver.port}/`, loopbackRules(receiver.port));
  expect(attempt).toMatchObject({ ok: true });
  expect([proxy.asked, receiver.connections()]).toEqual([[], 1]);
});
