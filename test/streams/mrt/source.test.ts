import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventTime } from '../../../src/bgp/time.ts';
import { DEFAULT_LIMITS } from '../../../streams/mrt/limits.ts';
import { createFramer } from '../../../streams/mrt/record/records.ts';
import { mrtSource } from '../../../streams/mrt/source.ts';
import { BIRD_UPDATES_BZ2 } from '../../support/mrt-bz2.ts';
import { line, lines, ofType, planned, play, temporaryFolder, WATCH } from '../../support/mrt-run.ts';
import {
  bytesOf,
  message,
  OTHER_PEER,
  PEER,
  peerIndexTable,
  record,
  rib,
  stateChange,
  tableDump,
  tableEntry,
  update,
  type Bytes,
} from '../../support/mrt-writer.ts';

const folder = temporaryFolder();
const T = 1_419_264_000;
const announced = (seconds: number, prefix = '175.45.176.0/24', peer = PEER): Bytes =>
  message(seconds, update({ announced: [prefix], path: [peer.asn, 131279] }), { peer });
const withdrawn = (seconds: number, prefix = '175.45.176.0/24', peer = PEER): Bytes =>
  message(seconds, update({ withdrawn: [prefix] }), { peer });
const foreign = (seconds: number): Bytes => message(seconds, update({ announced: ['192.0.2.0/24'] }));
const THIRD_PEER = { address: '198.51.100.3', asn: 64502 };

describe('one file of updates', () => {
  test('gives the watched elements, at the time of their records', async () => {
    const path = folder.write(
      'one/rrc00.updates',
      bytesOf(announced(T), foreign(T + 1), stateChange(T + 2, 6, 1), withdrawn(T + 3)),
    );
    expect(lines((await play({ paths: [path] })).elements)).toEqual([
      `${T}.000 announcement 198.51.100.1 175.45.176.0/24 64500 131279`,
      `${T + 2}.000 down 198.51.100.1`,
      `${T + 3}.000 withdrawal 198.51.100.1 175.45.176.0/24`,
    ]);
  });

  test('an UPDATE that names watched prefixes among others gives the watched ones', async () => {
    const mixed = message(
      T,
      update({ announced: ['192.0.2.0/24', '175.45.177.0/24'], withdrawn: ['10.0.0.0/8', '175.45.178.0/24'] }),
    );
    const { elements } = await play({ paths: [folder.write('mixed/updates', bytesOf(mixed))] });
    expect(lines(elements)).toEqual([
      `${T}.000 withdrawal 198.51.100.1 175.45.178.0/24`,
      `${T}.000 announcement 198.51.100.1 175.45.177.0/24 64500 131279`,
    ]);
  });

  test('time goes on to the end although nothing watched is received', async () => {
    const path = folder.write('quiet/updates', bytesOf(...[0, 3, 12, 14, 47, 48].map((n) => foreign(T + n))));
    expect((await play({ paths: [path] })).elements.map(line)).toEqual(
      [0, 12, 47, 47].map((n) => `${T + n}.000 tick local`).with(3, `${T + 48}.000 tick local`),
    );
  });
});

