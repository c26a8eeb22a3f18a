import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { snapshotOf } from '../../../../streams/mrt/container/packed-file.ts';
import { DEFAULT_LIMITS } from '../../../../streams/mrt/limits.ts';
import type { ScanBatch } from '../../../../streams/mrt/scan/scan-job.ts';
import { scanFile } from '../../../../streams/mrt/scan/scan.ts';
import { temporaryFolder, WATCH } from '../../../support/mrt-run.ts';
import { bytesOf, message, update } from '../../../support/mrt-writer.ts';

/** Nothing of a gzip member is given out before its checksum was found right, and what waits is bounded. */
const folder = temporaryFolder();
const T = 1_419_264_000;
const one = bytesOf(message(T, update({ announced: ['175.45.176.0/24'] })));
/** More than may be held back of one file. */
const MANY = 10 * 2 ** 20;
const many = Buffer.concat(Array.from({ length: Math.ceil(MANY / one.length) }, () => one));
const member = gzipSync(many, { level: 1 });

function damaged(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 8] = (copy[copy.length - 8] ?? 0) ^ 1;
  return copy;
}

let run = 0;
async function scanned(bytes: Uint8Array, believesAll = false): Promise<readonly ScanBatch[]> {
  const path = folder.write(`${run++}/updates`, bytes);
  const snapshot = await snapshotOf(path);
  if (typeof snapshot === 'string') throw new Error(snapshot);
  const batches: ScanBatch[] = [];
  const limits = { ...DEFAULT_LIMITS, ratio: Infinity };
  for await (const batch of scanFile({ path, snapshot, watch: WATCH, limits, believesAll })) batches.push(batch);
  return batches;
}

const passed = (batches: readonly ScanBatch[]): number => batches.reduce((sum, { records }) => sum + records.length, 0);
const counted = (batches: readonly ScanBatch[]): number => batches.reduce((sum, { count }) => sum + count, 0);
const damages = (batches: readonly ScanBatch[]) =>
  batches.flatMap(({ marks }) => marks.flatMap((mark) => (mark.kind === 'damage' ? [mark.damage] : [])));

test('a member larger than may be held back is read whole when its checksum is right, with progress meanwhile', async () => {
  const batches = await scanned(member);
  expect(passed(batches)).toBe(many.length);
  expect(counted(batches)).toBe(many.length / one.length);
  expect(damages(batches)).toEqual([]);
});

test('one whose checksum is wrong gives nothing, and is one damage', async () => {
  const batches = await scanned(damaged(member));
  expect(passed(batches)).toBe(0);
  expect(counted(batches)).toBe(many.length / one.length);
  expect(damages(batches)).toMatchObject([
    { from: 0, to: many.length, reason: 'gzip: the checksum of member 1 is wrong' },
  ]);
});

test('the intact members before it are read, and nothing after it', async () => {
  const small = gzipSync(Buffer.concat([one, one]));
  const batches = await scanned(Buffer.concat([small, member, damaged(member), small]));
  expect(passed(batches)).toBe(2 * one.length + many.length);
  expect(damages(batches)).toMatchObject([
    { from: 2 * one.length + many.length, reason: 'gzip: the checksum of member 3 is wrong' },
  ]);
});

test('to be counted alone, as `inspect` does, all of it comes', async () => {
  expect(passed(await scanned(damaged(member), true))).toBe(many.length);
});
