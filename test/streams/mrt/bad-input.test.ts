import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { MrtPlanned } from '../../../streams/mrt/archive/archive.ts';
import { planMrt } from '../../../streams/mrt/archive/archive.ts';
import { DEFAULT_LIMITS } from '../../../streams/mrt/limits.ts';
import { BIRD_UPDATES_BZ2, BOMB_BZ2 } from '../../support/mrt-bz2.ts';
import { lines, ofType, play, temporaryFolder, type Played } from '../../support/mrt-run.ts';
import { bgp, bytesOf, message, PEER, record, u16, update, type Bytes } from '../../support/mrt-writer.ts';
import { canMakeFifo, makeFifo, withoutFifo } from '../../support/fifo.ts';

/** Bad input and the behaviour it gets: whatever is lost is a gap in its place, and nothing else changes. */
const folder = temporaryFolder();
const T = 1_419_264_000;
const good = (n: number, seconds = T + n): Bytes =>
  message(seconds, update({ announced: [`175.45.${176 + (n % 4)}.0/24`] }));
const SIZE = good(0).length;
const routeLine = (n: number, seconds = T + n): string =>
  `${seconds}.000 announcement 198.51.100.1 175.45.${176 + (n % 4)}.0/24 64500 131279`;
const gap = (seconds: number): string => `${seconds}.000 gap local all damaged-file`;

let run = 0;
async function replay(bytes: Uint8Array): Promise<Played> {
  return play({ paths: [folder.write(`${run++}/updates`, bytes)] });
}

async function refusal(path: string): Promise<string> {
  const planned: MrtPlanned = await planMrt({ paths: [path] });
  return planned.ok ? 'planned' : planned.reason.replaceAll(folder.path, '…');
}

describe('framing', () => {
  test('case 1: an empty file is refused as empty', async () => {
    expect(await refusal(folder.write('empty', []))).toBe('no file can be read: …/empty is empty');
  });

  test('case 2: a file of 1 to 11 bytes is refused as torn; behind records it is a gap of that many bytes', async () => {
    expect(await refusal(folder.write('torn', [1, 2, 3]))).toContain('is torn: 3 bytes are not a whole MRT header');
    const { elements, reports } = await replay(bytesOf(good(0), good(1).slice(0, 11)));
    expect(lines(elements)).toEqual([routeLine(0), gap(T)]);
    expect(ofType(reports, 'damage')).toMatchObject([
      { from: SIZE, to: SIZE + 11, reason: 'the last 11 bytes are not a whole header' },
    ]);
  });

  test('case 3: a torn last record leaves those before it, and a gap', async () => {
    const { elements, reports } = await replay(bytesOf(good(0), good(1), good(2).slice(0, -1)));
    expect(lines(elements)).toEqual([routeLine(0), routeLine(1), gap(T + 1)]);
    expect(ofType(reports, 'damage')).toMatchObject([
      { from: 2 * SIZE, to: 3 * SIZE - 1, reason: 'the last record is torn' },
    ]);
  });

  test('case 4: a length of 0 costs that record', async () => {
    const { elements, reports } = await replay(
      bytesOf(good(0), record(T + 1, 16, 4, good(1).slice(12), 0), good(2), good(3)),
    );
    expect(lines(elements)).toEqual([routeLine(0), gap(T), routeLine(2), routeLine(3)]);
    expect(ofType(reports, 'damage')).toMatchObject([{ from: SIZE, to: 2 * SIZE }]);
  });

  test.each([0xffff_ffff, 16 * 2 ** 20 + 1])(
    'case 5: a length of %i is refused before anything is allocated',
    async (length) => {
      const before = process.memoryUsage().arrayBuffers;
      const { elements } = await replay(
        bytesOf(good(0), record(T + 1, 16, 4, good(1).slice(12), length), good(2), good(3)),
      );
      expect(lines(elements)).toEqual([routeLine(0), gap(T), routeLine(2), routeLine(3)]);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
    },
  );

  test.each([-1, 1])('case 6: a length off by %i costs no other record', async (off) => {
    const liar = record(T + 1, 16, 4, good(1).slice(12), SIZE - 12 + off);
    const { elements, reports } = await replay(bytesOf(good(0), liar, good(2), good(3)));
    const seen = lines(elements);
    expect(seen.filter((text) => text.includes('announcement'))).toEqual([routeLine(0), routeLine(2), routeLine(3)]);
    expect(seen).toContain(gap(off < 0 ? T + 1 : T));
    expect(ofType(reports, 'damage').length).toBe(1);
  });

  test('case 7: an unknown type is skipped by its length, and counted by type', async () => {
    const { elements, reports } = await replay(
      bytesOf(good(0), record(T, 4_711, 1, [1, 2, 3]), record(T, 4_711, 1, [4]), record(T, 16, 99, [5]), good(1)),
    );
    expect(lines(elements)).toEqual([routeLine(0), routeLine(1)]);
    expect(ofType(reports, 'file-end')[0]?.types.filter(({ isKnown }) => !isKnown)).toMatchObject([
      { name: 'type 4711 subtype 1', count: 2 },
      { name: 'type 16 subtype 99', count: 1 },
    ]);
  });

  test('case 9: BGP4MP_ET too short for its microseconds is reported by the decoder, and is a gap', async () => {
    const { elements, reports } = await replay(bytesOf(good(0), record(T + 1, 17, 4, [1, 2]), good(2)));
    expect(lines(elements).filter((text) => !text.includes('gap'))).toEqual([routeLine(0), routeLine(2)]);
    expect(ofType(reports, 'problem').length).toBe(1);
  });

  test.each([
    ['0', 0],
    ['2106', 0xffff_fff0],
    ['an hour behind', T - 3_600],
    ['two hours ahead', T + 7_200],
  ])('case 10: a record of time %s is accepted at the time reached, flagged, and moves nothing', async (_, seconds) => {
    const { elements, reports } = await replay(bytesOf(good(0), good(1), good(2, seconds), good(3), good(4)));
    expect(lines(elements)).toEqual([routeLine(0), routeLine(1), routeLine(2, T + 1), routeLine(3), routeLine(4)]);
    expect(ofType(reports, 'outliers')).toMatchObject([{ records: 1 }]);
    expect(ofType(reports, 'file-end')).toMatchObject([{ first: T * 1000, last: (T + 4) * 1000 }]);
  });

  test('case 10: as the first record of a file, too', async () => {
    for (const seconds of [0, 0xffff_fff0]) {
      const { elements } = await replay(bytesOf(good(0, seconds), good(1), good(2)));
      expect(lines(elements)).toEqual([routeLine(0, T + 1), routeLine(1), routeLine(2)]);
    }
  });
});

