import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/sinks/webhook/address-guard.ts';
import { connect } from '../../../src/sinks/webhook/connect.ts';
import { send, type Attempt } from '../../../src/sinks/webhook/send.ts';
import {
  parseTarget,
  shownUrl,
  systemResolver,
  vetTarget,
  type Resolver,
  type Target,
  type TargetRules,
} from '../../../src/sinks/webhook/target.ts';
import { HandClock, settled, until } from '../../support/clock.ts';
import { httpReceiver, loopbackRules, network, outgoing, rawReceiver, type Receiver } from './receivers.ts';

const NEVER = new AbortController().signal;

/** `PORT` is the canary's. Ports and http are allowed to them all, so that it is the address or the form that is refused. */
const HOSTILE_URLS: readonly string[] = [
  // Loopback, in every spelling that some parser knows.
  'http://127.0.0.1:PORT/',
  'http://127.0.0.2:PORT/',
  'http://127.255.255.254:PORT/',
  'http://127.1:PORT/',
  'http://127.0.1:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f000001:PORT/',
  'http://0x7f.0.0.1:PORT/',
  'http://0x7f.1:PORT/',
  'http://017700000001:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://0177.0.0.01:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://127。0。0。1:PORT/',
  'http://①②⑦.⓪.⓪.①:PORT/',
  'http://１２７.0.0.1:PORT/',
  'http://%31%32%37.0.0.1:PORT/',
  'http://[::1]:PORT/',
  'http://[0:0:0:0:0:0:0:1]:PORT/',
  'http://[0000::0001]:PORT/',
  // This host.
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  'http://0.0.0.1:PORT/',
  'http://[::]:PORT/',
  'http://0x0:PORT/',
  // IPv4 inside IPv6.
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[0:0:0:0:0:ffff:7f00:1]:PORT/',
  'http://[::ffff:0.0.0.0]:PORT/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::127.0.0.1]:PORT/',
  'http://[::ffff:0:127.0.0.1]:PORT/',
  'http://[64:ff9b::127.0.0.1]:PORT/',
  'http://[64:ff9b::7f00:1]:PORT/',
  'http://[64:ff9b:1::7f00:1]:PORT/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[2002:7f00:1::]:PORT/',
  'http://[2002:a9fe:a9fe::1]/',
  'http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:PORT/',
  'http://[fe80::5efe:127.0.0.1]:PORT/',
  // Private and special networks.
  'http://10.0.0.1:PORT/',
  'http://172.16.0.1:PORT/',
  'http://172.31.255.255:PORT/',
  'http://192.168.0.1:PORT/',
  'http://100.64.0.1:PORT/',
  'http://198.18.0.1:PORT/',
  'http://192.0.2.1:PORT/',
  'http://224.0.0.1:PORT/',
  'http://240.0.0.1:PORT/',
  'http://255.255.255.255:PORT/',
  'http://[fc00::1]:PORT/',
  'http://[fe80::1]:PORT/',
  'http://[fe80::1%25lo]:PORT/',
  'http://[fec0::1]:PORT/',
  'http://[ff02::1]:PORT/',
  'http://[2001:db8::1]:PORT/',
  // Metadata services.
  'http://169.254.169.254/latest/meta-data/',
  'http://169.254.169.254.:80/',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://[fd00:ec2::254]/',
  'http://100.100.100.200/',
  'http://168.63.129.16/',
  // Names that lead there.
  'http://localhost:PORT/',
  'http://LOCALHOST:PORT/',
  'http://localhost.:PORT/',
  'http://app.localhost:PORT/',
  'http://metadata.google.internal/',
  'http://inside.test:PORT/',
  'http://mapped.test:PORT/',
  'http://nat64.test:PORT/',
  'http://mixed.test:PORT/',
  'http://zoned.test:PORT/',
  // User names, other schemes, and what one parser reads otherwise than the next.
  'http://example.org@127.0.0.1:PORT/',
  'http://user:password@127.0.0.1:PORT/',
  'http://@127.0.0.1:PORT/',
  'http://127.0.0.1:PORT\\@example.org/',
  'http:\\\\127.0.0.1:PORT/',
  'http:/127.0.0.1:PORT/',
  'http:127.0.0.1:PORT/',
  'http:///127.0.0.1:PORT/',
  'http:///user@127.0.0.1:PORT/',
  '//127.0.0.1:PORT/',
  ' http://127.0.0.1:PORT/',
  'http://127.0.0.1:PORT/\r\nx-injected: 1',
  'http://127.0.0.1:PORT/%0d%0ax-injected:1',
  'http://127.0.0.1\t:PORT/',
  'http://127.0.\n0.1:PORT/',
  'http://127.0.0.1:PORT#@example.org/',
  'http://127.0.0.1:PORT?@example.org/',
  'http://127.0.\u{ad}0.1:PORT/',
  'http://127.0.0.\u{200b}1:PORT/',
  'gopher://127.0.0.1:PORT/_POST',
  'ftp://127.0.0.1:PORT/',
  'file:///etc/passwd',
  'unix:/run/docker.sock',
  'http+unix://%2Frun%2Fdocker.sock/',
  'data:text/plain,x',
  'javascript:alert(1)',
  'ws://127.0.0.1:PORT/',
  'http://',
  'https://',
  '',
];

