import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { u16 } from '../../streams/mrt/record/octets.ts';
import { PEER_INDEX_TABLE, TYPE } from '../../streams/mrt/record/record-types.ts';
import { realData, realDataNote } from '../support/real-data.ts';
import { mrtFiles } from './mrt-files.ts';
import { ourRows } from './our-rows.ts';
import { recordsOf } from './records.ts';
import { sectionsOf } from './sections.ts';

const list = realData('north-korea/elements-in-real-mrt.bgpdump-m.txt');
const files = mrtFiles();
const KOREAN = /\|175\.45\.17[6-9]\.|\b131279\b/;

/** 175.45, and AS 131279: each Korean row has one of them. Every row of these files is in differential.test.ts. */
const KOREAN_BYTES = [Buffer.of(175, 45), Buffer.of(0, 2, 0, 207)];

/** Also the table of peers, without which a RIB record cannot be read. */
function mayBeKorean(record: Uint8Array): boolean {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const isPeerTable = u16(record, 4) === TYPE.tableDump2 && u16(record, 6) === PEER_INDEX_TABLE;
  return isPeerTable || KOREAN_BYTES.some((some) => bytes.includes(some));
}

/** The list says `# owner+repository/path`; ours are stored by owner's path. */
function pathOf(title: string): string | undefined {
  const name = title.slice(title.lastIndexOf('/') + 1);
  return [...files].find(([file]) => file.endsWith(`/${name}`))?.[1];
}

describe(`every North Korean element known to be in the real files is decoded, and no other${realDataNote}`, () => {
  const known = list === undefined ? [] : [...sectionsOf(readFileSync(list, 'utf8'))];
  test.skipIf(list === undefined)('none of the list’s four sections is missing', () => {
    expect(known).toHaveLength(4);
  });

  for (const [title, rows] of known) {
    const path = pathOf(title);
    test.skipIf(path === undefined)(
      `${title}${path === undefined ? ' (skipped: absent)' : `: ${rows.length}`}`,
      async () => {
        const { records } = await recordsOf(path ?? '');
        const ours = ourRows(records.filter(mayBeKorean)).rows.map((row) => row.text);
        expect(ours.filter((row) => KOREAN.test(row)).sort()).toEqual([...rows].sort());
      },
    );
  }
});
