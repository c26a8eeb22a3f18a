import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, prefixOf } from '../../src/bgp/prefix.ts';
import { concerns, countUnits, covered, unitsOf } from '../../src/territory/territory.ts';
import { KP, prefix } from '../support/day.ts';

const texts = (list: readonly { text: string }[]) => list.map((one) => one.text);

test('North Korea is four units', () => {
  expect(texts(unitsOf(KP, 'ipv4'))).toEqual([
    '175.45.176.0/24',
    '175.45.177.0/24',
    '175.45.178.0/24',
    '175.45.179.0/24',
  ]);
  expect(unitsOf(KP, 'ipv6')).toEqual([]);
});

test('IPv6 is cut into /48s, across a 32-bit word', () => {
  const units = unitsOf({ blocks: [prefix('2001:db8:ffff::/47'), prefix('2a00::/46')] }, 'ipv6');
  expect(texts(units)).toEqual([
    '2001:db8:fffe::/48',
    '2001:db8:ffff::/48',
    '2a00::/48',
    '2a00:0:1::/48',
    '2a00:0:2::/48',
    '2a00:0:3::/48',
  ]);
});

test('a block smaller than a unit is one unit', () => {
  expect(texts(unitsOf({ blocks: [prefix('192.0.2.128/25')] }, 'ipv4'))).toEqual(['192.0.2.128/25']);
});

test('units are counted without being cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: 12, max: 32 }), (length) => {
      const territory = { blocks: [prefixOf('ipv4', [0x0a00_0000, 0, 0, 0], length)] };
      expect(countUnits(territory, 'ipv4')).toBe(unitsOf(territory, 'ipv4').length);
    }),
  );
});

test('a route covers the units that lie in it, or in which it lies', () => {
  const units = unitsOf({ blocks: [prefix('175.45.176.0/22'), prefix('10.0.0.0/23')] }, 'ipv4');
  const near = fc.tuple(
    fc.integer({ min: 0, max: 0xfff }),
    fc.integer({ min: 8, max: 32 }),
    fc.constantFrom(0xaf2d_b000, 0x0a00_0000),
  );
  fc.assert(
    fc.property(near, ([low, length, base]) => {
      const route = prefixOf('ipv4', [base + low, 0, 0, 0], length);
      const expected = [...units.keys()].filter((i) => {
        const unit = units[i];
        return unit !== undefined && (contains(route, unit) || contains(unit, route));
      });
      expect(covered(units, route)).toEqual(expected);
    }),
  );
});

test('a default route, and anything shorter than /8, concerns no territory', () => {
  expect(concerns(KP, prefix('0.0.0.0/0'))).toBe(false);
  expect(concerns(KP, prefix('160.0.0.0/3'))).toBe(false);
  expect(concerns(KP, prefix('175.0.0.0/8'))).toBe(true);
  expect(concerns(KP, prefix('175.45.178.128/25'))).toBe(true);
  expect(concerns(KP, prefix('175.45.180.0/24'))).toBe(false);
});
