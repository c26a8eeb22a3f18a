import { chmodSync, cpSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isFault } from '../../../src/app/replay/reading-log.ts';
import type { Collector } from '../../../src/bgp/peer.ts';
import { planMrt } from '../../../streams/mrt/archive/archive.ts';
import { documentedInterval } from '../../../streams/mrt/archive/cadence.ts';
import { Day, KP, lineOf } from '../../support/day.ts';
import { ofType, planned, play, temporaryFolder } from '../../support/mrt-run.ts';
import { bytesOf, message, peerIndexTable, PEER, rib, update } from '../../support/mrt-writer.ts';

/** Which files are missing follows from what is documented about a collector, not from the files that are there. */
const folder = temporaryFolder();
const T = Date.parse('2014-12-22T16:00:00Z') / 1000;
const DUMP = bytesOf(peerIndexTable(T, [PEER]), rib(T, '175.45.176.0/24', [0]));
const fixture = fileURLToPath(new URL('../../fixtures/judged-wrongly/every-second-file-missing', import.meta.url));

let run = 0;
/** The holes, as minutes after 16:00, of a collector with a dump of 16:00 and files of updates that begin in these minutes. */
async function holesOf(
  collector: string,
  minutes: readonly number[],
  empty: readonly number[] = [],
): Promise<string[]> {
  const place = `${run++}/${collector}/bgpdata`;
  folder.write(`${place}/bview.20141222.1600`, DUMP);
  for (const minute of [...minutes, ...empty]) {
    const updates = bytesOf(message(T + minute * 60, update({ announced: ['192.0.2.0/24'] })));
    folder.write(
      `${place}/updates.20141222.16${String(minute).padStart(2, '0')}`,
      empty.includes(minute) ? [] : updates,
    );
  }
  const { collectors } = await planned({ paths: [join(folder.path, place)] });
  return collectors.flatMap(({ holes }) =>
    holes.map(({ from, to }) => `${from / 60_000 - T / 60}-${to / 60_000 - T / 60}`),
  );
}

describe('a hole is', () => {
  test.each<[string, string, number[], string[]]>([
    ['each file that RIS should have written, every five minutes', 'rrc00', [0, 10, 20, 25], ['5-10', '15-20']],
    ['between two files of RIS ten minutes apart', 'rrc00', [0, 10], ['5-10']],
    ['before the first file of RIS, when the dump is of five minutes earlier', 'rrc00', [5, 10], ['0-5']],
    ['between two files of Route Views half an hour apart', 'route-views.sg', [0, 30, 45], ['15-30']],
    ['… of its collectors with newer names, too', 'amsix.ams', [0, 30], ['15-30']],
    ['nothing that either project never writes', 'route-views2', [0, 15, 30], []],
    [
      'of other collectors, more than the interval that most of their files have',
      'reconstructed-a',
      [0, 10, 20, 40],
      ['30-40'],
    ],
    ['of other collectors, not what may be their interval', 'reconstructed-a', [0, 10], []],
  ])('%s', async (_, collector, minutes, holes) => {
    expect(await holesOf(collector, minutes)).toEqual(holes);
  });

  test('a file of no bytes: in the middle, at the end, at the begin, and when there is no other', async () => {
    expect(await holesOf('rrc00', [0, 10], [5])).toEqual(['5-10']);
    expect(await holesOf('rrc00', [0, 5], [10])).toEqual(['10-15']);
    expect(await holesOf('rrc00', [5, 10], [0])).toEqual(['0-5']);
    expect(await holesOf('rrc00', [], [0])).toEqual(['0-5']);
    expect(await holesOf('reconstructed-a', [0, 10, 20], [25])).toEqual(['25-35']);
  });

  test.each([
    ['gzip', '.gz', gzipSync(new Uint8Array())],
    ['bzip2', '.bz2', Buffer.from('QlpoORdyRThQkAAAAAA=', 'base64')],
  ])('a file of %s that unpacks to nothing', async (_, ending, bytes) => {
    const place = `packed${ending}/rrc00`;
    for (const minute of ['00', '10']) folder.write(`${place}/updates.20141222.16${minute}`, quiet(Number(minute)));
    folder.write(`${place}/updates.20141222.1605${ending}`, bytes);
    const { collectors, refused } = await planned({ paths: [join(folder.path, place)] });
    expect(collectors[0]?.holes).toMatchObject([{ from: (T + 300) * 1000, to: (T + 600) * 1000 }]);
    expect(refused).toMatchObject([{ reason: 'is empty when it is unpacked' }]);
  });
});

/** Five minutes of a collector that receives something every ten seconds; so many of its records. */
function quiet(minute: number, records = 30): Uint8Array {
  const recordOf = (n: number) => message(T + minute * 60 + n * 10, update({ announced: ['192.0.2.0/24'] }));
  return bytesOf(...Array.from({ length: records }, (_, n) => recordOf(n)));
}

/** Writes files of updates by the minute after 16:00 at which each begins; what is missing, in seconds after 16:00. */
async function missingOf(place: string, files: readonly (readonly [string, Uint8Array])[]): Promise<string[]> {
  for (const [name, bytes] of files) folder.write(`${place}/${name}`, bytes);
  const { elements, reports } = await play({ paths: [join(folder.path, place)] });
  const missing = ofType(reports, 'missing-file').map(({ from, to }) => `${from / 1000 - T}-${to / 1000 - T}`);
  expect(elements.filter(({ type }) => type === 'gap')).toHaveLength(missing.length);
  return missing;
}