describe('what the decoder refuses', () => {
  test('is a gap of its peer and a report with the offset in the file', async () => {
    const lying = message(T + 1, bgp(2, [...u16(9_999), ...u16(0)]), { peer: PEER });
    const { elements, reports } = await replay(bytesOf(good(0), lying, good(2)));
    expect(lines(elements)).toEqual([
      routeLine(0),
      `${T + 1}.000 gap local 198.51.100.1 unreadable-message`,
      routeLine(2),
    ]);
    expect(ofType(reports, 'problem')).toMatchObject([{ offset: SIZE, peer: { address: '198.51.100.1' } }]);
    expect(ofType(reports, 'summary')[0]?.problems).toMatchObject([{ count: 1 }]);
  });

  test('many times over, is reported a few times and counted to the end', async () => {
    const lying = message(T + 1, bgp(2, [...u16(9_999), ...u16(0)]));
    const { reports } = await replay(bytesOf(good(0), ...Array.from({ length: 50 }, () => lying), good(2)));
    expect(ofType(reports, 'problem').length).toBe(3);
    expect(ofType(reports, 'file-end')[0]?.problems).toMatchObject([{ count: 50 }]);
  });
});

describe('compression and files', () => {
  const many = bytesOf(...Array.from({ length: 400 }, (_, n) => good(n)));
  const announcements = ({ elements }: Played): readonly string[] =>
    lines(elements).filter((text) => text.includes('announcement'));

  test('case 30: gzip cut in the middle is not believed: its checksum is missing', async () => {
    const first = bytesOf(good(0), good(1));
    for (const before of [Buffer.alloc(0), gzipSync(first)]) {
      const played = await replay(Buffer.concat([before, gzipSync(many).subarray(0, 500)]));
      expect(announcements(played)).toEqual(before.length === 0 ? [] : [routeLine(0), routeLine(1)]);
      expect(lines(played.elements).at(-1)).toContain('gap local all damaged-file');
      expect(ofType(played.reports, 'damage')).toMatchObject([
        { from: before.length === 0 ? 0 : first.length, reason: 'gzip: the file ends in the middle' },
      ]);
    }
  });

  test('case 31: a wrong checksum in the second gzip member keeps the first', async () => {
    const first = bytesOf(good(0), good(1));
    const second = gzipSync(bytesOf(good(2), good(3), good(0)));
    second[second.length - 8] = (second[second.length - 8] ?? 0) ^ 1;
    const played = await replay(Buffer.concat([gzipSync(first), second]));
    expect(lines(played.elements)).toEqual([routeLine(0), routeLine(1), gap(T + 1)]);
    expect(ofType(played.reports, 'damage')).toMatchObject([
      { from: 2 * SIZE, to: 5 * SIZE, reason: 'gzip: the checksum of member 2 is wrong' },
    ]);
  });

  test('case 32: a web page named .gz is refused by its content; plain MRT named .gz is read', async () => {
    const page = folder.write('updates.20141222.1600.gz', Buffer.from('<html>503 Service Unavailable</html>'));
    expect(await refusal(page)).toBe(
      'no file can be read: …/updates.20141222.1600.gz is not an MRT file, it looks like a web page',
    );
    expect(announcements(await play({ paths: [folder.write('plain/updates.20141222.1600.gz', many)] })).length).toBe(
      400,
    );
  });

  test('case 32: a packed web page is refused, or a gap where its name promised updates', async () => {
    const page = gzipSync(Buffer.from('<html>503 Service Unavailable</html>'));
    expect(await refusal(folder.write('page.gz', page))).toContain('holds no MRT record');
    const { elements } = await play({ paths: [folder.write('page/updates.20141222.1600.gz', page)] });
    expect(lines(elements)).toEqual([`${T}.000 gap local all damaged-file`]);
  });

  test('case 33: zeros after gzip are padding; other bytes are damage', async () => {
    const padded = await replay(Buffer.concat([gzipSync(many), Buffer.alloc(512)]));
    expect(announcements(padded).length).toBe(400);
    expect(ofType(padded.reports, 'damage')).toEqual([]);
    const trailing = await replay(Buffer.concat([gzipSync(many), Buffer.from('garbage')]));
    expect(announcements(trailing).length).toBe(400);
    expect(ofType(trailing.reports, 'damage')).toMatchObject([{ reason: 'gzip: other bytes follow member 1' }]);
  });

  const quarter = gzipSync(Buffer.alloc(256 << 20));
  test.each([
    ['785 bytes of bzip2', BOMB_BZ2],
    ['1 MB of gzip', Buffer.concat(Array.from({ length: 4 }, () => quarter))],
  ])('case 34: a bomb of %s is stopped at the cap', async (_, bomb) => {
    const rss = process.memoryUsage.rss();
    const { elements, reports } = await play({ paths: [folder.write(`${run++}/updates.20141222.1600`, bomb)] });
    expect(lines(elements)).toEqual([`${T}.000 gap local all damaged-file`]);
    expect(ofType(reports, 'damage')[0]?.reason).toContain('unpacks to more than 200 times its size');
    const [end] = ofType(reports, 'file-end');
    expect(end?.unpacked).toBeGreaterThan(0);
    expect(end?.unpacked).toBeLessThan(2 * DEFAULT_LIMITS.ratioGraceBytes);
    // It would unpack to 1 GiB.
    expect(process.memoryUsage.rss() - rss).toBeLessThan(500e6);
  });

  test('case 35: a damaged bzip2 block keeps the streams before it', async () => {
    const damaged = Uint8Array.from(BIRD_UPDATES_BZ2);
    damaged.fill(0x55, 200, 260);
    const one = await replay(BIRD_UPDATES_BZ2);
    const played = await replay(Buffer.concat([BIRD_UPDATES_BZ2, damaged]));
    const fromOne = lines(one.elements);
    expect(lines(played.elements).slice(0, fromOne.length)).toEqual(fromOne);
    expect(lines(played.elements).at(-1)).toContain('gap local all damaged-file');
    expect(ofType(played.reports, 'damage')).toMatchObject([{ reason: 'bzip2: a block is damaged' }]);
  });

  test.skipIf(!canMakeFifo)(
    `case 36: folders hold their files; FIFOs, devices and names with line breaks are refused${withoutFifo}`,
    async () => {
      makeFifo(join(folder.path, 'fifo'));
      expect(await refusal(join(folder.path, 'fifo'))).toContain('is a FIFO');
      expect(await refusal('/dev/zero')).toContain('is a device');
      const broken = folder.write('a\nb/updates', many);
      expect(await refusal(broken)).toContain(
        `${JSON.stringify(broken).replaceAll(folder.path, '…')} has control characters`,
      );
      mkdirSync(join(folder.path, 'hollow'));
      expect(await refusal(join(folder.path, 'hollow'))).toBe('no file was found in the folders named');
    },
  );
});

test('no harm to a file makes the source throw, go back in time, or lose the record that follows the harm', async () => {
  const sound = bytesOf(...Array.from({ length: 12 }, (_, n) => good(n)));
  for (let at = 0; at < 2 * SIZE; at++) {
    const bytes = Uint8Array.from(sound);
    bytes[4 * SIZE + at] = (bytes[4 * SIZE + at] ?? 0) ^ 0x41;
    const { elements } = await replay(bytes);
    expect(elements.every((element, i) => i === 0 || element.at >= (elements[i - 1]?.at ?? 0))).toBe(true);
    const seen = lines(elements);
    for (const n of [0, 1, 2, 3, 7, 8, 9, 10, 11]) expect(seen).toContain(routeLine(n));
  }
});
