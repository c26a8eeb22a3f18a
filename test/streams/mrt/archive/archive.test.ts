import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Collector } from '../../../../src/bgp/peer.ts';
import type { EventTime } from '../../../../src/bgp/time.ts';
import { planMrt, type MrtPlan } from '../../../../streams/mrt/archive/archive.ts';
import { readFileName } from '../../../../streams/mrt/archive/file-name.ts';
import { planned, temporaryFolder } from '../../../support/mrt-run.ts';
import { bytesOf, message, peerIndexTable, PEER, rib, update } from '../../../support/mrt-writer.ts';

describe('a path names collector, kind and start', () => {
  test.each([
    ['rrc00/2014.12/updates.20141222.1615.gz', 'rrc00', 'updates', '2014-12-22T16:15:00Z'],
    ['data.ris.ripe.net/rrc06/2014.12/bview.20141222.1600.gz', 'rrc06', 'rib', '2014-12-22T16:00:00Z'],
    ['rrc06.updates.20141222.1615.gz', 'rrc06', 'updates', '2014-12-22T16:15:00Z'],
    ['mirror/rrc01/rrc03.bview.20141222.1600.gz', 'rrc03', 'rib', '2014-12-22T16:00:00Z'],
    ['route-views.sg/bgpdata/2014.12/RIBS/rib.20141222.1600.bz2', 'route-views.sg', 'rib', '2014-12-22T16:00:00Z'],
    [
      'route-views.sg/bgpdata/2014.12/UPDATES/updates.20141222.1615.bz2',
      'route-views.sg',
      'updates',
      '2014-12-22T16:15:00Z',
    ],
    [
      'archive.routeviews.org/decix.jhb/bgpdata/2024.01/UPDATES/updates.20240101.0000.bz2',
      'decix.jhb',
      'updates',
      '2024-01-01T00:00:00Z',
    ],
    [
      'archive.routeviews.org/bgpdata/2014.12/RIBS/rib.20141222.1600.bz2',
      'route-views2',
      'rib',
      '2014-12-22T16:00:00Z',
    ],
    ['route-views2.routeviews.org/updates.20240101.0000.bz2', 'route-views2', 'updates', '2024-01-01T00:00:00Z'],
    ['route-views.sg.routeviews.org/rib.20240101.0000.bz2', 'route-views.sg', 'rib', '2024-01-01T00:00:00Z'],
    ['route-views3.oregon-ix.net/updates.20040101.0000.bz2', 'route-views3', 'updates', '2004-01-01T00:00:00Z'],
    ['routeviews.route-views.jinx.ribs.1401487200.bz2', 'route-views.jinx', 'rib', '2014-05-30T22:00:00Z'],
    ['ris.rrc06.updates.1401488100.gz', 'rrc06', 'updates', '2014-05-30T22:15:00Z'],
    ['route-views2.updates.20141222.1615.bz2', 'route-views2', 'updates', '2014-12-22T16:15:00Z'],
    ['RRC00/updates.20141222.1615.gz', 'rrc00', 'updates', '2014-12-22T16:15:00Z'],
    ['Isolario_MRT_data/Alderaan/2018_01/updates.20180101.0000.bz2', 'Alderaan', 'updates', '2018-01-01T00:00:00Z'],
    ['mine/fra1/2024.01/updates.20240101.0000.gz', 'fra1', 'updates', '2024-01-01T00:00:00Z'],
    ['mine/data/2024.01/updates.20240101.0000.gz', undefined, 'updates', '2024-01-01T00:00:00Z'],
    [
      'route-collector.fra.pch.net/2024/table.20240101.0000.gz',
      'route-collector.fra.pch.net',
      'rib',
      '2024-01-01T00:00:00Z',
    ],
    [
      'route-collector.fra.pch.net/2024/05/01/route-collector.fra.pch.net-mrt-bgp-updates-2024-05-01-16-15.gz',
      'route-collector.fra.pch.net',
      'updates',
      '2024-05-01T16:15:00Z',
    ],
    ['pch/updates/fra2/2024/05/updates.20240501.1615.gz', 'fra2', 'updates', '2024-05-01T16:15:00Z'],
    ['bgproutes/vp17/2024-05-01/updates.20240501.1615.bz2', 'vp17', 'updates', '2024-05-01T16:15:00Z'],
    ['bgproutes/vp17/updates/2024/05/01/updates.2024-05-01-16-15.gz', 'vp17', 'updates', '2024-05-01T16:15:00Z'],
    ['bgproutes/vp17/ribs/2024.05/rib.20240501.1600.bz2', 'vp17', 'rib', '2024-05-01T16:00:00Z'],
    ['data/2024/05/01/updates.20240501.1615.gz', undefined, 'updates', '2024-05-01T16:15:00Z'],
    ['bird-rib4.20141222.160010.mrt', undefined, 'rib', '2014-12-22T16:00:10Z'],
    ['frr-updates.20141222.160100.mrt', undefined, 'updates', '2014-12-22T16:01:00Z'],
    ['openbgpd-all.20141222.160100.mrt', undefined, undefined, '2014-12-22T16:01:00Z'],
    ['updates.example.bz2', undefined, 'updates', undefined],
    ['bird6_bgp', undefined, undefined, undefined],
    // Route Views wrote Pacific time until 2003, in winter 8 hours behind UTC, in summer 7; route-views.eqix until 2006.
    ['route-views2/bgpdata/2002.01/RIBS/rib.20020101.0000.bz2', 'route-views2', 'rib', '2002-01-01T08:00:00Z'],
    [
      'route-views2/bgpdata/2002.07/UPDATES/updates.20020701.0015.bz2',
      'route-views2',
      'updates',
      '2002-07-01T07:15:00Z',
    ],
    ['route-views.eqix/bgpdata/2005.07/rib.20050701.0000.bz2', 'route-views.eqix', 'rib', '2005-07-01T07:00:00Z'],
    ['route-views3/bgpdata/2005.07/rib.20050701.0000.bz2', 'route-views3', 'rib', '2005-07-01T00:00:00Z'],
  ])('%s', (path, collector, kind, start) => {
    expect(readFileName(path)).toEqual({ collector, kind, start: start === undefined ? undefined : Date.parse(start) });
  });

  test('but not where the name is not a time in UTC', () => {
    expect(readFileName('gobgp-rib.20060102.150405.mrt').start).toBeUndefined();
    // The hour that comes twice, and those about the change to UTC.
    for (const name of ['rib.20021027.0130', 'rib.20030203.1030', 'rib.20030203.1130'])
      expect(readFileName(`route-views2/bgpdata/x/RIBS/${name}.bz2`).start).toBeUndefined();
    // A folder of another name may be a copy of one of Route Views.
    expect(readFileName('mine/fra1/2002.01/updates.20020101.0000.gz').start).toBeUndefined();
    expect(readFileName('rrc00/2002.01/bview.20020101.0000.gz').start).toBe(Date.parse('2002-01-01T00:00:00Z'));
  });
});

