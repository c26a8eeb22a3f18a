import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePrefix, type Prefix } from '../../../../src/bgp/prefix.ts';
import { classify, refusalOf, type AddressKind } from '../../../../src/sinks/webhook/request/address-guard.ts';

const KINDS: readonly (readonly [AddressKind, ...string[]])[] = [
  ['public', '8.8.8.8', '1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
  ['public', '172.15.255.255', '172.32.0.0', '192.0.1.0', '198.17.255.255', '198.20.0.0', '223.255.255.255'],
  ['public', '2606:4700:4700::1111', '2001:200::1', '2a00:1450:4001:81b::200e', '3ffe::1'],
  ['unspecified', '0.0.0.0', '0.1.2.3', '::', '0:0:0:0:0:0:0:0'],
  ['loopback', '127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1'],
  ['private', '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fdff::1'],
  ['shared', '100.64.0.1', '100.127.255.255'],
  ['link-local', '169.254.0.1', '169.254.255.255', 'fe80::1', 'febf::1'],
  ['site-local', 'fec0::1', 'feff::1'],
  ['multicast', '224.0.0.1', '239.255.255.255', 'ff02::1'],
  ['broadcast', '255.255.255.255'],
  ['documentation', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  ['benchmarking', '198.18.0.1', '198.19.255.255', '2001:2::1'],
  ['reserved', '240.0.0.1', '192.0.0.1', '2001:10::1', '100::1', '4000::1', '5f00::1', '1::1'],
  ['metadata', '169.254.169.254', '169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
  ['metadata', 'fd00:ec2::254', 'fd00:0ec2:0:0:0:0:0:254', 'fd20:ce::254'],
  ['ipv4-mapped', '::ffff:127.0.0.1', '::ffff:7f00:1', '::FFFF:8.8.8.8', '0:0:0:0:0:ffff:7f00:0001'],
  ['ipv4-compatible', '::127.0.0.1', '::7f00:1', '::8.8.8.8', '::2'],
  ['ipv4-translated', '::ffff:0:127.0.0.1'],
  ['nat64', '64:ff9b::127.0.0.1', '64:ff9b::8.8.8.8', '64:ff9b:1:7f00:0:100::', '64:ff9b:1::10.0.0.1'],
  ['6to4', '2002:7f00:1::1', '2002:0808:0808::1', '192.88.99.1'],
  ['teredo', '2001:0:4136:e378:8000:63bf:80ff:fffe'],
  ['isatap', '2606:4700::5efe:10.0.0.1', '2606:4700::200:5efe:7f00:1', 'fe80::5efe:192.168.0.1'],
  ['unreadable', '', 'localhost', '127.1', '0x7f.0.0.1', '0177.0.0.1', '2130706433', 'fe80::1%eth0', '1.2.3.4 ', ':::'],
];

const rows = KINDS.flatMap(([kind, ...addresses]) => addresses.map((address) => [address, kind] as const));

test.each(rows)('%s is %s', (address, kind) => {
  expect(classify(address).kind).toBe(kind);
});

test.each(rows)('%s (%s) may be sent to only when it is public', (address, kind) => {
  expect(refusalOf(address, []) === undefined).toBe(kind === 'public');
});

describe('the IPv4 address inside an IPv6 address is found', () => {
  test.each([
    ['::ffff:7f00:1', ['127.0.0.1']],
    ['::10.1.2.3', ['10.1.2.3']],
    ['64:ff9b::a00:1', ['10.0.0.1']],
    ['64:ff9b:1::10.0.0.1', ['10.0.0.1']],
    ['64:ff9b:1:c0a8:1:200::', ['192.168.1.2']],
    ['2002:c0a8:1::1', ['192.168.0.1']],
    // RFC 4380 section 4: server 65.54.227.120, client 192.0.2.45, its bits turned over.
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', ['65.54.227.120', '192.0.2.45']],
    ['2606:4700::5efe:10.0.0.1', ['10.0.0.1']],
  ])('%s', (address, embedded) => {
    expect(classify(address).embedded).toEqual(embedded);
  });
});

describe('allowed networks', () => {
  test.each([
    ['192.168.7.9', ['192.168.0.0/16'], true],
    ['192.168.7.9', ['192.168.8.0/24'], false],
    ['127.0.0.1', ['127.0.0.0/8'], true],
    ['::1', ['::1/128'], true],
    ['fd12::1', ['fd00::/8'], true],
    ['0.0.0.0', ['0.0.0.0/0'], false],
    ['::', ['::/0'], false],
    ['255.255.255.255', ['0.0.0.0/0'], false],
    ['224.0.0.1', ['0.0.0.0/0'], false],
    ['ff02::1', ['::/0'], false],
    ['169.254.169.254', ['169.254.0.0/16'], false],
    ['169.254.169.254', ['0.0.0.0/0'], false],
    ['169.254.169.254', ['169.254.169.254/32'], true],
    ['fd00:ec2::254', ['fd00::/8'], false],
    // A gateway of one's own opens the way to public addresses, not to what lies behind it.
    ['64:ff9b::8.8.8.8', ['64:ff9b::/96'], true],
    ['64:ff9b::10.0.0.1', ['64:ff9b::/96'], false],
    ['64:ff9b::10.0.0.1', ['64:ff9b::/96', '10.0.0.0/8'], true],
    ['64:ff9b::169.254.169.254', ['64:ff9b::/96', '169.254.0.0/16'], false],
    ['::ffff:127.0.0.1', ['127.0.0.0/8'], false],
  ])('%s with %j: %s', (address, allow, isAllowed) => {
    expect(refusalOf(address, allow.map(network)) === undefined).toBe(isAllowed);
  });
});

test('no forbidden IPv4 address passes in any IPv6 notation', () => {
  const bad = fc
    .constantFrom('127.0.0.0', '10.0.0.0', '192.168.0.0', '169.254.0.0', '172.16.0.0', '100.64.0.0', '0.0.0.0')
    .chain((net) => fc.nat(0xffff).map((low) => net.replace(/\d+\.\d+$/, `${low >>> 8}.${low & 255}`)));
  const spelt = fc.tuple(
    bad,
    fc.constantFrom('::ffff:', '::', '64:ff9b::', '::ffff:0:', '64:ff9b:1::', '2606:4700::5efe:'),
  );
  fc.assert(fc.property(spelt, ([address, head]) => refusalOf(`${head}${address}`, []) !== undefined));
});

test('any spelling of an address is classified alike', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const host = new URL(`http://[${address}]/`).hostname.slice(1, -1);
      expect(classify(address.toUpperCase())).toEqual(classify(host));
    }),
  );
});

test('a refusal says what the address is and what it carries', () => {
  expect(refusalOf('::ffff:7f00:1', [])).toBe('::ffff:7f00:1 is an ipv4-mapped address, which carries 127.0.0.1');
  expect(refusalOf('10.0.0.1', [])).toBe('10.0.0.1 is a private address');
});

function network(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`${text} is not a network`);
  return prefix;
}
