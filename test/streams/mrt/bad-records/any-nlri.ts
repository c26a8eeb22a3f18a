import fc from 'fast-check';
import { ATTRIBUTES, ORIGIN, PATH, u32, updateBody, type Bytes } from '../../../bgpkit-parser-wasm/mrt.ts';
import { mpReach, mpUnreach, NEXT_HOP_6, ROUTE } from './forms.ts';

/** Any octet. */
export const octet = fc.nat(255);
/** That many of them. */
export const octets = (minLength: number, maxLength: number): fc.Arbitrary<Bytes> =>
  fc.array(octet, { minLength, maxLength });

/** A prefix as NLRI have it, never a default route. */
function prefixes(bits: number): fc.Arbitrary<Bytes> {
  const one = fc.integer({ min: 1, max: bits }).chain((length) => {
    const size = Math.ceil(length / 8);
    return octets(size, size).map((address) => [length, ...address]);
  });
  return fc.array(one, { maxLength: 4 }).map((list) => list.flat());
}

/** Prefixes, a length that no address of the family has, and anything. */
function tooLong(bits: 32 | 128): fc.Arbitrary<Bytes> {
  const wrong = fc.tuple(prefixes(bits), fc.integer({ min: bits + 1, max: 255 }), octets(0, 40));
  return wrong.map(([before, length, after]) => [...before, length, ...after]);
}

/** Paths to prefixes, as ADD-PATH has them, with identifiers as all known daemons give them: small ones. */
function withPathIds(bits: 32 | 128): fc.Arbitrary<Bytes> {
  const one = fc.integer({ min: 0, max: bits }).chain((length) => {
    const size = Math.ceil(length / 8);
    return fc.tuple(fc.nat(65_535), octets(size, size)).map(([id, address]) => [...u32(id), length, ...address]);
  });
  return fc.array(one, { minLength: 1, maxLength: 4 }).map((list) => list.flat());
}

/** The places of an UPDATE in which NLRI of a family are, and the body that has these there. */
function bodiesOf(bits: 32 | 128, nlri: Bytes): readonly Bytes[] {
  if (bits === 32) {
    return [
      updateBody({ withdrawn: nlri }),
      updateBody({ attributes: ATTRIBUTES, announced: nlri, withdrawn: ROUTE }),
      updateBody({ attributes: mpUnreach(0, 1, 1, ...nlri) }),
    ];
  }
  const reach = [...ORIGIN, ...PATH, ...mpReach(0, 2, 1, ...NEXT_HOP_6, ...nlri)];
  return [
    updateBody({ attributes: reach, withdrawn: ROUTE }),
    updateBody({ attributes: mpUnreach(0, 2, 1, ...nlri), withdrawn: ROUTE }),
  ];
}

/** Bits of the addresses. */
export const FAMILIES = [32, 128] as const;
/** An UPDATE with NLRI that cannot be read, in one of their places. */
export const unreadable = fc
  .constantFrom(...FAMILIES)
  .chain((bits) =>
    fc.oneof(tooLong(bits), withPathIds(bits)).chain((nlri) => fc.constantFrom(...bodiesOf(bits, nlri))),
  );
