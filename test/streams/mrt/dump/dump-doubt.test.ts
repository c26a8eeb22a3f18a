import { describe, expect, test } from 'vitest';
import { inspectMrt } from '../../../../streams/mrt/inspect.ts';
import { lines, ofType, play, temporaryFolder } from '../../../support/mrt-run.ts';
import {
  bytesOf,
  message,
  nlri,
  OTHER_PEER,
  PEER,
  peerIndexTable,
  record,
  rib,
  tableDump,
  tableEntry,
  u16,
  u32,
  update,
  type Bytes,
} from '../../../support/mrt-writer.ts';

/** A dump shows that a peer has no route only when each of its records was read whole. */
const folder = temporaryFolder();
const T = 1_419_264_000;
const PREFIXES = ['10.0.0.0/8', '175.45.176.0/24', '192.0.2.0/24', '198.18.0.0/15'];
const index = peerIndexTable(T, [PEER, OTHER_PEER]);

/** The nth record of a dump, numbered so unless said otherwise. */
function numbered(n: number, number = n, prefix = PREFIXES[n % 4] ?? ''): Bytes {
  return [...rib(T, prefix, [0, 1]).slice(0, 12), ...u32(number), ...rib(T, prefix, [0, 1]).slice(16)];
}

/** Four records; `harm` changes the bytes of one of them. */
function dump(harmed: number, harm: (bytes: number[]) => void): Uint8Array {
  const records = [0, 1, 2, 3].map((n) => [...numbered(n)]);
  harm(records[harmed] ?? []);
  return bytesOf(index, ...records);
}

let run = 0;
async function outcomeOf(
  bytes: Uint8Array,
): Promise<{ ends: number; gaps: readonly string[]; flaw: string | undefined }> {
  const { elements, reports } = await play({ paths: [folder.write(`${run++}/bview`, bytes)] });
  const seen = lines(elements);
  return {
    ends: seen.filter((line) => line.includes('end-of-rib')).length,
    gaps: seen.filter((line) => line.includes('gap')),
    flaw: ofType(reports, 'dump').at(-1)?.flaw,
  };
}

/** It takes no votes either: what its peers sent in updates is whole. */
const NONE: readonly string[] = [];

test('whole, it confirms each of its peers', async () => {
  expect(await outcomeOf(dump(0, () => undefined))).toEqual({ ends: 2, gaps: [], flaw: undefined });
});

describe('it proves nothing by what it lacks when', () => {
  const at = { subtype: 7, count: 12 + 4 + 4 + 1, attributeLength: 12 + 4 + 4 + 2 + 2 + 4 + 1 };
  test.each<[string, number, (bytes: number[]) => void, RegExp]>([
    ['an attribute length is one too large', 3, (b) => (b[at.attributeLength - 1] = 1), /entries of its record 4/],
    ['an entry is counted that is not there', 2, (b) => (b[at.count] = 3), /entries of its record 3/],
    ['an entry that is there is not counted', 2, (b) => (b[at.count] = 1), /entries of its record 3/],
    ['a prefix is longer than an address', 2, (b) => (b[16] = 56), /entries of its record 3/],
    ['a prefix length is another', 2, (b) => (b[16] = 16), /entries of its record 3/],
    ['an entry names a peer that is not in the list', 2, (b) => (b[at.count + 2] = 9), /not in its list/],
    ['a unicast record is called multicast', 1, (b) => (b[at.subtype] = 3), /records of one family are among/],
    ['… the last one, too', 3, (b) => (b[at.subtype] = 3), /a single record of another family/],
    ['a record has a subtype that no software writes', 1, (b) => (b[at.subtype] = 66), /subtype 66/],
    ['a record has another type', 1, (b) => (b[5] = 12), /another type/],
    ['a record has a type that no RFC names', 3, (b) => (b[5] = 77), /another type/],
    ['a generic record is of no known family', 1, (b) => (b[at.subtype] = 6), /subtype 6/],
  ])('%s', async (_, n, harm, flaw) => {
    const outcome = await outcomeOf(dump(n, harm));
    expect(outcome.flaw).toMatch(flaw);
    expect(outcome.ends).toBe(0);
    expect(outcome.gaps.filter((line) => !line.includes('unreadable-message'))).toEqual(NONE);
  });

  test.each<[string, readonly Bytes[], string]>([
    ['a number is missing', [numbered(0), numbered(1), numbered(3)], 'number 1 is followed by number 3'],
    ['the first record is missing', [numbered(1), numbered(2)], 'the first has number 1'],
    ['a number comes twice', [numbered(0), numbered(1), numbered(1)], 'number 1 is followed by number 1'],
    ['numbers stop', [numbered(0), numbered(1), numbered(2, 0)], 'number 1 is followed by number 0'],
  ])('%s', async (_, records, hole) => {
    expect((await outcomeOf(bytesOf(index, ...records))).flaw).toBe(`its records are not all there: ${hole}`);
  });

  test('its list of peers holds more than it declares', async () => {
    const peers = [...index];
    peers[12 + 4 + 2 + 1] = 1;
    expect((await outcomeOf(bytesOf(peers, numbered(0)))).flaw).toBe('its list of peers cannot be read');
  });

  test('no entry of it can be read, as GoBGP once wrote; and inspecting it says so', async () => {
    const shifted = record(T, 13, 2, [...u32(0), 0, 0, 0, ...nlri('175.45.176.0/24'), ...numbered(0).slice(20)]);
    const path = folder.write('gobgp/bview', bytesOf(index, shifted));
    expect((await outcomeOf(bytesOf(index, shifted))).gaps).toEqual(NONE);
    expect(await inspectMrt(path)).toMatchObject({
      inspection: { dumps: [{ flaw: 'the entries of its record 1 cannot be read' }] },
    });
  });

  test('a TABLE_DUMP entry is longer than its record', async () => {
    const one = (number: number, prefix: string): number[] => {
      const bytes = [...tableDump(T, [tableEntry(T, prefix)])];
      bytes.splice(14, 2, ...u16(number));
      return bytes;
    };
    const last = one(1, '192.0.2.0/24');
    last[12 + 4 + 17] = (last[12 + 4 + 17] ?? 0) + 1;
    expect((await outcomeOf(bytesOf(one(0, '10.0.0.0/8'), last))).flaw).toBe('its record 2 cannot be read');
    expect((await outcomeOf(bytesOf(one(0, '10.0.0.0/8'), one(2, '192.0.2.0/24')))).flaw).toContain('not all there');
  });
});

