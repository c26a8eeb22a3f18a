import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../../streams/mrt/limits.ts';
import { openContainer } from '../../../../streams/mrt/container/container.ts';
import { snapshotOf } from '../../../../streams/mrt/container/packed-file.ts';
import type { ScanBatch, ScanJob } from '../../../../streams/mrt/scan/scan-job.ts';
import { scanSteps } from '../../../../streams/mrt/scan/scan.ts';
import type { WatchedBlocks } from '../../../../streams/mrt/scan/watched.ts';
import { prefix, temporaryFolder, WATCH } from '../../../support/mrt-run.ts';
import { isThorough } from '../../../support/thorough.ts';
import {
  bytesOf,
  message,
  OTHER_PEER,
  peerIndexTable,
  PEER,
  rib,
  u32,
  update,
  type Bytes,
} from '../../../support/mrt-writer.ts';
import { mrtFiles } from '../../../differential/mrt-files.ts';

/**
 * WebAssembly passes over plain records, JavaScript looks at all others. The oracle is JavaScript that looks at all of them:
 * the same batches come, to the byte, mark and count.
 */
const folder = temporaryFolder();
const UNSEEN: WatchedBlocks = [prefix('203.0.113.0/24')];
const T = 1_419_264_000;

let run = 0;
async function jobOf(bytes: Uint8Array, more: Partial<ScanJob> = {}): Promise<ScanJob> {
  const path = folder.write(`${run++}`, bytes);
  return { path, snapshot: await snapshot(path), watch: WATCH, limits: DEFAULT_LIMITS, ...more };
}

async function snapshot(path: string): Promise<ScanJob['snapshot']> {
  const found = await snapshotOf(path);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

/** The batches of a file, with a digest of their records: so that they compare fast. */
function batchesOf(job: ScanJob): readonly Omit<ScanBatch, 'records' | 'places'>[] {
  return [...scanSteps(job)].flat().map((batch) => ({ ...batch, ...digests(batch) }));
}

function digests({ records, places }: ScanBatch) {
  const digest = (bytes: Uint8Array | Float64Array): string => createHash('sha256').update(bytes).digest('hex');
  return { records: digest(records), places: digest(places) };
}

function expectSame(job: ScanJob): number {
  const batches = batchesOf(job);
  expect(batches).toEqual(batchesOf({ ...job, looksAtAll: true }));
  return batches.reduce((sum, { count }) => sum + count, 0);
}

/** A RIB record with its sequence number. */
const numbered = (number: number, bytes: Bytes): Bytes => [...bytes.slice(0, 12), ...u32(number), ...bytes.slice(16)];

/** Updates, then a dump of both families, then updates: some watched, most not. */
const MIXED = bytesOf(
  ...Array.from({ length: 60 }, (_, n) => message(T + n, update({ announced: [`198.51.${n}.0/24`] }))),
  message(T + 60, update({ withdrawn: ['175.45.176.0/24'] })),
  peerIndexTable(T + 61, [PEER, OTHER_PEER]),
  ...Array.from({ length: 60 }, (_, n) => numbered(n, rib(T + 61, `${20 + n}.0.0.0/8`, n % 2 === 0 ? [0, 1] : [1]))),
  ...Array.from({ length: 60 }, (_, n) => numbered(60 + n, rib(T + 62, `2001:${n}::/32`, [n % 2, n % 2]))),
  ...Array.from({ length: 40 }, (_, n) => message(T + 70 + n, update({ announced: [`198.51.${n}.0/24`] }))),
);

/** Each size of a piece, and each set of watched blocks. */
const READ_ONCE: readonly (readonly [WatchedBlocks, number])[] = [
  [WATCH, 50_021],
  [UNSEEN, 1 << 18],
];
const READ_TWICE: typeof READ_ONCE = [...READ_ONCE, [UNSEEN, 50_021], [WATCH, 1 << 18]];
/** Ten files are larger than this, and take nearly all the time. Bytes. */
const LARGE = 1 << 18;

/** Large bzip2 files take ten times as long to unpack as to scan, so they are unpacked once; small ones are scanned as they are. */
async function unpacked(path: string, found: ScanJob['snapshot']): Promise<Pick<ScanJob, 'path' | 'snapshot'>> {
  if (found.size <= LARGE || !path.endsWith('.bz2')) return { path, snapshot: found };
  const opened = await openContainer(path, { snapshot: found });
  if (!opened.ok) throw new Error(opened.reason);
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.container.chunks()) chunks.push(chunk);
  return jobOf(Buffer.concat(chunks));
}

/** Three of the largest have more rows than all others together. */
const LARGEST = /et-header|jinx|bview\.20000111/;
const files = [...mrtFiles()].filter(([name]) => isThorough || !LARGEST.test(name));

test.each(files)('%s: the same batches, read in small and in large pieces', async (_, path) => {
  const found = await snapshot(path);
  const file = await unpacked(path, found);
  for (const [watch, readBytes] of found.size > LARGE ? READ_ONCE : READ_TWICE) {
    expectSame({ ...file, watch, limits: DEFAULT_LIMITS, readBytes });
  }
});

test.each([1, 7, 64, 1_000, 1 << 18])('updates and a dump, read %i bytes at a time', async (readBytes) => {
  for (const bytes of [MIXED, gzipSync(MIXED), Buffer.concat([gzipSync(MIXED), gzipSync(MIXED)])]) {
    for (const watch of [WATCH, UNSEEN, 'everything'] as const) {
      expect(expectSame(await jobOf(bytes, { readBytes, watch }))).toBeGreaterThan(220);
    }
  }
});

test('batches end at the same records in a file of many', async () => {
  const many = Buffer.concat(Array.from({ length: 1_200 }, () => MIXED));
  expect(expectSame(await jobOf(many))).toBe(1_200 * 222);
});

/** Numbers that look random, the same each time. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

/** Changes, removes or repeats some bytes somewhere. */
function harmed(bytes: Uint8Array, random: Generator<number, never>): Uint8Array {
  const next = (below: number): number => random.next().value % below;
  const copy = Uint8Array.from(bytes);
  const at = next(copy.length);
  const length = 1 + next(40);
  switch (next(4)) {
    case 0:
      copy[at] = next(256);
      return copy;
    case 1:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
    case 2:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(Math.max(0, at - length))]);
    default:
      return copy.fill(next(2) * 255, at, at + length);
  }
}

test('harm of any kind, to plain files and to packed ones', async () => {
  const random = numbers(20_261_128);
  const daemon = readFileSync(new URL('../../../fixtures/daemons/bird-updates.mrt', import.meta.url));
  for (const sound of [MIXED, daemon.subarray(0, 20_000)]) {
    for (let i = 0; i < 250; i++) {
      const bytes = harmed(harmed(sound, random), random);
      const readBytes = 1 + (random.next().value % 3_000);
      expectSame(
        await jobOf(i % 5 === 0 ? gzipSync(bytes) : bytes, { readBytes, watch: i % 2 === 0 ? WATCH : UNSEEN }),
      );
      if (i % 10 === 0) expectSame(await jobOf(harmed(gzipSync(sound), random), { readBytes }));
    }
  }
});
