import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createRecordDecoder } from '../../../../streams/mrt/decode/decode.ts';
import { DEFAULT_LIMITS } from '../../../../streams/mrt/limits.ts';
import { NoPassage } from '../../../../streams/mrt/record/framer.ts';
import { u16 } from '../../../../streams/mrt/record/octets.ts';
import { TYPE } from '../../../../streams/mrt/record/record-types.ts';
import { createFramer } from '../../../../streams/mrt/record/records.ts';
import { mrtFiles } from '../../../differential/mrt-files.ts';
import { realDataNote } from '../../../support/real-data.ts';
import { COLLECTOR } from '../decode/decode-helpers.ts';

/** Of the real files, which are longer. */
const FIRST_BYTES = 16 * 1024;
/** Microseconds of processor time. */
const SLOW = 1_000_000;
/** All streams are framed in one room: making one for each takes as long as the framing. */
const ROOM = new NoPassage();

/** Every form that the daemons of our time write: RIB dumps, updates, state changes, ADD-PATH, two-octet AS numbers. */
const DAEMONS = [
  'daemons/bird-rib-cli.mrt',
  'daemons/bird-updates.mrt',
  'daemons/frr-rib.20141222.160100.mrt',
  'daemons/frr-updates.20141222.160000.mrt',
  'daemons/gobgp-rib.20060102.150405.mrt',
  'daemons/gobgp-updates.20261121.212906.mrt',
  'daemons/openbgpd-all.20141222.160100.mrt',
  'daemons/openbgpd-rib1.20141222.160100.mrt',
  'daemons/variants-rib4-cli.mrt',
  'daemons/variants-rib6-cli.mrt',
  'daemons/variants-updates.mrt',
];
/** Old and odd ones: each damaged in steps, for they are longer. */
const REAL = [
  'bgpdump/test_data/updates.20020722.2238.gz',
  'bgpkit-parser/tests/fixtures/ripe/rrc00/2000.01/updates.20000102.2014.gz',
  'bgpkit-parser/tests/fixtures/ripe/rrc01/2000.11/updates.20001104.0124.gz',
  'libbgpstream/ris.rrc06.updates.1427846400.gz',
  'mrtparse/bird6_bgp.b2f2433f',
  'mrtparse/openbgpd_rib_table-mp',
  'mrtparse/quagga_bgp.85ca9876',
];

const files = mrtFiles();

function bytesOf(name: string): Uint8Array {
  const packed = readFileSync(files.get(name) ?? name);
  return (name.endsWith('.gz') ? gunzipSync(packed) : packed).subarray(0, FIRST_BYTES);
}

/** The records that our framing finds. */
function framed(bytes: Uint8Array): readonly Uint8Array[] {
  const records: Uint8Array[] = [];
  const framer = createFramer(
    { record: (all, from, to) => records.push(all.slice(from, to)), damage: () => undefined },
    DEFAULT_LIMITS,
    ROOM,
  );
  framer.push(bytes);
  framer.end();
  return records;
}

/** Through framing and decoder. */
function decoded(bytes: Uint8Array) {
  const decoder = createRecordDecoder(COLLECTOR);
  const { elements, problems } = decoder.decode(Buffer.concat(framed(bytes)));
  decoder.close();
  return { elements, problems };
}

/** The same. Fails when it takes too long, or gives more than the bytes can hold. */
function read(bytes: Uint8Array): readonly string[] {
  const began = performance.now();
  const { elements, problems } = decoded(bytes);
  // To ask for the processor time takes as long as the reading: it is asked for where the clock says that it may be too much.
  if ((performance.now() - began) * 1000 > SLOW) {
    const start = process.cpuUsage();
    decoded(bytes);
    const { user } = process.cpuUsage(start);
    if (user > SLOW) throw new Error(`${user} µs for ${bytes.length} bytes`);
  }
  // The least that a fact takes is the octet of a default route's length; a problem of a RIB entry takes eight.
  const facts = elements.length + problems.length;
  if (facts > bytes.length) throw new Error(`${facts} facts in ${bytes.length} bytes`);
  return elements.map((element) => JSON.stringify(element));
}

/** The elements of the whole records before the damage must come first in those with it. */
function expectFirst(expected: readonly string[], count: number, damaged: readonly string[], at: string): void {
  for (let i = 0; i < count; i++) {
    if (damaged[i] !== expected[i]) throw new Error(`${at}: element ${i} is ${damaged[i]}, not ${expected[i]}`);
  }
}

function truncateAtEvery(step: number, bytes: Uint8Array): void {
  const whole = read(bytes);
  const ends = endsOf(framed(bytes));
  for (let cut = 0; cut < bytes.length; cut += step) {
    const count = ends.findLast(({ end }) => end <= cut)?.elements ?? 0;
    expectFirst(whole, count, read(bytes.subarray(0, cut)), `cut at ${cut}`);
  }
}

/** Where each record ends in a stream without damage, and how many elements came up to there. */
function endsOf(records: readonly Uint8Array[]): readonly { readonly end: number; readonly elements: number }[] {
  const decoder = createRecordDecoder(COLLECTOR);
  let end = 0;
  let elements = 0;
  const ends = records.map((record) => {
    end += record.length;
    elements += decoder.decode(record).elements.length;
    return { end, elements };
  });
  decoder.close();
  return ends;
}

/** Flips bits of one record at a time, between the peer index table and the record before it and the one after. */
function flipEvery(step: number, bytes: Uint8Array): void {
  const records = framed(bytes);
  for (const [i, record] of records.entries()) {
    const before = Buffer.concat(i > 1 && isPeerTable(records[0]) ? records.slice(0, 1) : []);
    const ahead = Buffer.concat([before, ...records.slice(Math.max(i - 1, 0), i)]);
    const stream = Uint8Array.from(Buffer.concat([ahead, ...records.slice(i, i + 2)]));
    const expected = read(ahead);
    for (let bit = ahead.length * 8; bit < (ahead.length + record.length) * 8; bit += step) {
      flip(stream, bit);
      expectFirst(expected, expected.length, read(stream), `record ${i}, bit ${bit - ahead.length * 8}`);
      flip(stream, bit);
    }
  }
}

function isPeerTable(record: Uint8Array | undefined): boolean {
  return record !== undefined && u16(record, 4) === TYPE.tableDump2;
}

function flip(bytes: Uint8Array, bit: number): void {
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
}

describe('damage anywhere never throws, hangs or grows, and never touches what comes before it', () => {
  for (const name of DAEMONS) {
    const bytes = bytesOf(name);
    test(`${name} cut at every byte`, () => {
      expect(read(bytes).length).toBeGreaterThan(0);
      truncateAtEvery(1, bytes);
    });
    test(`${name} with every bit flipped`, () => flipEvery(1, bytes));
  }
});

describe(`the same of real files, in steps${realDataNote}`, () => {
  test.skipIf(realDataNote !== '')('all of them are there', () => {
    expect(REAL.filter((real) => !files.has(real))).toEqual([]);
  });

  for (const name of REAL.filter((real) => files.has(real))) {
    const bytes = bytesOf(name);
    test(`${name}, its first ${bytes.length} bytes cut in 100 places and every 97th bit flipped`, () => {
      truncateAtEvery(Math.ceil(bytes.length / 100), bytes);
      flipEvery(97, bytes);
    });
  }
});

test('memory after all that is what it was: decoders give it back', () => {
  const bytes = bytesOf('daemons/bird-updates.mrt');
  read(bytes);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 1000; i++) read(bytes.subarray(0, bytes.length - (i % 500)));
  expect(process.memoryUsage().rss - before).toBeLessThan(128 * 2 ** 20);
});
