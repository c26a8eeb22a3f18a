import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prefixOf, type AddressWords, type Family } from '../../../src/bgp/prefix.ts';
import { readNlri, type Nlri } from '../../../streams/bgp-message/nlri.ts';
import { nlriText } from '../../../streams/ris-live/server/bgp-nlri.ts';
import { nlri, u32, type Bytes } from '../../support/mrt-writer.ts';

const word = fc.nat(0xffff_ffff);
const words: fc.Arbitrary<AddressWords> = fc.tuple(word, word, word, word);

/** Routes of one family; not more than one default route, for two look like a path identifier. */
function routesOf(family: Family): fc.Arbitrary<readonly { readonly text: string; readonly pathId: number }[]> {
  const length = fc.integer({ min: 1, max: family === 'ipv4' ? 32 : 128 });
  const ipv4 = (all: AddressWords): AddressWords => [all[0], 0, 0, 0];
  const one = fc.record({ words, length, pathId: word });
  return fc.array(one, { maxLength: 5 }).map((all) =>
    all.map((route) => ({
      text: prefixOf(family, family === 'ipv4' ? ipv4(route.words) : route.words, route.length).text,
      pathId: route.pathId,
    })),
  );
}

/** Among other octets, which must not be read. */
function read(octets: Bytes, family: Family, addPath?: boolean): readonly Nlri[] | undefined {
  const bytes = Uint8Array.from([24, 1, 2, 3, ...octets, 24, 1, 2, 3]);
  return readNlri({ bytes, from: 4, to: 4 + octets.length }, family, addPath);
}

describe('a list of prefixes', () => {
  test.each(['ipv4', 'ipv6'] as const)(
    'property: of %s is read as it was written, with path identifiers and without',
    (family) => {
      fc.assert(
        fc.property(routesOf(family), (routes) => {
          const plain = read(
            routes.flatMap(({ text }) => nlri(text)),
            family,
          );
          expect(plain?.map(nlriText)).toEqual(routes.map(({ text }) => text));
          expect(plain?.some(({ pathId }) => pathId !== undefined)).toBe(false);
          const paths = read(
            routes.flatMap(({ text, pathId }) => [...u32(pathId), ...nlri(text)]),
            family,
            true,
          );
          expect(paths?.map((one) => ({ text: nlriText(one), pathId: one.pathId }))).toEqual(routes);
        }),
      );
    },
  );

  test.each([false, true])('property: cut inside its last prefix is not read (ADD-PATH: %s)', (addPath) => {
    fc.assert(
      fc.property(routesOf('ipv4'), fc.nat(8), (routes, cut) => {
        const last = [...(addPath ? u32(7) : []), ...nlri('175.45.176.0/24')];
        const before = routes.flatMap(({ text, pathId }) => [...(addPath ? u32(pathId) : []), ...nlri(text)]);
        const kept = last.slice(0, 1 + (cut % (last.length - 1)));
        expect(read([...before, ...kept], 'ipv4', addPath)).toBeUndefined();
      }),
    );
  });

  test.each<[string, Bytes, Family, boolean]>([
    ['a length that IPv4 has not', [33, 1, 2, 3, 4, 5], 'ipv4', false],
    ['a length that IPv6 has not', [129, ...Array.from({ length: 17 }, () => 1)], 'ipv6', false],
    ['a length that IPv4 has not, behind a path identifier', [...u32(1), 33, 1, 2, 3, 4, 5], 'ipv4', true],
    ['a path identifier alone', u32(1), 'ipv4', true],
    [
      'two default routes, as path identifiers look that nobody negotiated',
      [...u32(1), ...nlri('10.0.0.0/8')],
      'ipv4',
      false,
    ],
  ])('is not read with %s', (_, octets, family, addPath) => {
    expect(read(octets, family, addPath)).toBeUndefined();
  });

  test('may have two default routes where path identifiers tell them apart', () => {
    expect(read([...u32(1), 0, ...u32(2), 0], 'ipv4', true)?.map(({ pathId }) => pathId)).toEqual([1, 2]);
  });

  test('clears host bits', () => {
    expect(read([13, 11, 13], 'ipv4')?.map(nlriText)).toEqual(['11.8.0.0/13']);
  });
});
