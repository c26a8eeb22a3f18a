import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { MrtDecoder } from '#bgpkit-parser-wasm';
import type { Element } from '../../../../src/bgp/element.ts';
import { createRecordDecoder } from '../../../../streams/mrt/decode/decode.ts';
import {
  ATTRIBUTES,
  nlri,
  peerIndexTable,
  record,
  SECONDS,
  u16,
  u32,
  update,
} from '../../../bgpkit-parser-wasm/mrt.ts';
import { COLLECTOR, decode } from './decode-helpers.ts';

const AT = SECONDS * 1000;
const announced = nlri('175.45.176.0/24');

describe('any bytes', () => {
  const fixtures = new URL('../../../fixtures/daemons/', import.meta.url);
  const files = readdirSync(fixtures).map((name) => readFileSync(new URL(name, fixtures)));

  it('never throw', () => {
    const types = fc.constantFrom(5, 12, 13, 16, 17, 99);
    const parts = fc.tuple(types, fc.nat(14), fc.uint8Array({ maxLength: 120 }));
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 5 }), (records) => {
        decode(...records.map(([type, subtype, body]) => record(type, subtype, [...body])));
      }),
      { numRuns: 2000 },
    );
  });

  it('that were recorded, and then changed in a few places, never throw nor give more than they can hold', () => {
    const change = fc.record({ at: fc.nat(), to: fc.constantFrom(0, 1, 2, 16, 32, 33, 127, 128, 254, 255) });
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 8 }), (file, changes) => {
        const bytes = Buffer.from(file);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        const decoded = decode(bytes);
        expect(decoded.elements.length).toBeLessThanOrEqual(bytes.length * 4);
        expect(decoded.problems.every(({ offset }) => offset < bytes.length)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('decode to the same elements however they are cut into batches of whole records', () => {
    for (const file of files) {
      const decoder = createRecordDecoder(COLLECTOR);
      const oneByOne: Element[] = [];
      for (let at = 0; at + 12 <= file.length;) {
        const end = at + 12 + file.readUInt32BE(at + 8);
        oneByOne.push(...decoder.decode(file.subarray(at, end)).elements);
        at = end;
      }
      decoder.close();
      expect(oneByOne).toEqual(decode(file).elements);
    }
  });

  it('that made the decoder trap would be a gap of all peers, and what follows is read', () => {
    const trap = vi.spyOn(MrtDecoder.prototype, 'decode').mockImplementationOnce(() => {
      throw Object.assign(new Error('unreachable'), { name: 'RuntimeError' });
    });
    const good = update({ attributes: ATTRIBUTES, announced });
    const decoder = createRecordDecoder(COLLECTOR);
    expect(decoder.decode(good)).toMatchObject({
      elements: [{ type: 'gap', at: AT, collector: COLLECTOR, reason: 'unreadable-message' }],
      problems: [{ treatment: 'peer-unknown' }],
    });
    expect(decoder.decode(good).elements).toMatchObject([{ type: 'announcement' }]);
    trap.mockRestore();
    decoder.close();
  });

  it('of a record that names no peer of an AS with a hundred sessions are one gap, not a hundred', () => {
    const peers = Array.from({ length: 100 }, (_, i) => ({ address: `10.0.0.${i}`, asn: 64500 }));
    const unnamed = record(16, 4, [...u32(64500), ...u32(64999), ...u16(0), ...u16(9), 1, 2, 3]);
    expect(decode(peerIndexTable(...peers), unnamed).elements).toEqual([
      { type: 'gap', at: AT, collector: COLLECTOR, reason: 'unreadable-message' },
    ]);
  });
});
