import { appendFileSync, mkdirSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openContainer, type ContainerOptions } from '../../../../streams/mrt/container/container.ts';
import { DEFAULT_LIMITS } from '../../../../streams/mrt/limits.ts';
import { snapshotOf, type Snapshot } from '../../../../streams/mrt/container/packed-file.ts';
import { BIRD_UPDATES_BZ2, BOMB_BZ2 } from '../../../support/mrt-bz2.ts';
import { temporaryFolder } from '../../../support/mrt-run.ts';
import { bytesOf, message, update } from '../../../support/mrt-writer.ts';
import { canMakeFifo, makeFifo, withoutFifo } from '../../../support/fifo.ts';

const folder = temporaryFolder();
const PLAIN = Buffer.from(
  bytesOf(
    ...Array.from({ length: 500 }, (_, i) => message(1_419_264_000 + i, update({ announced: ['175.45.176.0/24'] }))),
  ),
);

type Read =
  { readonly kind: string; readonly bytes: Buffer; readonly reason: string | undefined } | { readonly refused: string };

async function read(path: string, options: ContainerOptions = {}): Promise<Read> {
  const opened = await openContainer(path, options);
  if (!opened.ok) return { refused: opened.reason };
  const parts: Uint8Array[] = [];
  const chunks = opened.container.chunks();
  for (;;) {
    const { done, value } = await chunks.next();
    if (done === true) return { kind: opened.container.kind, bytes: Buffer.concat(parts), reason: value };
    parts.push(value);
  }
}

async function snapshot(path: string): Promise<Snapshot> {
  const found = await snapshotOf(path);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

describe('how a file is packed is recognised by its bytes', () => {
  test('whatever its name', async () => {
    expect(await read(folder.write('named.bz2', gzipSync(PLAIN)))).toEqual({
      kind: 'gzip',
      bytes: PLAIN,
      reason: undefined,
    });
    expect(await read(folder.write('named.gz', PLAIN))).toEqual({ kind: 'plain', bytes: PLAIN, reason: undefined });
    expect(await read(folder.write('named.mrt', BIRD_UPDATES_BZ2))).toMatchObject({ kind: 'bzip2', reason: undefined });
  });

  test.each([
    ['<!DOCTYPE html><title>503</title>', 'a web page'],
    ['{"status": 503}', 'JSON'],
    ['This folder holds BGP updates.\n', 'text'],
    ['\xfd7zXZ\0 and so on and on', 'an xz file'],
    ['(\xb5/\xfd and so on and on', 'a zstd file'],
    ['PK\x03\x04 and so on and on', 'a zip file'],
    ['\x7fELF and so on and on and on', 'a program'],
  ])('and %j is refused by name', async (text, name) => {
    const path = folder.write('other', Buffer.from(text, 'latin1'));
    expect(await read(path)).toEqual({ refused: `is not an MRT file, it looks like ${name}` });
  });
});

describe('gzip', () => {
  const half = PLAIN.length >> 1;
  const members = Buffer.concat([gzipSync(PLAIN.subarray(0, half)), gzipSync(PLAIN.subarray(half))]);

  test.each([1, 7, 100, 4_096, 1 << 20])('members are joined, read %i bytes at a time', async (readBytes) => {
    const path = folder.write('members.gz', members);
    expect(await read(path, { readBytes })).toEqual({ kind: 'gzip', bytes: PLAIN, reason: undefined });
  });

  test('a header may carry a name, a comment, extra fields and its own checksum', async () => {
    const header = Buffer.from([0x1f, 0x8b, 8, 2 + 4 + 8 + 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, 97, 0, 98, 0, 9, 9]);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32(PLAIN), 0);
    trailer.writeUInt32LE(PLAIN.length, 4);
    const path = folder.write('header.gz', Buffer.concat([header, deflateRawSync(PLAIN), trailer]));
    expect(await read(path, { readBytes: 5 })).toEqual({ kind: 'gzip', bytes: PLAIN, reason: undefined });
  });

  test.each([1, 100, 1 << 20])(
    'cut in the middle, all that can be unpacked comes out, read %i bytes at a time',
    async (readBytes) => {
      const cut = gzipSync(PLAIN).subarray(0, 400);
      const found = await read(folder.write('cut.gz', cut), { readBytes });
      expect(found).toMatchObject({ kind: 'gzip', reason: 'gzip: the file ends in the middle' });
      const whole = await read(folder.path + '/cut.gz');
      expect(found).toEqual(whole);
      expect(
        'bytes' in found && found.bytes.length > 1_000 && PLAIN.subarray(0, found.bytes.length).equals(found.bytes),
      ).toBe(true);
    },
  );

  test.each([1, 3, 1 << 20])(
    'zeros after the end are padding, others are damage, read %i bytes at a time',
    async (readBytes) => {
      const padded = folder.write('padded.gz', Buffer.concat([members, Buffer.alloc(2_000)]));
      expect(await read(padded, { readBytes })).toMatchObject({ bytes: PLAIN, reason: undefined });
      const trailing = folder.write('trailing.gz', Buffer.concat([members, Buffer.from('and more')]));
      const reason = 'gzip: other bytes follow member 2';
      expect(await read(trailing, { readBytes })).toMatchObject({ bytes: PLAIN, reason });
    },
  );

  test('damaged in the middle, what was unpacked before it is used', async () => {
    const random = Buffer.alloc(3 << 20);
    for (let i = 0, x = 1; i < random.length; i++) random[i] = x = (x * 75 + 74) % 65_537;
    const packed = gzipSync(Buffer.concat([PLAIN, random]));
    packed.fill(0xff, packed.length - 4_000, packed.length - 3_000);
    const found = await read(folder.write('damaged.gz', packed));
    expect(found).toMatchObject({ kind: 'gzip' });
    expect('bytes' in found && found.bytes.subarray(0, PLAIN.length).equals(PLAIN)).toBe(true);
    expect('reason' in found && found.reason).toMatch(/^gzip: /);
  });
});

