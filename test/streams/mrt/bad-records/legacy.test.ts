import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRecordDecoder } from '../../../../streams/mrt/decode/decode.ts';
import { mrtFiles } from '../../../differential/mrt-files.ts';
import { recordsOf } from '../../../differential/records.ts';
import { record } from '../../../bgpkit-parser-wasm/mrt.ts';
import { COLLECTOR, decode } from '../decode/decode-helpers.ts';
import { realDataNote } from '../../../support/real-data.ts';

const BEFORE_2003 = /\/(?:1999|200[0-2])\.\d\d\/|\.2002\d{4}\./;

describe(`case 8: what RIS wrote before 2003${realDataNote}`, () => {
  const files = [...mrtFiles()].filter(([name]) => BEFORE_2003.test(name));
  test.skipIf(realDataNote !== '')('there are eight files', () => {
    expect(files).toHaveLength(8);
  });

  for (const [name, path] of files) {
    test(`${name} decodes whole`, async () => {
      const { records } = await recordsOf(path);
      const decoder = createRecordDecoder(COLLECTOR);
      let elements = 0;
      for (let from = 0; from < records.length; from += 1000) {
        const decoded = decoder.decode(Buffer.concat(records.slice(from, from + 1000)));
        expect(decoded.problems).toEqual([]);
        elements += decoded.elements.length;
      }
      decoder.close();
      expect(elements).toBeGreaterThan(500);
    });
  }
});

test('case 8: a record of type 5 or TABLE_DUMP is read or is a problem, whatever is in it', () => {
  const quiet = new Set([0x5_0003, 0x5_0005, 0x5_0006, 0x5_0007]);
  const record8 = fc.tuple(fc.constantFrom(5, 12), fc.nat(9), fc.uint8Array({ maxLength: 80 }));
  fc.assert(
    fc.property(record8, ([type, subtype, body]) => {
      const { elements, problems } = decode(record(type, subtype, [...body]));
      // A state that is not Established, and messages without a route, are read and give nothing.
      const isQuiet = quiet.has((type << 16) | subtype);
      expect(elements.length + problems.length > 0 || isQuiet || isEmptyUpdate(type, subtype, body)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

/** Withdraws and announces nothing, with some attributes: no route, and no End-of-RIB. */
function isEmptyUpdate(type: number, subtype: number, body: Uint8Array): boolean {
  return type === 5 && subtype === 1 && body[12] === 0 && body[13] === 0;
}