describe('what is missing, although each name is there or no interval is documented, is reported when', () => {
  const of = (minute: string, bytes = quiet(Number(minute))) => [`updates.20141222.16${minute}`, bytes] as const;

  test.each<[string, string, (readonly [string, Uint8Array])[], string[]]>([
    [
      'a file lies under the name of the next one as well',
      'twice',
      [of('00'), of('05', quiet(0)), of('10')],
      ['300-600'],
    ],
    ['an older file lies under a name', 'old', [of('00'), of('05', quiet(-60)), of('10')], ['300-600']],
    ['a newer file lies under a name', 'new', [of('00'), of('05', quiet(10)), of('10')], ['290-600']],
    ['a file is cut off behind a record', 'cut', [of('00'), of('05', quiet(5, 2)), of('10')], ['310-600']],
    ['two files have a hole between them', 'two', [of('00'), of('15')], ['290-900']],
    ['nothing is: names may be later than records', 'zone', [of('20', quiet(0)), of('25', quiet(5))], []],
    ['nothing is: a few records say nothing of pauses', 'few', [of('00', quiet(0, 5)), of('05', quiet(9, 5))], []],
  ])('%s', async (_, place, files, missing) => {
    expect(await missingOf(`silent/${place}`, files)).toEqual(missing);
  });
});

describe('a collector whose files end while those of others continue', () => {
  const place = 'ends';
  const collectors = async (files: Readonly<Record<string, readonly string[]>>): Promise<string[]> => {
    const root = `${place}/${run++}`;
    for (const [collector, names] of Object.entries(files))
      for (const name of names) folder.write(`${root}/${collector}/${name}`, name.startsWith('b') ? DUMP : quiet(0));
    const plan = await planned({ paths: [join(folder.path, root)] });
    return plan.collectors.flatMap(({ collector, holes }) =>
      holes.map(({ from, to }) => `${collector} ${from / 60_000 - T / 60}-${to / 60_000 - T / 60}`),
    );
  };
  const five = ['bview.20141222.1600', 'updates.20141222.1600', 'updates.20141222.1605', 'updates.20141222.1610'];

  test.each<[string, Record<string, readonly string[]>, string[]]>([
    ['misses what they still have', { rrc00: five, rrc01: five.slice(0, 2) }, ['rrc01 5-15']],
    ['misses all that lies behind its dumps', { rrc00: five, rrc01: five.slice(0, 1) }, ['rrc01 0-15']],
    [
      '… behind each of them',
      { rrc00: five, rrc01: ['bview.20141222.1600', 'bview.20141222.1608'] },
      ['rrc01 0-8', 'rrc01 8-15'],
    ],
    ['misses nothing when their last file is longer', { rrc00: five, 'route-views.sg': ['updates.20141222.1600'] }, []],
    ['misses nothing when there are dumps alone', { rrc00: five.slice(0, 1), rrc01: ['bview.20141222.1700'] }, []],
  ])('%s', async (_, files, holes) => {
    expect(await collectors(files)).toEqual(holes);
  });
});

test('RIS wrote files every 15 minutes until 2003, Route Views always; of others nothing is documented', () => {
  const minutes = (collector: string, date: string): number | undefined =>
    (documentedInterval(collector as Collector, Date.parse(date)) ?? NaN) / 60_000;
  expect(minutes('rrc00', '2001-09-11')).toBe(15);
  expect(minutes('rrc00', '2014-12-22')).toBe(5);
  expect(minutes('route-views2', '2001-11-01')).toBe(15);
  expect(minutes('route-views.sg', '2024-01-01')).toBe(15);
  expect(minutes('local', '2024-01-01')).toBeNaN();
});

test('an outage that lies in files which are not there is unknown, not routable', async () => {
  const { elements, reports } = await play({ paths: [fixture] }, { watch: KP.blocks });
  const day = new Day();
  for (const element of elements) day.apply(element);
  expect(ofType(reports, 'missing-file').length).toBe(2);
  expect(day.events.map(lineOf)).toContain('16:05:10 country.unknown since 16:05:00');
  expect(day.engine.status()[0]?.verdict).toBe('unknown');
});

test('a collector whose last files are empty takes its votes along', async () => {
  const place = join(folder.path, 'last/rrc00');
  cpSync(join(fixture, 'rrc00'), place, { recursive: true });
  folder.write('last/rrc00/updates.20141222.1605.gz', []);
  folder.write('last/rrc00/updates.20141222.1610.gz', []);
  folder.write('last/rrc00/updates.20141222.1620.gz', []);
  folder.write('last/rrc00/updates.20141222.1625.gz', []);
  const { reports } = await play({ paths: [place] });
  expect(ofType(reports, 'missing-file')).toMatchObject([{ from: (T + 300) * 1000, to: (T + 1800) * 1000 }]);
});

test('a folder that may not be entered is a fault, like a file that may not be read', async () => {
  folder.write('closed/rrc00/updates.20141222.1600', DUMP);
  const closed = join(folder.path, 'closed/rrc01');
  mkdirSync(closed);
  chmodSync(folder.path, 0o755);
  const above = join(folder.path, '..');
  if ((statSync(above).mode & 0o001) === 0) chmodSync(above, 0o711);
  chmodSync(closed, 0);
  const asNobody = process.getuid?.() === 0;
  try {
    // Root may enter everything.
    if (asNobody) process.seteuid?.(65_534);
    const { refused } = await planned({ paths: [join(folder.path, 'closed')] });
    expect(refused).toEqual([{ path: closed, reason: 'may not be entered', isFolder: true }]);
    expect(refused.map((refusal) => isFault(refusal, []))).toEqual([true]);
    expect(await planMrt({ paths: [closed] })).toMatchObject({
      reason: `no file can be read: ${closed} may not be entered`,
    });
  } finally {
    if (asNobody) process.seteuid?.(0);
    chmodSync(closed, 0o755);
  }
});
