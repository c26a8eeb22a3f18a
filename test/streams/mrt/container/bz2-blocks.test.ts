import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { howMany } from '../../../support/thorough.ts';
import { Bz2Slots } from '../../../../streams/mrt/container/bz2-slots.ts';
import { openUnpacking } from '../../../../streams/mrt/container/container.ts';
import { BLOCK_BYTES } from '../../../../streams/mrt/container/rooms.ts';
import { snapshotOf } from '../../../../streams/mrt/container/packed-file.ts';
import { BIRD_UPDATES_BZ2, BOMB_BZ2 } from '../../../support/mrt-bz2.ts';
import { temporaryFolder } from '../../../support/mrt-run.ts';
import { bytesOf, message, update } from '../../../support/mrt-writer.ts';

/** A bzip2 file that is unpacked by blocks gives what it gives one block after the other: bytes, and how it ended. */
const folder = temporaryFolder();
const hasBzip2 = ((): boolean => {
  try {
    execFileSync('bzip2', ['--help'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Packed in blocks of 100,000 bytes. */
const packed = (bytes: Uint8Array): Buffer => execFileSync('bzip2', ['-1c'], { input: bytes, maxBuffer: 1 << 28 });
const records = (count: number): Uint8Array =>
  Buffer.concat(
    Array.from({ length: count }, (_, i) =>
      bytesOf(message(1_419_264_000 + (i % 977), update({ announced: [`${(i * 7) % 223}.${i % 251}.0.0/16`] }))),
    ),
  );

let run = 0;
interface Unpacked {
  readonly bytes: Buffer;
  readonly reason: string | undefined;
}

async function both(bytes: Uint8Array): Promise<readonly [Unpacked, Unpacked]> {
  const path = folder.write(`${run++}.bz2`, bytes);
  const snapshot = await snapshotOf(path);
  if (typeof snapshot === 'string') throw new Error(snapshot);
  const read = (more: { slots?: Bz2Slots }): Unpacked => {
    const opened = openUnpacking(path, { snapshot, ...more });
    if (!opened.ok) throw new Error(opened.reason);
    const parts: Uint8Array[] = [];
    const chunks = opened.unpacking.chunks();
    for (;;) {
      const { done, value } = chunks.next();
      if (done === true) return { bytes: Buffer.concat(parts), reason: value };
      parts.push(value.slice());
    }
  };
  return [read({}), read({ slots: new Bz2Slots(3, () => undefined, new SharedArrayBuffer(3 * BLOCK_BYTES)) })];
}

async function expectSame(bytes: Uint8Array): Promise<Unpacked> {
  const [inSequence, byBlocks] = await both(bytes);
  expect(byBlocks.reason).toBe(inSequence.reason);
  expect(byBlocks.bytes.equals(inSequence.bytes)).toBe(true);
  return byBlocks;
}

test('small streams, one and several', async () => {
  expect((await expectSame(BIRD_UPDATES_BZ2)).reason).toBeUndefined();
  expect((await expectSame(Buffer.concat([BIRD_UPDATES_BZ2, BIRD_UPDATES_BZ2, BIRD_UPDATES_BZ2]))).reason).toBe(
    undefined,
  );
});

test('a bomb: one block of 46 MB is reported by the decoder, which stops in the middle of it', async () => {
  expect((await expectSame(BOMB_BZ2)).reason).toBe('unpacks to more than 200 times its size');
});

describe.skipIf(!hasBzip2)('with the bzip2 command (skipped where there is none)', () => {
  const plain = records(15_000);
  const one = hasBzip2 ? packed(plain) : Buffer.alloc(0);

  test('a stream of many blocks, and several of them', async () => {
    expect((await expectSame(one)).bytes.equals(plain)).toBe(true);
    expect((await expectSame(Buffer.concat([one, packed(new Uint8Array(0)), one]))).bytes.length).toBe(
      2 * plain.length,
    );
  });

  test('zeros behind it are padding, others are garbage', async () => {
    expect((await expectSame(Buffer.concat([one, Buffer.alloc(600)]))).reason).toBeUndefined();
    expect((await expectSame(Buffer.concat([one, one, Buffer.from('more')]))).reason).toContain('other bytes follow');
  });

  test.each([1, 3, 9, 1_000, 40_000])('cut %i bytes before its end', async (bytes) => {
    expect((await expectSame(one.subarray(0, one.length - bytes))).reason).toContain('ends in the middle');
  });

  test('damage anywhere: in blocks, marks, checksums and headers', async () => {
    const three = Buffer.concat([one, one, one]);
    const places = howMany('BZ2_DAMAGES', 12, 40);
    for (let i = 0; i < places; i++) {
      const copy = Buffer.from(i % 2 === 0 ? one : three);
      const at = 10 + Math.floor(((copy.length - 10) * i) / places);
      copy[at] = (copy[at] ?? 0) ^ (1 << (i % 8));
      expect((await expectSame(copy)).reason).toMatch(/^bzip2: /);
    }
    for (const at of [one.length - 1, one.length - 6]) {
      const copy = Buffer.from(one);
      copy[at] = (copy[at] ?? 0) ^ 0x10;
      await expectSame(copy);
    }
  });

  test('a mark that lies within a block is found out', async () => {
    const mark = Buffer.from([0x31, 0x41, 0x59, 0x26, 0x53, 0x59]);
    const copy = Buffer.from(one);
    mark.copy(copy, Math.floor(one.length / 2));
    await expectSame(copy);
  });
});
