import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../../streams/mrt/limits.ts';
import type { DamagedBytes } from '../../../../streams/mrt/record/framer.ts';
import { createFramer } from '../../../../streams/mrt/record/records.ts';
import { bytesOf, message, record, tableDump, tableEntry, update, type Bytes } from '../../../support/mrt-writer.ts';
import { realData, realDataNote } from '../../../support/real-data.ts';

interface Framed {
  /** Offset and length of each record. */
  readonly records: readonly (readonly [number, number])[];
  readonly damages: readonly DamagedBytes[];
}

function frame(bytes: Uint8Array, chunk = bytes.length, limits = DEFAULT_LIMITS): Framed {
  const records: [number, number][] = [];
  const damages: DamagedBytes[] = [];
  const framer = createFramer(
    {
      record: (_, start, end, offset) => records.push([offset, end - start]),
      damage: (damage) => damages.push(damage),
    },
    limits,
  );
  for (let at = 0; at < bytes.length; at += Math.max(1, chunk))
    framer.push(bytes.subarray(at, at + Math.max(1, chunk)));
  framer.end();
  return { records, damages };
}

const T = 1_419_264_000;
const good = (n: number): Bytes => message(T + n, update({ announced: [`175.45.${176 + (n % 4)}.0/24`] }));
const SIZE = good(0).length;

describe('framing', () => {
  test('whole records come out as they are', () => {
    expect(frame(bytesOf(good(0), good(1), good(2)))).toEqual({
      records: [
        [0, SIZE],
        [SIZE, SIZE],
        [2 * SIZE, SIZE],
      ],
      damages: [],
    });
  });

  test('a damaged stretch costs itself and what it touches, and is reported with its offsets', () => {
    const noise: Bytes = Array.from({ length: 100 }, (_, i) => (i * 37) & 0xff);
    const { records, damages } = frame(bytesOf(good(0), good(1), noise, good(2), good(3)));
    expect(records.map(([offset]) => offset)).toEqual([0, SIZE, 2 * SIZE + 100, 3 * SIZE + 100]);
    expect(damages).toEqual([{ from: 2 * SIZE, to: 2 * SIZE + 100, reason: 'there is no record header here' }]);
  });

  test('a length that swallows others is the damage: the swallowed records are found again', () => {
    const liar = record(T, 16, 4, good(0).slice(12), SIZE - 12 + 2 * SIZE + 5);
    const { records, damages } = frame(bytesOf(good(0), liar, good(1), good(2), good(3), good(4)));
    expect(records.map(([offset]) => offset)).toEqual([0, 2 * SIZE, 3 * SIZE, 4 * SIZE, 5 * SIZE]);
    expect(damages).toMatchObject([{ from: SIZE, to: 2 * SIZE }]);
  });

  test('after too long a search the rest is given up, and reported', () => {
    const limits = { ...DEFAULT_LIMITS, resyncBytes: 1_000 };
    const noise = new Uint8Array(5_000);
    const { records, damages } = frame(bytesOf(good(0), [...noise], good(1), good(2)), 64, limits);
    expect(records).toEqual([[0, SIZE]]);
    expect(damages).toMatchObject([{ from: SIZE, to: 3 * SIZE + 5_000 }]);
    expect(damages[0]?.reason).toContain('none in the 1000 bytes');
  });

  test('TABLE_DUMP batches whose length is 4 short frame right, the last one too', () => {
    const batch = (n: number): Bytes =>
      tableDump(T + n, [tableEntry(T, '175.45.176.0/24'), tableEntry(T, '175.45.177.0/24')], 4);
    const bytes = bytesOf(batch(0), batch(1), batch(2));
    expect(frame(bytes)).toEqual({
      records: [0, 1, 2].map((n) => [n * batch(0).length, batch(0).length]),
      damages: [],
    });
  });

  test('the same records and damages come out for any chunks', () => {
    const part = fc.oneof(
      { weight: 6, arbitrary: fc.nat(3).map(good) },
      { weight: 1, arbitrary: fc.array(fc.nat(255), { maxLength: 60 }) },
      { weight: 1, arbitrary: fc.tuple(fc.nat(3), fc.nat(SIZE)).map(([n, length]) => good(n).slice(0, length)) },
      { weight: 1, arbitrary: fc.constant(record(T, 99, 7, [1, 2, 3])) },
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.integer({ min: 1, max: 200 }), (parts, chunk) => {
        const bytes = bytesOf(...parts);
        const whole = frame(bytes);
        expect(frame(bytes, chunk)).toEqual(whole);
        expect(frame(bytes, 1)).toEqual(whole);
      }),
    );
  });

  test('every byte is in a record or in a damage, and none is in two', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 80 }), fc.nat(4 * SIZE), fc.nat(255), (noise, at, value) => {
        const bytes = bytesOf(good(0), good(1), noise, good(2), good(3));
        bytes[Math.min(at, bytes.length - 1)] = value;
        const { records, damages } = frame(bytes);
        const covered = [...records.map(([from, length]) => ({ from, to: from + length })), ...damages]
          .filter(({ from, to }) => to > from)
          .toSorted((a, b) => a.from - b.from);
        expect(covered.map(({ from }) => from)).toEqual([0, ...covered.slice(0, -1).map(({ to }) => to)]);
        expect(covered.at(-1)?.to).toBe(bytes.length);
      }),
    );
  });
});

describe(`framing RIS of 1999 and 2000${realDataNote}`, () => {
  const ripe = 'mrt/bgpkit-parser/tests/fixtures/ripe/rrc00/';
  const bview = realData(`${ripe}2000.01/bview.20000111.0032.gz`);
  const damaged = realData(`${ripe}2000.03/updates.20000325.0345.gz`);

  test.skipIf(bview === undefined)('2,490 TABLE_DUMP batches, each 4 short, no byte lost', () => {
    const { records, damages } = frame(gunzipSync(readFileSync(bview ?? '')), 65_536);
    expect(records.length).toBe(2_490);
    expect(damages).toEqual([]);
  });

  test.skipIf(damaged === undefined)(
    'two records that lost bytes cost 24 bytes of 151,804, not the 14,556 one claims',
    () => {
      const { records, damages } = frame(gunzipSync(readFileSync(damaged ?? '')), 1_000);
      expect(records.length).toBe(2_580);
      expect(damages.map(({ from, to }) => [from, to])).toEqual([
        [188, 198],
        [4_554, 4_568],
      ]);
    },
  );
});
