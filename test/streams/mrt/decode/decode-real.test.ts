import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Bz2Decoder, wasmMemory } from '#bgpkit-parser-wasm';
import { pathText } from '../../../../src/bgp/as-path.ts';
import type { Element } from '../../../../src/bgp/element.ts';
import type { Collector } from '../../../../src/bgp/peer.ts';
import { createRecordDecoder } from '../../../../streams/mrt/decode/decode.ts';
import type { DecodedRecord } from '../../../../streams/mrt/decode/decoded.ts';
import { realData, realDataNote } from '../../../support/real-data.ts';

describe.skipIf(realDataNote !== '')(`files of RIS and Route Views${realDataNote}`, () => {
  it('1999: the obsolete type 5', () => {
    const { elements, problems } = decoded('bgpkit-parser/tests/fixtures/ripe/rrc00/1999.09/updates.19990903.1041.gz');
    expect(counts(elements)).toEqual({ announcement: 65_286, withdrawal: 25, 'peer-state': 1 });
    expect(problems).toEqual([]);
  });

  it('2000: TABLE_DUMP in batches whose lengths are four bytes short', () => {
    const { elements, problems } = decoded('bgpkit-parser/tests/fixtures/ripe/rrc00/2000.01/bview.20000111.0032.gz');
    expect(counts(elements)).toEqual({ rib: 452_018 });
    expect(problems).toEqual([]);
  });

  it('2000: state records without addresses name only sessions that sent data', () => {
    const { elements } = decoded('bgpkit-parser/tests/fixtures/ripe/rrc01/2000.11/updates.20001104.0124.gz');
    expect(counts(elements)).toMatchObject({ announcement: 378, withdrawal: 141 });
    expect(elements.every((element) => element.type !== 'peer-state' || element.peer.address !== '0.0.0.0')).toBe(true);
  });

  it('2010: sessions that go down over the states 7 and 8 of Quagga', () => {
    const { elements, problems } = decoded('bgpkit-parser/tests/fixtures/ripe/rrc15/2010.02/updates.20100227.1600.gz');
    expect(counts(elements)).toMatchObject({ announcement: 52_468, withdrawal: 1318 });
    expect(problems).toEqual([]);
  });

  it('2014: a full table, and North Korea in it', () => {
    const { elements, problems } = decoded('libbgpstream/routeviews.route-views.jinx.ribs.1401487200.bz2');
    expect(problems).toEqual([]);
    expect(elements).toHaveLength(503_590);
    const found = elements.flatMap((element) =>
      element.type === 'rib' && element.prefix.text.startsWith('175.45.17')
        ? [`${element.peer.asn} ${element.prefix.text} ${pathText(element.path)}`]
        : [],
    );
    expect(found).toEqual(
      [176, 177, 178, 179].map((octet) => `30844 175.45.${octet}.0/24 30844 3356 1239 4837 131279`),
    );
  });

  it('2019: a busy five minutes of 76 peers', () => {
    const { elements, problems } = decoded('bgp-rs/updates.20190101.0000.gz');
    expect(problems).toEqual([]);
    expect(counts(elements)).toMatchObject({ announcement: 159_948, withdrawal: 2626 });
  });

  it('old BIRD: ADD-PATH data in records that declare none are refused, a gap of their peer', () => {
    const { elements, problems } = decoded('mrtparse/bird_bgp');
    expect(problems.map(({ treatment }) => treatment)).toEqual(Array(6).fill('peer-unknown'));
    expect(counts(elements)).toMatchObject({ gap: 6 });
  });
});

function decoded(path: string): DecodedRecord {
  const decoder = createRecordDecoder('real' as Collector);
  const result = decoder.decode(unpacked(readFileSync(realData(`mrt/${path}`) ?? '')));
  decoder.close();
  return result;
}

function unpacked(bytes: Buffer): Buffer {
  if (bytes[0] === 0x1f) return gunzipSync(bytes);
  if (bytes[0] !== 0x42) return bytes;
  const decoder = new Bz2Decoder();
  decoder.push(bytes);
  decoder.finish();
  const parts: Uint8Array[] = [];
  for (let count = decoder.pull(1 << 20); count > 0; count = decoder.pull(1 << 20))
    parts.push(new Uint8Array(wasmMemory().buffer, decoder.output, count).slice());
  expect(decoder.end).toBe('clean');
  decoder.free();
  return Buffer.concat(parts);
}

function counts(elements: readonly Element[]): Partial<Record<Element['type'], number>> {
  const found: Partial<Record<Element['type'], number>> = {};
  for (const { type } of elements) found[type] = (found[type] ?? 0) + 1;
  return found;
}