const T = Date.parse('2014-12-22T16:00:00Z') / 1000;
const UPDATES = bytesOf(message(T + 1, update({ announced: ['175.45.176.0/24'] })));
const RIB = bytesOf(peerIndexTable(T, [PEER]), rib(T, '175.45.176.0/24', [0]));

/** `kind start` of each file, holes as minutes after 16:00. */
function shape(plan: MrtPlan): readonly string[] {
  return plan.collectors.flatMap(({ collector, ribs, updates, holes }) => [
    collector,
    ...[...ribs, ...updates].map(({ kind, start }) => `${kind} ${new Date(start).toISOString().slice(11, 16)}`),
    ...holes.map(({ from, to }) => `hole ${from / 60_000 - T / 60}-${to / 60_000 - T / 60}`),
  ]);
}

describe('a plan', () => {
  test('finds what is missing among names in Pacific time, too', async () => {
    const local = temporaryFolder();
    for (const time of ['0800', '0815', '0900'])
      local.write(`route-views2/bgpdata/2002.07/updates.20020722.${time}.mrt`, UPDATES);
    const [collector] = (await planned({ paths: [local.path] })).collectors;
    const hours = (ms: number): string => new Date(ms).toISOString().slice(11, 16);
    expect(collector?.updates.map(({ start }) => hours(start))).toEqual(['15:00', '15:15', '16:00']);
    expect(collector?.holes.map(({ from, to }) => [hours(from), hours(to)])).toEqual([['15:30', '16:00']]);
  });

  const folder = temporaryFolder();
  for (const minute of ['1600', '1605', '1610', '1620', '1625']) {
    folder.write(`rrc00/updates.20141222.${minute}.gz`, gzipSync(UPDATES));
  }
  folder.write('rrc00/bview.20141222.1600.gz', gzipSync(RIB));
  folder.write('rrc00/bview.20141222.0800.gz', gzipSync(RIB));
  folder.write('rrc01/updates.20141222.1605.gz', gzipSync(UPDATES));
  folder.write('rrc01/README.txt', Buffer.from('These are updates of rrc01.\n'));
  folder.write('unnamed/all', UPDATES);
  folder.write('unnamed/table', RIB);

  test('orders the files of each collector, and reports what is missing', async () => {
    const plan = await planned({ paths: [folder.path] });
    expect(shape(plan)).toEqual([
      'local',
      'rib 16:00',
      'updates 16:00',
      'rrc00',
      'rib 08:00',
      'rib 16:00',
      'updates 16:00',
      'updates 16:05',
      'updates 16:10',
      'updates 16:20',
      'updates 16:25',
      'hole -480-0',
      'hole 15-20',
      'rrc01',
      'updates 16:05',
      'hole 10-30',
    ]);
    expect(plan.refused).toEqual([
      { path: join(folder.path, 'rrc01/README.txt'), reason: 'is not an MRT file, it looks like text' },
    ]);
  });

  test('takes files, globs and a collector for files whose path names none', async () => {
    const paths = [join(folder.path, 'rrc00/updates.*.161*.gz'), join(folder.path, 'unnamed/all')];
    const plan = await planned({
      paths: [join(folder.path, 'rrc0*/updates.*.1605.gz'), ...paths],
      collector: 'planned' as Collector,
    });
    expect(shape(plan)).toEqual([
      'planned',
      'updates 16:00',
      'rrc00',
      'updates 16:05',
      'updates 16:10',
      'rrc01',
      'updates 16:05',
      'hole 10-15',
    ]);
  });

  test('for a window begins with the last dump before it and ends with the last file that begins in it', async () => {
    const at = (time: string): EventTime => Date.parse(`2014-12-22T${time}:00Z`) as EventTime;
    const rrc00 = join(folder.path, 'rrc00');
    expect(shape(await planned({ paths: [rrc00], since: at('16:07'), until: at('16:22') }))).toEqual([
      'rrc00',
      'rib 16:00',
      'updates 16:00',
      'updates 16:05',
      'updates 16:10',
      'updates 16:20',
      'hole 15-20',
    ]);
    expect(shape(await planned({ paths: [`${rrc00}/updates.*`], since: at('16:07'), until: at('16:12') }))).toEqual([
      'rrc00',
      'updates 16:05',
      'updates 16:10',
    ]);
    expect(await planMrt({ paths: [rrc00], until: at('07:00') })).toMatchObject({
      ok: false,
      reason: 'no file covers the time asked for',
    });
  });

  test('reads a file once, however often it is named', async () => {
    mkdirSync(join(folder.path, 'links'), { recursive: true });
    symlinkSync(
      join(folder.path, 'rrc01/updates.20141222.1605.gz'),
      join(folder.path, 'links/rrc01.updates.20141222.1605.gz'),
    );
    const paths = [join(folder.path, 'links'), join(folder.path, 'rrc01/updates.20141222.1605.gz')];
    expect((await planned({ paths })).files).toBe(1);
  });

  test('says why there is none', async () => {
    const refusal = async (...paths: string[]): Promise<string> => {
      const plan = await planMrt({ paths });
      return plan.ok ? 'planned' : plan.reason.replaceAll(folder.path, '…');
    };
    expect(await refusal()).toBe('no file was named');
    expect(await refusal(join(folder.path, 'absent'))).toBe('no file can be read: …/absent does not exist');
    expect(await refusal(join(folder.path, '*.bz2'))).toBe('no file can be read: …/*.bz2 matches no file');
    expect(await refusal(join(folder.path, 'rrc01/README.txt'))).toBe(
      'no file can be read: …/rrc01/README.txt is not an MRT file, it looks like text',
    );
  });
});