describe('bzip2', () => {
  test.each([1, 50, 1 << 20])('streams are joined, read %i bytes at a time', async (readBytes) => {
    const one = await read(folder.write('one.bz2', BIRD_UPDATES_BZ2));
    const two = await read(folder.write('two.bz2', Buffer.concat([BIRD_UPDATES_BZ2, BIRD_UPDATES_BZ2])), { readBytes });
    expect('bytes' in one && 'bytes' in two && two.bytes.equals(Buffer.concat([one.bytes, one.bytes]))).toBe(true);
    expect(two).toMatchObject({ reason: undefined });
  });

  test('cut in the middle, it says so', async () => {
    const path = folder.write('cut.bz2', BIRD_UPDATES_BZ2.subarray(0, 300));
    expect(await read(path)).toMatchObject({ kind: 'bzip2', reason: 'bzip2: the file ends in the middle' });
  });
});

describe('sizes are bounded', () => {
  const gzipBomb = gzipSync(Buffer.alloc(256 << 20));

  test.each([
    ['a bzip2 file of 785 bytes', BOMB_BZ2],
    ['a gzip file of 256 kB', gzipBomb],
  ])('%s that unpacks a thousandfold is stopped', async (_, packed) => {
    const path = folder.write('bomb', packed);
    const found = await read(path);
    expect(found).toMatchObject({ reason: 'unpacks to more than 200 times its size' });
    expect('bytes' in found && found.bytes.length).toBeLessThan(64 << 20);
  });

  test('so is one that unpacks to more than is allowed', async () => {
    const path = folder.write('large.gz', gzipSync(PLAIN));
    const limits = { ...DEFAULT_LIMITS, unpackedBytes: 10_000 };
    expect(await read(path, { limits })).toMatchObject({ reason: 'unpacks to more than 10000 bytes' });
  });
});

describe('a file is read as what it was when it was chosen', () => {
  test('what is appended later is left', async () => {
    const path = folder.write('growing.mrt', PLAIN);
    const chosen = await snapshot(path);
    appendFileSync(path, PLAIN);
    expect(await read(path, { snapshot: chosen })).toEqual({ kind: 'plain', bytes: PLAIN, reason: undefined });
  });

  test('another file in its place is refused', async () => {
    const path = folder.write('replaced.mrt', PLAIN);
    const chosen = await snapshot(path);
    renameSync(folder.write('replacing.mrt', PLAIN), path);
    expect(await read(path, { snapshot: chosen })).toEqual({
      refused: 'was replaced by another file after it was chosen',
    });
  });

  test('the lost part is reported', async () => {
    const path = folder.write('shrinking.mrt', PLAIN);
    const chosen = await snapshot(path);
    truncateSync(path, 4_000);
    expect(await read(path, { snapshot: chosen })).toEqual({
      kind: 'plain',
      bytes: PLAIN.subarray(0, 4_000),
      reason: `the file lost ${PLAIN.length - 4_000} bytes while it was read`,
    });
  });
});

describe('what is not a file is refused', () => {
  test.skipIf(!canMakeFifo)(`folders, devices and FIFOs, without waiting for a writer${withoutFifo}`, async () => {
    mkdirSync(join(folder.path, 'sub'), { recursive: true });
    makeFifo(join(folder.path, 'fifo'));
    expect(await read(join(folder.path, 'sub'))).toEqual({ refused: 'is a directory' });
    expect(await read(join(folder.path, 'fifo'))).toEqual({ refused: 'is a FIFO' });
    expect(await read('/dev/zero')).toEqual({ refused: 'is a device' });
    expect(await read(join(folder.path, 'absent'))).toEqual({ refused: 'does not exist' });
  });

  test.skipIf(process.getuid?.() === 0)('files that may not be read (skipped as root, who may)', async () => {
    const path = join(folder.path, 'locked.mrt');
    writeFileSync(path, PLAIN, { mode: 0 });
    expect(statSync(path).size).toBe(PLAIN.length);
    expect(await read(path)).toEqual({ refused: 'may not be read' });
  });

  test('an empty file is empty', async () => {
    expect(await read(folder.write('empty.gz', []))).toEqual({ refused: 'is empty' });
  });
});
