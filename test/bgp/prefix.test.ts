import fc from 'fast-check';
import { IPv4CidrRange, IPv6 } from 'ip-num';
import { describe, expect, test } from 'vitest';
import {
  addressText,
  comparePrefixes,
  contains,
  overlaps,
  parseAddress,
  parsePrefix,
  prefixOf,
  type Prefix,
} from '../../src/bgp/prefix.ts';

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const v4 = fc
  .tuple(word, fc.integer({ min: 0, max: 32 }))
  .map(([one, length]) => prefixOf('ipv4', [one, 0, 0, 0], length));
const v6 = fc
  .tuple(fc.tuple(word, word, word, word), fc.integer({ min: 0, max: 128 }))
  .map(([words, length]) => prefixOf('ipv6', words, length));
const anyPrefix = fc.oneof(v4, v6);

test('every prefix reads back from its own text', () => {
  fc.assert(
    fc.property(anyPrefix, (one) => {
      expect(parsePrefix(one.text)).toEqual(one);
    }),
  );
});

test('host bits are cleared: an address of the network with its length is the same prefix', () => {
  expect(parsePrefix('175.45.177.9/22')?.text).toBe('175.45.176.0/22');
  expect(parsePrefix('2605:DE00:bb:0:0:0:0:1/48')?.text).toBe('2605:de00:bb::/48');
});

test.each([
  '',
  '1.2.3.4',
  '1.2.3/24',
  '1.2.3.4/33',
  '1.2.3.4/',
  '1.2.3.4/+8',
  '1.2.3.4/08',
  '01.2.3.4/8',
  '0x1.2.3.4/8',
  '1.2.3.256/8',
  ' 1.2.3.4/8',
  '..%2f',
  '::/129',
  ':::/8',
  '1::2::3/8',
  '1:2:3:4:5:6:7/8',
  '1:2:3:4:5:6:7:8:9/8',
  '12345::/8',
  '1.2.3.4::/8',
  'eor',
])('no prefix: %j', (text) => expect(parsePrefix(text)).toBeUndefined());

describe('IPv6 is written as RFC 5952 says', () => {
  test.each([
    ['2001:db8:0:0:0:0:0:0/32', '2001:db8::/32'],
    ['2001:DB8:0:1:0:0:0:0/64', '2001:db8:0:1::/64'],
    ['1:0:0:2:0:0:0:3/128', '1:0:0:2::3/128'],
    ['1:0:0:2:3:0:0:4/128', '1::2:3:0:0:4/128'],
    ['1:2:3:4:5:6:0:8/128', '1:2:3:4:5:6:0:8/128'],
    ['0:0:0:0:0:0:0:0/0', '::/0'],
    ['::ffff:192.0.2.1/128', '::ffff:c000:201/128'],
  ])('%s is %s', (text, canonical) => expect(parsePrefix(text)?.text).toBe(canonical));

  test('and says the same address as ip-num', () => {
    fc.assert(
      fc.property(v6, (one) => {
        const address = addressText('ipv6', one.words);
        expect(new IPv6(address).getValue()).toBe(one.words.reduce((sum, part) => (sum << 32n) | BigInt(part), 0n));
      }),
    );
  });
});

test('containment is that of ip-num', () => {
  // Prefixes near each other, or hardly any would contain another.
  const near = fc
    .tuple(fc.integer({ min: 0, max: 0x3ff }), fc.integer({ min: 18, max: 32 }))
    .map(([low, length]) => prefixOf('ipv4', [0xaf2d_b000 + low, 0, 0, 0], length));
  fc.assert(
    fc.property(near, near, (a, b) => {
      const [outer, inner] = [IPv4CidrRange.fromCidr(a.text), IPv4CidrRange.fromCidr(b.text)];
      expect(contains(a, b)).toBe(outer.contains(inner) || a.text === b.text);
      expect(overlaps(a, b)).toBe(contains(a, b) || contains(b, a));
    }),
  );
});

test('families never contain each other', () => {
  fc.assert(
    fc.property(v4, v6, (a, b) => {
      expect(overlaps(a, b)).toBe(false);
    }),
  );
});

test('order is total, and puts what contains before what is contained', () => {
  fc.assert(
    fc.property(anyPrefix, anyPrefix, (a: Prefix, b: Prefix) => {
      expect(Math.sign(comparePrefixes(a, b))).toBe(-Math.sign(comparePrefixes(b, a)) + 0);
      expect(comparePrefixes(a, b) === 0).toBe(a.text === b.text);
      if (contains(a, b)) expect(comparePrefixes(a, b)).toBeLessThanOrEqual(0);
    }),
  );
});

test('an address with a zone or a port is none', () => {
  expect(parseAddress('fe80::1%eth0')).toBeUndefined();
  expect(parseAddress('[::1]')).toBeUndefined();
});
