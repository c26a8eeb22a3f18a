import fc from 'fast-check';
import { constants, createInflateRaw, deflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { Inflater, wasmMemory } from '#bgpkit-parser-wasm';

/** Our inflater against zlib: the same bytes and the same errors, however the packed bytes are cut. */
const inflater = new Inflater(5_000);
afterAll(() => inflater.free());

interface Unpacked {
  readonly plain: Buffer;
  readonly failure: string | undefined;
  readonly isEnded: boolean;
  /** Packed bytes that belong to the stream. */
  readonly used: number;
}

function unpack(packed: Uint8Array, step = packed.length): Unpacked {
  inflater.reset();
  const parts: Uint8Array[] = [];
  let at = 0;
  while (!inflater.isEnded && inflater.failure === undefined && at < packed.length) {
    inflater.push(packed.subarray(at, at + step));
    for (let count = inflater.pull(); count > 0; count = inflater.pull()) {
      expect(count).toBeLessThanOrEqual(5_000);
      parts.push(new Uint8Array(wasmMemory().buffer, inflater.output, count).slice());
    }
    at += inflater.used;
  }
  return { plain: Buffer.concat(parts), failure: inflater.failure, isEnded: inflater.isEnded, used: at };
}

/** What zlib gives out in small pieces before it fails, and why it fails. */
async function unpackByZlib(packed: Uint8Array): Promise<{ plain: Buffer; failure: string | undefined }> {
  const stream = createInflateRaw({ chunkSize: 1_024 });
  const parts: Buffer[] = [];
  stream.end(packed);
  try {
    for await (const part of stream) parts.push(part as Buffer);
    return { plain: Buffer.concat(parts), failure: undefined };
  } catch (error) {
    return { plain: Buffer.concat(parts), failure: (error as Error).message };
  }
}

/** Bytes as routing tables have them: words that come again near and far, runs, and noise. */
const bytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 400 }))
        .map(([word, times]) => {
          return Uint8Array.from({ length: word.length * times }, (_, at) => word[at % word.length] ?? 0);
        }),
      fc
        .integer({ min: 1, max: 6_000 })
        .map((size) => Uint8Array.from({ length: size }, (_, at) => (at * at * 31) >> 3)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat([...parts, ...parts.toReversed(), ...parts]));

const packing = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FILTERED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ),
});

const step = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 20_000 }));

describe('whole streams', () => {
  test('any packed data, cut anywhere, comes out as it was', () => {
    fc.assert(
      fc.property(bytes, packing, step, fc.uint8Array({ maxLength: 60 }), (plain, options, size, behind) => {
        const packed = deflateRawSync(plain, options);
        const unpacked = unpack(Buffer.concat([packed, behind]), size);
        expect(unpacked.plain.equals(plain)).toBe(true);
        expect(unpacked).toMatchObject({ failure: undefined, isEnded: true, used: packed.length });
      }),
      { numRuns: 100 },
    );
  });

  test('a distance of 32 KiB, over many calls', () => {
    const word = Buffer.from(Array.from({ length: 32_768 }, (_, at) => (at * 7 + (at >> 8) * 13) & 255));
    const plain = Buffer.concat([word, word, word]);
    expect(unpack(deflateRawSync(plain, { level: 9 }), 333).plain.equals(plain)).toBe(true);
  });

  test('streams one after the other do not see each other', () => {
    const packed = deflateRawSync(Buffer.alloc(40_000, 'route'));
    unpack(packed);
    // A match of distance 1 without a byte before it: fixed codes, length 3, then the end.
    expect(unpack(Uint8Array.of(0x03, 0x02, 0x00)).failure).toBe('invalid distance too far back');
  });
});

describe('damage', () => {
  test('any flipped bits: what zlib says of them, and at least the bytes that it gives', async () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(bytes, packing, step, flips, async (plain, options, size, bits) => {
        const packed = deflateRawSync(plain, options);
        for (const [at, bit] of bits) packed[at % packed.length]! ^= 1 << bit;
        const zlib = await unpackByZlib(packed);
        const ours = unpack(packed, size);
        const isTorn = zlib.failure === 'unexpected end of file';
        expect(ours.failure).toBe(isTorn ? undefined : zlib.failure);
        expect(ours.isEnded).toBe(zlib.failure === undefined);
        expect(ours.plain.subarray(0, zlib.plain.length).equals(zlib.plain)).toBe(true);
        if (zlib.failure === undefined) expect(ours.plain.length).toBe(zlib.plain.length);
      }),
      { numRuns: 150 },
    );
  });

  test('any bytes at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), step, async (packed, size) => {
        const zlib = await unpackByZlib(packed);
        const ours = unpack(packed, size);
        expect(ours.failure).toBe(zlib.failure === 'unexpected end of file' ? undefined : zlib.failure);
        expect(ours.plain.subarray(0, zlib.plain.length).equals(zlib.plain)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a stream that is cut anywhere gives what is before the cut, and no failure', () => {
    const plain = Buffer.from('withdrawn announced withdrawn '.repeat(40));
    const packed = deflateRawSync(plain);
    for (let length = 1; length < packed.length; length++) {
      const { plain: before, failure, isEnded } = unpack(packed.subarray(0, length), 7);
      expect({ failure, isEnded }).toEqual({ failure: undefined, isEnded: false });
      expect(plain.subarray(0, before.length).equals(before)).toBe(true);
    }
  });
});