describe('RIB dumps', () => {
  const peers = [PEER, OTHER_PEER];
  const dump = (
    seconds: number,
    prefixes: readonly string[] = ['175.45.176.0/24', '192.0.2.0/24'],
    of = peers,
  ): Bytes => [...peerIndexTable(seconds, of), ...prefixes.flatMap((prefix) => rib(seconds, prefix, [0]))];

  test('a whole one ends with end-of-rib for each of its peers, with all its routes counted', async () => {
    const { elements, reports } = await play({ paths: [folder.write('whole/rrc00.bview', bytesOf(dump(T)))] });
    expect(lines(elements)).toEqual([
      `${T}.000 rib 198.51.100.1 175.45.176.0/24 64500 131279`,
      `${T}.000 end-of-rib 198.51.100.1 ipv4 2/0 from ${T}`,
      `${T}.000 end-of-rib 198.51.100.2 ipv4 0/0 from ${T}`,
    ]);
    expect(ofType(reports, 'dump')).toMatchObject([{ collector: 'rrc00', peers: 2, records: 2, flaw: undefined }]);
  });

  test('one of both families says so; a zero peer, which BIRD lists, is none', async () => {
    const both = dump(T, ['192.0.2.0/24', '2001:db8::/32'], [PEER, { address: '0.0.0.0', asn: 0 }]);
    const { elements } = await play({ paths: [folder.write('both/bview', bytesOf(both))] });
    expect(lines(elements)).toEqual([
      `${T}.000 rib 198.51.100.1 2001:db8::/32 64500 131279`,
      `${T}.000 end-of-rib 198.51.100.1 both 1/1 from ${T}`,
    ]);
  });

  test('several in one file end one by one; a peer that the later one lacks is absent', async () => {
    const bytes = bytesOf(dump(T), dump(T + 60, ['175.45.176.0/24'], [OTHER_PEER]));
    expect(lines((await play({ paths: [folder.write('two/bview', bytes)] })).elements).slice(3)).toEqual([
      `${T + 60}.000 rib 198.51.100.2 175.45.176.0/24 64500 131279`,
      `${T + 60}.000 end-of-rib 198.51.100.2 ipv4 1/0 from ${T + 60}`,
      `${T + 60}.000 gap local 198.51.100.1 absent-peer`,
    ]);
  });

  test('a peer that sent data since the dump began is not absent from it, nor one that went down', async () => {
    folder.write('since/rrc00/bview.20141222.1600.gz', bytesOf(dump(T + 10, ['192.0.2.0/24'], [PEER])));
    const updates = [
      announced(T, undefined, OTHER_PEER),
      stateChange(T + 5, 6, 1, OTHER_PEER),
      announced(T + 10, undefined, THIRD_PEER),
    ];
    folder.write('since/rrc00/updates.20141222.1600.gz', bytesOf(...updates));
    const { elements } = await play({ paths: [`${folder.path}/since`] });
    expect(lines(elements).filter((text) => text.includes('absent'))).toEqual([]);
  });

  test('mixed with updates in one file, it ends where the updates begin', async () => {
    const bytes = bytesOf(announced(T - 5), dump(T, ['175.45.177.0/24']), withdrawn(T + 5, '175.45.177.0/24'));
    expect(lines((await play({ paths: [folder.write('mixture/all', bytes)] })).elements)).toEqual([
      `${T - 5}.000 announcement 198.51.100.1 175.45.176.0/24 64500 131279`,
      `${T}.000 rib 198.51.100.1 175.45.177.0/24 64500 131279`,
      `${T}.000 end-of-rib 198.51.100.1 ipv4 1/0 from ${T}`,
      `${T}.000 end-of-rib 198.51.100.2 ipv4 0/0 from ${T}`,
      `${T + 5}.000 withdrawal 198.51.100.1 175.45.177.0/24`,
    ]);
  });

  test('a torn one proves nothing by what it lacks, and costs its peers nothing', async () => {
    const bytes = bytesOf(dump(T)).subarray(0, -5);
    expect(lines((await play({ paths: [folder.write('torn/bview', bytes)] })).elements).slice(1)).toEqual([]);
  });

  test('one that stops cleanly before 200.0.0.0 is short', async () => {
    const networks = (count: number, last: number): string[] =>
      Array.from({ length: count }, (_, i) => `${Math.floor((i * last) / count) + 1}.${i % 256}.0.0/16`).toSorted(
        (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || Number(a.split('.')[1]) - Number(b.split('.')[1]),
      );
    const flawOf = async (name: string, prefixes: readonly string[]): Promise<string | undefined> => {
      const { reports } = await play({ paths: [folder.write(`cut/${name}/bview`, bytesOf(dump(T, prefixes)))] });
      return ofType(reports, 'dump')[0]?.flaw;
    };
    expect(await flawOf('cut', networks(1_100, 150))).toMatch(/^the IPv4 table ends at 150\./);
    expect(await flawOf('whole', networks(1_100, 223))).toBeUndefined();
    expect(await flawOf('unordered', networks(1_100, 150).toReversed())).toBeUndefined();
    expect(await flawOf('small', networks(900, 150))).toBeUndefined();
  });

  test('one with far fewer records than the one before is short', async () => {
    const prefixes = Array.from({ length: 1_200 }, (_, i) => `${223 - (i % 200)}.${i >> 3}.0.0/16`);
    folder.write('fewer/rrc00.bview.20141222.1600', bytesOf(dump(T, prefixes)));
    folder.write('fewer/rrc00.bview.20141223.0000', bytesOf(dump(T + 28_800, prefixes.slice(0, 900))));
    folder.write('fewer/rrc00.bview.20141223.0800', bytesOf(dump(T + 57_600, prefixes.slice(0, 1_150))));
    // Days later the table is not known.
    folder.write('fewer/rrc00.bview.20141227.0800', bytesOf(dump(T + 57_600 + 4 * 86_400, prefixes.slice(0, 900))));
    const { reports, elements } = await play({ paths: [`${folder.path}/fewer`] });
    expect(ofType(reports, 'dump').map(({ flaw }) => flaw)).toEqual([
      undefined,
      'it has 900 records, the one before had 1200',
      undefined,
      undefined,
    ]);
    expect(lines(elements).filter((text) => text.includes('gap'))).toEqual([]);
  });

  test('TABLE_DUMP of old counts each entry for its peer', async () => {
    const batch = tableDump(
      T,
      ['175.45.176.0/24', '192.0.2.0/24'].map((prefix) => tableEntry(T, prefix)),
      4,
    );
    const one = tableDump(T, [tableEntry(T, '10.0.0.0/8', OTHER_PEER)]);
    const path = folder.write('old/bview', bytesOf(batch, batch, one));
    const { elements } = await play({ paths: [path] });
    expect(lines(elements).slice(-2)).toEqual([
      `${T}.000 end-of-rib 198.51.100.1 ipv4 4/0 from ${T}`,
      `${T}.000 end-of-rib 198.51.100.2 ipv4 1/0 from ${T}`,
    ]);
  });
});

describe('an archive', () => {
  test('dumps and updates, and collectors, run side by side by event time', async () => {
    folder.write(
      'side/rrc00/bview.20141222.1600.gz',
      bytesOf(peerIndexTable(T, [PEER]), rib(T + 2, '175.45.176.0/24', [0])),
    );
    folder.write('side/rrc00/updates.20141222.1600.gz', bytesOf(withdrawn(T + 1), announced(T + 2, '175.45.177.0/24')));
    folder.write('side/rrc01/updates.20141222.1600.gz', bytesOf(announced(T + 1), announced(T + 3)));
    const { elements } = await play({ paths: [`${folder.path}/side`] });
    expect(lines(elements).map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual([
      `${T + 1}.000 withdrawal`,
      `${T + 1}.000 announcement`,
      `${T + 2}.000 rib`,
      `${T + 2}.000 end-of-rib`,
      `${T + 2}.000 announcement`,
      `${T + 3}.000 announcement`,
    ]);
  });

  test('a missing file is a gap in its place, and so are updates that begin long after the dump', async () => {
    folder.write(
      'hole/rrc00/bview.20141222.1600.gz',
      bytesOf(peerIndexTable(T, [PEER]), rib(T, '175.45.176.0/24', [0])),
    );
    for (const [minute, n] of [
      ['1630', 30],
      ['1635', 35],
      ['1640', 40],
      ['1655', 55],
    ] as const) {
      folder.write(`hole/rrc00/updates.20141222.${minute}.gz`, bytesOf(announced(T + n * 60)));
    }
    const { elements, reports } = await play({ paths: [`${folder.path}/hole`] });
    expect(lines(elements).filter((text) => text.includes('gap'))).toEqual([
      `${T}.000 gap rrc00 all missing-file`,
      `${T + 45 * 60}.000 gap rrc00 all missing-file`,
    ]);
    expect(lines(elements)[2]).toContain('gap');
    expect(ofType(reports, 'missing-file')).toMatchObject([{ from: T * 1000 }, { to: (T + 55 * 60) * 1000 }]);
  });

  test('reading stops at `until`, with a tick that says so', async () => {
    const path = folder.write('until/updates', bytesOf(announced(T), withdrawn(T + 50), announced(T + 70)));
    const { elements } = await play({ paths: [path], until: ((T + 60) * 1000) as EventTime });
    expect(elements.map(line).slice(-2)).toEqual([
      `${T + 50}.000 withdrawal 198.51.100.1 175.45.176.0/24`,
      `${T + 60}.000 tick local`,
    ]);
  });

  test('an aborted reading ends', async () => {
    const path = folder.write('abort/updates', bytesOf(...Array.from({ length: 50 }, (_, n) => announced(T + n))));
    const controller = new AbortController();
    let seen = 0;
    for await (const _ of mrtSource(await planned({ paths: [path] }), { watch: WATCH }).elements(controller.signal)) {
      if (++seen === 5) controller.abort();
    }
    expect(seen).toBe(5);
  });

  test('progress and summary add up', async () => {
    const path = folder.write('sums/rrc00.updates', bytesOf(announced(T), foreign(T + 1), record(T + 1, 99, 1, [0])));
    const { reports } = await play({ paths: [path] });
    const [plan] = ofType(reports, 'plan');
    expect(ofType(reports, 'progress').at(-1)).toMatchObject({
      bytes: plan?.bytes,
      totalBytes: plan?.bytes,
      records: 3,
    });
    expect(ofType(reports, 'summary')).toMatchObject([{ files: 1, records: 3, damages: 0, missingFiles: 0 }]);
    expect(ofType(reports, 'file-end')[0]?.types).toEqual([
      { name: 'BGP4MP MESSAGE_AS4', type: 16, subtype: 4, count: 2, isKnown: true },
      { name: 'type 99 subtype 1', type: 99, subtype: 1, count: 1, isKnown: false },
    ]);
  });
});

describe('the same records give the same elements', () => {
  const bird = readFileSync(new URL('../../fixtures/daemons/bird-updates.mrt', import.meta.url));
  const cuts: number[] = [];
  const framer = createFramer(
    { record: (_, _start, _end, offset) => cuts.push(offset), damage: () => undefined },
    DEFAULT_LIMITS,
  );
  framer.push(bird);
  framer.end();

  test('packed as gzip, bzip2 or not at all, and read by any number of bytes', async () => {
    const expected = (await play({ paths: [folder.write('same/plain/updates', bird)] })).elements;
    expect(expected.length).toBeGreaterThan(40);
    const packed = [bird, gzipSync(bird), BIRD_UPDATES_BZ2].map((bytes, i) => folder.write(`same/${i}/updates`, bytes));
    for (const path of packed) {
      for (const readBytes of [1, 13, 1_000, 1 << 20]) {
        expect((await play({ paths: [path] }, { readBytes })).elements).toEqual(expected);
      }
    }
  });

  test('cut into files between any records', async () => {
    const expected = (await play({ paths: [folder.write('cuts/whole/updates', bird)] })).elements;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.constantFrom(...cuts.slice(1)), { maxLength: 6 }), async (places) => {
        const ends = [0, ...places.toSorted((a, b) => a - b), bird.length];
        const name = `cuts/${run++}`;
        for (const [i, end] of ends.entries()) {
          if (i > 0) folder.write(`${name}/updates-${i}`, bird.subarray(ends[i - 1], end));
        }
        expect((await play({ paths: [`${folder.path}/${name}`] })).elements).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
