import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { realData, realDataNote } from '../support/real-data.ts';
import { mrtFiles } from './mrt-files.ts';
import { ourRows } from './our-rows.ts';
import { recordsOf } from './records.ts';
import { sectionsOf } from './sections.ts';

const list = realData('north-korea/elements-in-real-mrt.bgpdump-m.txt');
const files = mrtFiles();
const KOREAN = /\|175\.45\.17[6-9]\.|\b131279\b/;

/** The list says `# owner+repository/path`; ours are kept by owner's path. */
function pathOf(title: string): string | undefined {
  const name = title.slice(title.lastIndexOf('/') + 1);
  return [...files].find(([file]) => file.endsWith(`/${name}`))?.[1];
}

describe(`every North Korean element known to stand in the real files is decoded, and no other${realDataNote}`, () => {
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
        const ours = ourRows(records).rows.map((row) => row.text);
        expect(ours.filter((row) => KOREAN.test(row)).sort()).toEqual([...rows].sort());
      },
    );
  }
});
