import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { compiled, runModule } from '../../../support/mrt-compiled.ts';
import { BIRD_UPDATES_BZ2 } from '../../../support/mrt-bz2.ts';
import { temporaryFolder } from '../../../support/mrt-run.ts';
import { isThorough } from '../../../support/thorough.ts';
import { bytesOf, message, peerIndexTable, PEER, rib, update } from '../../../support/mrt-writer.ts';

/** Prints the elements, one JSON a line, and at the end which threads are left. `stop` elements are read at most. */
const REPLAY = `
const [root, threads, stop, ...paths] = process.argv.slice(1);
const { planMrt } = await import(root + '/streams/mrt/archive/archive.js');
const { mrtSource } = await import(root + '/streams/mrt/source.js');
const planned = await planMrt({ paths });
const controller = new AbortController();
let seen = 0;
const source = mrtSource(planned.plan, { watch: 'everything', threads: Number(threads) });
for await (const element of source.elements(controller.signal)) {
  console.log(JSON.stringify(element));
  if (++seen === Number(stop)) controller.abort();
}
console.log(process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length + ' threads left');
`;

/** For each path, how many elements there are, once two threads gave the same ones as none: one unpacks for the other. */
const DIVIDED = `
const [root, ...paths] = process.argv.slice(1);
const { planMrt } = await import(root + '/streams/mrt/archive/archive.js');
const { mrtSource } = await import(root + '/streams/mrt/source.js');
const { ScanThreads } = await import(root + '/streams/mrt/threads/scan-threads.js');
async function elementsOf(path, threads) {
  const { plan } = await planMrt({ paths: [path], collector: 'rrc00' });
  const elements = [];
  for await (const element of mrtSource(plan, { watch: 'everything', threads }).elements(new AbortController().signal)) {
    elements.push(JSON.stringify(element));
  }
  return elements;
}
for (const path of paths) {
  const [alone, divided] = [await elementsOf(path, 0), await elementsOf(path, new ScanThreads(2))];
  const place = alone.findIndex((element, i) => element !== divided[i]);
  console.log(divided.length === alone.length && place < 0 ? alone.length : path + ' ' + place + ': ' + divided[place]);
}
`;

const folder = temporaryFolder();
const apart = temporaryFolder();
const T = 1_419_264_000;
const root = compiled();

beforeAll(() => {
  const bird = readFileSync(new URL('../../../fixtures/daemons/bird-updates.mrt', import.meta.url));
  for (const collector of ['rrc00', 'rrc01', 'rrc03']) {
    folder.write(
      `${collector}/bview.20141222.1600.gz`,
      gzipSync(bytesOf(peerIndexTable(T, [PEER]), rib(T, '175.45.176.0/24', [0]))),
    );
    for (let n = 0; n < 6; n++) {
      const at = T + n * 300;
      const records = Array.from({ length: 300 }, (_, i) =>
        message(at + i, update({ announced: [`175.45.${i % 256}.0/24`] })),
      );
      folder.write(
        `${collector}/updates.20141222.16${String(n * 5).padStart(2, '0')}.gz`,
        gzipSync(bytesOf(...records)),
      );
    }
  }
  folder.write('rrc04/updates.20141222.1600.bz2', BIRD_UPDATES_BZ2);
  folder.write('rrc04/updates.20141222.1605', bird);
  folder.write('rrc04/updates.20141222.1610.gz', gzipSync(bird).subarray(0, 300));
});

describe('reading threads', () => {
  test('give the same elements as no threads, and leave none behind', () => {
    const [none, two, five] = ['0', '2', '5'].map((threads) => runModule(REPLAY, [root(), threads, '0', folder.path]));
    expect(two).toBe(none);
    expect(five).toBe(none);
    expect(none?.trim().endsWith('\n0 threads left')).toBe(true);
    expect(none?.split('\n').length).toBeGreaterThan(5_400);
  });

  test('unpack one bzip2 file together, where there are more of them than files', () => {
    const path = folder.write('rrc05/updates.20141222.1600.bz2', Buffer.concat(Array(40).fill(BIRD_UPDATES_BZ2)));
    folder.write('rrc05/updates.20141222.1605.bz2', BIRD_UPDATES_BZ2);
    const [none, four] = ['0', '4'].map((threads) => runModule(REPLAY, [root(), threads, '0', join(path, '..')]));
    expect(four).toBe(none);
    expect(none?.split('\n').length).toBeGreaterThan(100);
  });

  test('one unpacks a gzip file for the one that reads it: the same comes out, damaged or not', () => {
    // More than is under way at once, and hard to pack: damage is in the middle.
    const records = Array.from({ length: 9_000 }, (_, i) => {
      const path = Array.from({ length: 50 }, (_hop, hop) => 1 + ((i * 7919 + hop * 104_729) % 60_000));
      return message(T + (i >> 6), update({ announced: [`175.45.${i % 256}.0/24`], path }));
    });
    const whole = gzipSync(bytesOf(...records));
    const changed = (at: number): Buffer => Buffer.from(whole.map((byte, i) => (i === at ? byte ^ 4 : byte)));
    const files: Readonly<Record<string, Buffer>> = {
      whole,
      members: Buffer.concat([whole, gzipSync(bytesOf(...records.slice(0, 100)))]),
      middle: changed(whole.length >> 1),
      checksum: changed(whole.length - 6),
      cut: whole.subarray(0, (whole.length * 2) / 3),
      garbage: Buffer.concat([whole, Buffer.from('and more')]),
      zeros: Buffer.concat([whole, Buffer.alloc(4096)]),
    };
    const some = new Set(['whole', 'middle', 'cut']);
    const tried = Object.entries(files).filter(([name]) => isThorough || some.has(name));
    const paths = tried.map(([name, bytes]) => apart.write(`${name}/updates.20141222.1600.gz`, bytes));
    const counts = runModule(DIVIDED, [root(), ...paths])
      .trim()
      .split('\n')
      .map(Number);
    expect(counts).toHaveLength(paths.length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(counts[0]).toBeGreaterThan(9_000);
  });

  test('end when the reading is aborted', () => {
    const lines = runModule(REPLAY, [root(), '3', '10', folder.path]).trim().split('\n');
    expect(lines.length).toBe(11);
    expect(lines.at(-1)).toBe('0 threads left');
  });
});
