import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classify } from '../../../../src/sinks/webhook/request/address-guard.ts';
import { parseTarget, shownUrl, type TargetRules } from '../../../../src/sinks/webhook/request/target.ts';

describe('bad input 60: a URL is refused when it is configured, with its reason', () => {
  const strict: TargetRules = { http: false, ports: undefined, allow: [] };

  test.each([
    ['http://example.org/', 'is http: --http allows that, in YAML http: true'],
    ['gopher://example.org/', 'has the scheme gopher: not https:'],
    ['https://example.org:8080/', 'has the port 8080; allowed are 443, 8443 (--port allows others, in YAML ports)'],
    ['https://user:pass@example.org/', 'holds a user name or a password: use a header from a file'],
    [
      'https://169.254.169.254/',
      '169.254.169.254 is a metadata address (--allow opens a network of your own, in YAML allow)',
    ],
    ['https://2130706433/', '127.0.0.1 is a loopback address (--allow opens a network of your own, in YAML allow)'],
    [
      'https://[::ffff:7f00:1]/',
      '::ffff:7f00:1 is an ipv4-mapped address, which carries 127.0.0.1 (--allow opens a network of your own, in YAML allow)',
    ],
    ['https://example.org/a\r\nb', 'holds a space, a control character or a backslash'],
    ['example.org/hook', 'is not a URL with a scheme and a host, such as https://example.org/hook'],
    ['https://exa mple.org/', 'holds a space, a control character or a backslash'],
    ['https://256.256.256.256/', 'is not a URL'],
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
      // What is not an address for us must not be one for the resolver either: it takes 127.1 and 0x7f000001 for loopback.
      if (isIP(host) === 0) expect(host).not.toMatch(/^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*\.?$/i);
    }),
    { numRuns: 5000 },
  );
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
