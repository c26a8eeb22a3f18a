import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { rowsOf } from '../support/bgpdump.ts';
import { realData, realDataNote } from '../support/real-data.ts';
import { isThorough, thoroughNote } from '../support/thorough.ts';
import { differences } from './compare.ts';
import { mrtFiles } from './mrt-files.ts';
import { ourRows } from './our-rows.ts';
import { recordsOf } from './records.ts';

/** Half a million rows. */
const LARGEST = new Set(['bgpdump/test_data/updates.et-header.2015.gz']);
const files = [...mrtFiles()].filter(([name]) => name.startsWith('bgpdump/test_data/'));

/** What bgpdump's authors expect of it, where a program that was built may err. Nothing is explained away here. */
describe(`our rows are the texts that bgpdump's own tests expect${realDataNote}`, () => {
  for (const [name, path] of files) {
    const isTooLong = !isThorough && LARGEST.has(name);
    test.skipIf(isTooLong)(`${name}${isTooLong ? thoroughNote : ''}`, async () => {
      const text = realData(`mrt/bgpdump/test_expect/${basename(path)}.bgp.gz`);
      expect(text).toBeDefined();
      const theirs = rowsOf(gunzipSync(readFileSync(text ?? '')).toString('latin1'));
      const { records } = await recordsOf(path);
      const ours = ourRows(records).rows.map((row) => row.text);
      expect(differences(ours, theirs)).toEqual([]);
      expect(ours.length).toBeGreaterThan(0);
    });
  }

  test.skipIf(files.length === 0)('none of the twelve is missing', () => {
    expect(files).toHaveLength(12);
  });
});