test("a TABLE_DUMP in Zebra's form with four-octet AS numbers, which is not read, takes no route from its peers", async () => {
  const entry = (prefix: string): Bytes => {
    const two = tableEntry(T, prefix);
    const asAt = 4 + 1 + 1 + 4 + 4;
    return [...two.slice(0, asAt), 0, 0, ...two.slice(asAt)];
  };
  const records = PREFIXES.map((prefix, number) => record(T, 12, 3, [...u16(0), ...u16(number), ...entry(prefix)]));
  const before = message(T - 60, update({ announced: ['175.45.176.0/24'] }));
  expect(await outcomeOf(bytesOf(before, ...records))).toEqual({
    ends: 0,
    gaps: [],
    flaw: 'its form with four-octet AS numbers is not read',
  });
});

describe('it is whole when', () => {
  test.each<[string, readonly Bytes[]]>([
    ['nothing is numbered', [0, 1, 2].map((n) => numbered(n, 0))],
    ['IPv6 goes on with the numbers', [numbered(0), numbered(1), numbered(0, 2, '2001:db8::/32')]],
    ['IPv6 has numbers of its own', [numbered(0), numbered(1), numbered(0, 0, '2001:db8::/32')]],
  ])('%s', async (_, records) => {
    expect(await outcomeOf(bytesOf(index, ...records))).toMatchObject({ ends: 2, flaw: undefined });
  });
});

test('a record stamped an hour late does not move it', async () => {
  for (const n of [0, 1, 2, 3]) {
    const bytes = dump(n, (record) => record.splice(0, 4, ...u32(T + 3_600)));
    const { elements } = await play({ paths: [folder.write(`late/${n}/bview`, bytes)] });
    expect(lines(elements).filter((line) => !line.startsWith(`${T}.000`))).toEqual([]);
    expect(lines(elements).at(-1)).toBe(`${T}.000 end-of-rib 198.51.100.2 ipv4 4/0 from ${T}`);
  }
  const late = peerIndexTable(T + 3_600, [PEER, OTHER_PEER]);
  const { elements } = await play({ paths: [folder.write('late/bview', bytesOf(late, numbered(0), numbered(1)))] });
  expect(lines(elements).at(-1)).toBe(`${T}.000 end-of-rib 198.51.100.2 ipv4 2/0 from ${T}`);
});

describe('what was missed while it was written', () => {
  const torn = (seconds: number): Bytes => message(seconds, update({ more: [0x40, 2, 9] }));

  test('is not confirmed by it: of the peer of an update', async () => {
    folder.write(
      'beside/rrc00/bview.20141222.1600',
      bytesOf(index, numbered(0), [...u32(T + 20), ...numbered(1).slice(4)]),
    );
    folder.write('beside/rrc00/updates.20141222.1600', bytesOf(torn(T + 10), torn(T + 40)));
    const { elements } = await play({ paths: [`${folder.path}/beside`] });
    expect(lines(elements).filter((line) => line.includes('end-of-rib'))).toEqual([
      `${T + 20}.000 end-of-rib 198.51.100.2 ipv4 2/0 from ${T}`,
    ]);
  });

  test('is reported again when updates are read again, because the dump gave the votes back in between', async () => {
    const quiet = (seconds: number): Bytes => message(seconds, update({ announced: ['192.0.2.0/24'] }));
    const place = 'midst';
    folder.write(`${place}/updates.20141222.1555`, bytesOf(quiet(T - 300), [1, 2, 3]));
    folder.write(`${place}/bview.20141222.1600`, bytesOf(index, numbered(0)));
    folder.write(`${place}/updates.20141222.1605`, bytesOf(quiet(T + 300)));
    const { elements } = await play({ paths: [`${folder.path}/midst`] });
    expect(lines(elements).filter((line) => /gap|end-of-rib/.test(line))).toEqual([
      `${T - 300}.000 gap local all damaged-file`,
      `${T}.000 end-of-rib 198.51.100.1 ipv4 1/0 from ${T}`,
      `${T}.000 end-of-rib 198.51.100.2 ipv4 1/0 from ${T}`,
      `${T + 300}.000 gap local all damaged-file`,
    ]);
  });
});