/** What the names above lead to. `mixed` has a good address before the bad one. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'inside.test': ['127.0.0.1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  'mixed.test': ['9.9.9.9', '127.0.0.1'],
  'zoned.test': ['fe80::1%lo'],
  'metadata.google.internal': ['169.254.169.254'],
};

/** Names of localhost lead to loopback, as in any hosts file; what it does not know it does not ask the network. */
const resolve: Resolver = async (name) => NAMES[name] ?? (/(^|\.)localhost\.?$/.test(name) ? ['127.0.0.1', '::1'] : []);

describe('hostile URLs', () => {
  test(`there are ${HOSTILE_URLS.length}, and at least 60`, () => {
    expect(new Set(HOSTILE_URLS).size).toBeGreaterThanOrEqual(60);
  });

  test.each(HOSTILE_URLS)('%j reaches nothing', async (url) => {
    const canary = await rawReceiver((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\n'), '::');
    const text = url.replace('PORT', String(canary.port));
    const rules: TargetRules = { http: true, ports: [canary.port, 80, 443], allow: [] };
    const attempt = await sentTo(text, rules);
    expect(attempt).toMatchObject({ ok: false, ms: 0 });
    expect(attempt.ok ? '' : attempt.reason).toMatch(/^(?:url|address|name): /);
    await settled();
    expect(canary.connections()).toBe(0);
  });

  test('the canary does sing when it is reached: by loopback, and by every address of this machine', async () => {
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

describe('bad input 60: a URL is refused when it is configured, with its reason', () => {
  const strict: TargetRules = { http: false, ports: undefined, allow: [] };

  test.each([
    ['http://example.org/', 'is http: say http: true to send unencrypted'],
    ['gopher://example.org/', 'has the scheme gopher: not https:'],
    ['https://example.org:8080/', 'has the port 8080; allowed are 443, 8443 (option ports)'],
    ['https://user:pass@example.org/', 'holds a user name or a password: use a header from a file'],
    ['https://169.254.169.254/', '169.254.169.254 is a metadata address'],
    ['https://2130706433/', '127.0.0.1 is a loopback address'],
    ['https://[::ffff:7f00:1]/', '::ffff:7f00:1 is an ipv4-mapped address, which carries 127.0.0.1'],
    ['https://example.org/a\r\nb', 'holds a space, a control character or a backslash'],
    ['example.org/hook', 'is no URL with a scheme and a host, such as https://example.org/hook'],
    ['https://exa mple.org/', 'holds a space, a control character or a backslash'],
    ['https://256.256.256.256/', 'is no URL'],
    [`https://example.org/${'a'.repeat(2048)}`, 'is longer than 2048 characters'],
  ])('%j', (url, reason) => {
    const parsed = parseTarget(url, strict);
    expect(parsed.ok ? 'taken' : parsed.reason).toBe(reason);
  });

  test.each([
    ['https://example.org/hook?a=1', 443],
    ['https://example.org:8443/', 8443],
    ['https://EXAMPLE.org', 443],
    ['https://bücher.example/', 443],
    ['https://[2606:4700:4700::1111]/', 443],
    ['https://9.9.9.9/', 443],
  ])('%s is taken', (url, port) => {
    expect(parseTarget(url, strict)).toMatchObject({ ok: true, target: { isTls: true, port } });
  });
});

test('whatever is written, what is taken is https, to an allowed port, without a password, and no address but a public one', () => {
  const strict: TargetRules = { http: false, ports: undefined, allow: [] };
  const pieces = fc.constantFrom(
    ...[
      'https',
      'http',
      'HTTPS',
      ':',
      '/',
      '//',
      '@',
      '[',
      ']',
      '127.0.0.1',
      '::1',
      '::ffff:',
      '10.0.0.1',
      '0x7f.1',
      '017',
    ],
    ...[
      '2130706433',
      '8.8.8.8',
      '.',
      '%2e',
      '%31',
      'localhost',
      'a.example',
      '\\',
      '\t',
      '\n',
      '?',
      '#',
      '443',
      '22',
      '８',
      '。',
    ],
  );
  const built = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''));
  const near = fc
    .tuple(fc.constant('https://'), fc.array(pieces, { maxLength: 6 }))
    .map(([head, tail]) => head + tail.join(''));
  fc.assert(
    fc.property(fc.oneof(built, near, fc.webUrl(), fc.string({ unit: 'binary' })), (text) => {
      const parsed = parseTarget(text, strict);
      if (!parsed.ok) return;
      const { url, host, port, isTls } = parsed.target;
      expect([isTls, url.protocol, url.username, url.password]).toEqual([true, 'https:', '', '']);
      expect([443, 8443]).toContain(port);
      expect(isIP(host) === 0 || classify(host).kind === 'public').toBe(true);
      // What is no address to us must be none to the resolver either: it takes 127.1 and 0x7f000001 for loopback.
      if (isIP(host) === 0) expect(host).not.toMatch(/^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*\.?$/i);
    }),
    { numRuns: 5000 },
  );
});

test('the machine resolves localhost to loopback, which is refused', async () => {
  const target = vettable('https://localhost/', loopbackRules(443));
  const none: TargetRules = { ...loopbackRules(443), allow: [] };
  expect(await vetTarget(target, none, systemResolver)).toMatchObject({ ok: false, why: 'refused' });
});

describe('bad input 59: names', () => {
  test('one that does not exist is a failure to be tried again', async () => {
    const attempt = await sentTo('https://nowhere.test/', loopbackRules(443), async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    });
    expect(attempt).toMatchObject({ retry: true, reason: 'name: the name nowhere.test cannot be resolved: ENOTFOUND' });
  });

  test('one whose server never answers ends at the deadline', async () => {
    const clock = new HandClock();
    const means = {
      clock,
      resolve: () => new Promise<never>(() => undefined),
      rules: loopbackRules(443),
      ca: undefined,
    };
    const attempt = send(outgoing('https://silent.test/'), means, NEVER);
    await clock.turn(30_000);
    expect(await attempt).toEqual({ ok: false, retry: true, reason: 'name: not done within 30 s', ms: 30_000 });
  });

  test('one that leads to loopback at the second look is asked once, and only what was vetted is connected to', async () => {
    const { good, canary } = await twoLoopbacks();
    let asked = 0;
    const rebinding: Resolver = async () => [asked++ === 0 ? '127.0.0.2' : '127.0.0.1'];
    const rules = { http: true, ports: [good.port], allow: [network('127.0.0.2/32')] };
    const url = `http://rebinding.test:${good.port}/`;
    expect(await sentTo(url, rules, rebinding)).toMatchObject({ ok: true });
    expect(asked).toBe(1);
    expect(await sentTo(url, rules, rebinding)).toMatchObject({
      ok: false,
      retry: true,
      reason: 'address: 127.0.0.1 is a loopback address',
    });
    expect([good.connections(), canary.connections()]).toEqual([1, 0]);
  });

  test('of several addresses that may be sent to, one that does not answer is passed over', async () => {
    const receiver = await httpReceiver((_, response) => response.end());
    const rules = loopbackRules(receiver.port);
    const attempt = await sentTo(`http://two.test:${receiver.port}/`, rules, async () => ['127.0.0.3', '127.0.0.1']);
    expect(attempt).toMatchObject({ ok: true });
  });

  test('a socket that is connected elsewhere than was vetted is closed before a byte is written', async () => {
    const receiver = await rawReceiver(() => undefined);
    const target = vettable(`http://127.0.0.1:${receiver.port}/`, loopbackRules(receiver.port));
    expect(await connect(target, ['127.0.0.2'], { ca: undefined }, NEVER)).toEqual({
      ok: false,
      reason: 'connect: 127.0.0.1 is not the address that was vetted',
    });
    await until(() => receiver.connections() === 1 && receiver.open() === 0);
    expect(receiver.bytes()).toBe(0);
  });

  test('a name without any address is unresolved', async () => {
    const target = vettable('https://empty.test/', loopbackRules(443));
    expect(await vetTarget(target, loopbackRules(443), async () => [])).toEqual({
      ok: false,
      why: 'unresolved',
      reason: 'the name has no address',
    });
  });
});

test('proxies of the environment are not used', async () => {
  const [proxy, receiver] = [await rawReceiver(() => undefined), await httpReceiver((_, response) => response.end())];
  const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'NODE_USE_ENV_PROXY'] as const;
  const before = names.map((name) => process.env[name]);
  for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : `http://127.0.0.1:${proxy.port}`;
  try {
    const attempt = await sentTo(`http://127.0.0.1:${receiver.port}/`, loopbackRules(receiver.port));
    expect(attempt).toMatchObject({ ok: true });
  } finally {
    for (const [i, name] of names.entries()) {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    }
  }
  expect([proxy.connections(), receiver.connections()]).toEqual([0, 1]);
});

describe('a URL is shown without what may be secret', () => {
  test.each([
    ['https://hooks.slack.com/services/T000/B000/xyz', 'https://hooks.slack.com/…'],
    ['https://api.telegram.org/bot123:abc/sendMessage?chat=1', 'https://api.telegram.org/…'],
    ['https://user:password@example.org:8443/', 'https://example.org:8443/'],
    ['https://example.org/?token=1', 'https://example.org/…'],
    ['https://example.org', 'https://example.org/'],
    ['not a URL', '[no URL]'],
  ])('%s', (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });
});

async function sentTo(url: string, rules: TargetRules, resolver: Resolver = resolve): Promise<Attempt> {
  return send(outgoing(url), { clock: new HandClock(), resolve: resolver, rules, ca: undefined }, NEVER);
}

function vettable(url: string, rules: TargetRules): Target {
  const parsed = parseTarget(url, rules);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.target;
}

/** Two receivers on one port: a good one on 127.0.0.2, and the canary on 127.0.0.1. */
async function twoLoopbacks(): Promise<{ readonly good: Receiver; readonly canary: Receiver }> {
  for (let tries = 0; tries < 20; tries++) {
    const good = await httpReceiver((_, response) => response.end(), '127.0.0.2');
    try {
      return { good, canary: await rawReceiver(() => undefined, '127.0.0.1', good.port) };
    } catch {
      // The port is another's on 127.0.0.1.
    }
  }
  throw new Error('no port is free on both addresses');
}
