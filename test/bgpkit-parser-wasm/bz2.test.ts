import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bz2End } from '#bgpkit-parser-wasm';
import { Bz2Decoder, wasmMemory } from '#bgpkit-parser-wasm';

/** bzip2 of "first stream\n" and "second stream\n", by bzip2 1.0.8. */
const FIRST = Buffer.from('QlpoOTFBWSZTWSoEXTgAAAJRgAAQQAAjIhwAIAAxADAgGmJzC0kIJx4u5IpwoSBUCLpw', 'base64');
const SECOND = Buffer.from('QlpoOTFBWSZTWYRSkJQAAAXRgAAQQAAuA5wAIAAiANDQQNA0BQS9OE8eHi7kinChIQilISg=', 'base64');
/** 20,000 lines in blocks of 100 kB (bzip2 -1). */
const FOUR_BLOCKS = readFileSync(new URL('four-blocks.bz2', import.meta.url));
/** 100,000,000 zero bytes (bzip2 -9). */
const BOMB = Buffer.from(
  'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZDgni3wFfjkAAwAAACCAAMIBNRkKgJakKgJcxQVkmU1nEYApVAD7RQALAAABAAAggADDMCapppUiDaipEHi7kinChIcCoiS4=',
  'base64',
);

interface Unpacked {
  readonly bytes: Buffer;
  readonly end: Bz2End;
  readonly streams: number;
}

function unpack(packed: Uint8Array, chunk = packed.length, limit = 65_536): Unpacked {
  const decoder = new Bz2Decoder();
  const parts: Uint8Array[] = [];
  const drain = (): void => {
    for (let count = decoder.pull(limit); count > 0; count = decoder.pull(limit)) {
      expect(count).toBeLessThanOrEqual(limit);
      parts.push(new Uint8Array(wasmMemory().buffer, decoder.output, count).slice());
    }
  };
  for (let at = 0; at < packed.length; at += chunk) {
    decoder.push(packed.subarray(at, at + chunk));
    drain();
  }
  decoder.finish();
  drain();
  const { end, streams } = decoder;
  decoder.free();
  return { bytes: Buffer.concat(parts), end, streams };
}

const text = (packed: Uint8Array): string => unpack(packed).bytes.toString();

describe('streams', () => {
  it("two streams end to end are decoded whole: upstream's own command reads only the first stream", () => {
    const unpacked = unpack(Buffer.concat([FIRST, SECOND]));
    expect(unpacked.bytes.toString()).toBe('first stream\nsecond stream\n');
    expect(unpacked).toMatchObject({ end: 'clean', streams: 2 });
  });

  it('the bytes are the same whatever pieces they come and go in', () => {
    const packed = Buffer.concat([FIRST, SECOND, FIRST]);
    const whole = unpack(packed).bytes;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 40 }), (chunk, limit) => {
        const unpacked = unpack(packed, chunk, limit);
        expect(unpacked.bytes.equals(whole)).toBe(true);
        expect(unpacked).toMatchObject({ end: 'clean', streams: 3 });
      }),
    );
  });

  it('`end` stays open until the last byte was pulled', () => {
    const decoder = new Bz2Decoder();
    decoder.push(FIRST);
    decoder.finish();
    expect(decoder.pull(5)).toBe(5);
    expect(decoder.end).toBe('open');
    expect(decoder.pull(100)).toBe(8);
    decoder.pull(1);
    expect(decoder.end).toBe('clean');
    decoder.free();
  });
});

describe('what follows the last stream', () => {
  it('zero bytes are padding', () => {
    const unpacked = unpack(Buffer.concat([FIRST, Buffer.alloc(1000)]), 7);
    expect(unpacked.bytes.toString()).toBe('first stream\n');
    expect(unpacked.end).toBe('padding');
  });

  it('other bytes are garbage, and the streams before it are used', () => {
    for (const garbage of ['B', 'BZ', 'garbage']) {
      const unpacked = unpack(Buffer.concat([FIRST, Buffer.from(garbage)]), 3);
      expect(unpacked.bytes.toString()).toBe('first stream\n');
      expect(unpacked.end).toBe('garbage');
    }
  });
});

describe('damage', () => {
  it('30: a file cut anywhere is truncated, and gives nothing that is not whole', () => {
    const packed = Buffer.concat([FIRST, SECOND]);
    for (let cut = 1; cut < packed.length; cut++) {
      const { bytes, end } = unpack(packed.subarray(0, cut));
      expect('first stream\nsecond stream\n'.startsWith(bytes.toString())).toBe(true);
      expect(['', 'first stream\n', 'first stream\nsecond stream\n']).toContain(bytes.toString());
      if (cut !== FIRST.length) expect(end).not.toBe('clean');
    }
  });

  it('a bit flipped anywhere never gives wrong bytes', () => {
    const packed = Buffer.concat([FIRST, SECOND]);
    for (let bit = 0; bit < packed.length * 8; bit++) {
      const flipped = Buffer.from(packed);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(['', 'first stream\n', 'first stream\nsecond stream\n']).toContain(text(flipped));
    }
  });

  it('35: of a file with a corrupt block, the blocks before it are used', () => {
    const plain = Array.from({ length: 20_000 }, (_, i) => `${i % 50} squared is ${(i % 50) ** 2}\n`).join('');
    expect(text(FOUR_BLOCKS)).toBe(plain);
    const damaged = Buffer.from(FOUR_BLOCKS);
    damaged[damaged.length - 100] = (damaged[damaged.length - 100] ?? 0) ^ 0x55;
    const { bytes, end } = unpack(damaged, 64);
    expect(end).toBe('corrupt');
    expect(bytes.length).toBeGreaterThan(200_000);
    expect(plain.startsWith(bytes.toString())).toBe(true);
  });

  it('data that is not bzip2 is reported as such', () => {
    for (const bytes of ['', 'B', 'BZ', 'hello', '<html>503</html>']) {
      expect(unpack(Buffer.from(bytes), 1)).toMatchObject({ end: 'not-bzip2', streams: 0 });
    }
    expect(unpack(Buffer.from('BZhello'))).toMatchObject({ end: 'corrupt', streams: 0 });
  });

  it('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (bytes, chunk) => {
        unpack(Buffer.concat([FIRST, Buffer.from('BZh91AY&SY'), bytes]), chunk);
      }),
    );
  });
});

it('34: a bomb comes out in the pieces asked for, so that the reader can stop', () => {
  const decoder = new Bz2Decoder();
  decoder.push(BOMB);
  decoder.finish();
  let size = 0;
  for (let i = 0; i < 10; i++) size += decoder.pull(65_536);
  expect(size).toBe(655_360);
  expect(decoder.end).toBe('open');
  decoder.free();
});
