import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Collector } from '../../../src/bgp/peer.ts';
import { systemClock } from '../../../src/app/system-clock.ts';
import { listingFinder } from '../../../streams/archive/find.ts';
import { fileOf } from '../../../streams/archive/layout.ts';
import { ArchiveServer } from '../../support/archive-server.ts';

const FILE = new Uint8Array([1]);
const http = { clock: systemClock, random: () => 0, userAgent: 'test', attempts: 1 };
const never = new AbortController().signal;

let server: ArchiveServer;
beforeEach(async () => {
  server = new ArchiveServer();
  await server.listen();
});
afterEach(() => server.close());

function find(collectors: string, from: string, until: string) {
  const finder = listingFinder({ ris: server.url, routeviews: server.url }, http);
  const names = collectors.split(',') as Collector[];
  return finder({ collectors: names, fromMs: Date.parse(from), untilMs: Date.parse(until) }, never);
}

function has(...paths: readonly string[]): void {
  for (const path of paths) server.files.set(path, FILE);
}

const namesOf = (files: readonly { url: string }[]): string[] =>
  files.map(({ url }) => url.slice(server.url.length + 1));

describe('a window of RIS', () => {
  test('is the last dump before it, the updates since that dump, and the dumps inside', async () => {
    has('rrc00/2014.12/bview.20141222.0000.gz', 'rrc00/2014.12/bview.20141222.0800.gz');
    has('rrc00/2014.12/bview.20141222.1600.gz', 'rrc00/2014.12/bview.20141223.0000.gz');
    for (const time of ['0755', '0800', '0805', '1625', '1630', '1635'])
      has(`rrc00/2014.12/updates.20141222.${time}.gz`);
    const { files, faults } = await find('rrc00', '2014-12-22T15:00Z', '2014-12-22T16:30Z');
    expect(namesOf(files)).toEqual([
      'rrc00/2014.12/bview.20141222.0800.gz',
      'rrc00/2014.12/bview.20141222.1600.gz',
      'rrc00/2014.12/updates.20141222.0800.gz',
      'rrc00/2014.12/updates.20141222.0805.gz',
      'rrc00/2014.12/updates.20141222.1625.gz',
      'rrc00/2014.12/updates.20141222.1630.gz',
    ]);
    expect(faults).toEqual([]);
  });

  test('early on the first of a month begins with a dump of the month before', async () => {
    has('rrc00/2014.11/bview.20141130.1600.gz', 'rrc00/2014.11/updates.20141130.2355.gz');
    has('rrc00/2014.12/bview.20141201.0800.gz', 'rrc00/2014.12/updates.20141201.0000.gz');
    const { files, faults } = await find('rrc00', '2014-12-01T00:01Z', '2014-12-01T00:04Z');
    expect(namesOf(files)).toEqual([
      'rrc00/2014.11/bview.20141130.1600.gz',
      'rrc00/2014.11/updates.20141130.2355.gz',
      'rrc00/2014.12/updates.20141201.0000.gz',
    ]);
    expect(faults).toEqual([]);
  });

  test('of 1999 is found by names that follow no cadence', async () => {
    has('rrc00/1999.12/bview.19991214.0032.gz', 'rrc00/1999.12/updates.19991214.1621.gz');
    has('rrc00/1999.12/updates.19991214.1636.gz');
    const { files } = await find('rrc00', '1999-12-14T16:25Z', '1999-12-14T16:30Z');
    expect(namesOf(files)).toEqual(['rrc00/1999.12/bview.19991214.0032.gz', 'rrc00/1999.12/updates.19991214.1621.gz']);
  });

  test('without a dump in the day before says so', async () => {
    has('rrc00/2014.12/updates.20141222.1600.gz');
    const { files, faults } = await find('rrc00', '2014-12-22T16:00Z', '2014-12-22T16:04Z');
    expect(namesOf(files)).toEqual(['rrc00/2014.12/updates.20141222.1600.gz']);
    expect(faults[0]?.what).toMatch(/no table dump in the 24 hours before/);
  });

  test('is found among 10,000 names, and the folder is asked for once', async () => {
    for (let i = 0; i < 9_000; i++) has(`rrc00/2014.12/noise-${i}.txt`);
    for (let minute = 0; minute < 1000; minute += 5)
      has(
        `rrc00/2014.12/updates.201412${String(1 + Math.floor(minute / 60)).padStart(2, '0')}.00${String(minute % 60).padStart(2, '0')}.gz`,
      );
    has('rrc00/2014.12/bview.20141202.0000.gz');
    const { files } = await find('rrc00', '2014-12-02T00:10Z', '2014-12-02T00:12Z');
    expect(files).toHaveLength(4);
    expect(server.asked(/^rrc00\/2014\.12\/$/)).toBe(1);
  });

  test('of a folder that is not there, or a page that lists nothing, is reported with its URL', async () => {
    server.fail(/rrc01/, { kind: 'html' });
    const { files, faults } = await find('rrc00,rrc01', '2014-12-22T16:00Z', '2014-12-22T16:04Z');
    expect(files).toEqual([]);
    expect(faults.map(({ what }) => what)).toContain('the archive has no such folder');
    expect(faults.map(({ what }) => what)).toContain('the page lists no MRT file');
  });
});

describe('a window of Route Views', () => {
  test('has its dumps and updates in two folders, and its first collector none of its own', async () => {
    has('bgpdata/2014.12/RIBS/rib.20141222.1400.bz2', 'bgpdata/2014.12/UPDATES/updates.20141222.1400.bz2');
    has('route-views.sg/bgpdata/2014.12/RIBS/rib.20141222.1400.bz2');
    has('route-views.sg/bgpdata/2014.12/UPDATES/updates.20141222.1400.bz2');
    const { files } = await find('route-views2,route-views.sg', '2014-12-22T14:05Z', '2014-12-22T14:10Z');
    expect(files.map(({ collector, place }) => [collector, place])).toEqual([
      ['route-views2', 'route-views2/bgpdata/2014.12/rib.20141222.1400.bz2'],
      ['route-views2', 'route-views2/bgpdata/2014.12/updates.20141222.1400.bz2'],
      ['route-views.sg', 'route-views.sg/bgpdata/2014.12/rib.20141222.1400.bz2'],
      ['route-views.sg', 'route-views.sg/bgpdata/2014.12/updates.20141222.1400.bz2'],
    ]);
  });

  test.each([
    ['route-views2', 'updates.20021222.0800.bz2', '2002-12-22T16:00:00.000Z'],
    ['route-views2', 'updates.20020722.0800.bz2', '2002-07-22T15:00:00.000Z'],
    ['route-views2', 'updates.20030722.0800.bz2', '2003-07-22T08:00:00.000Z'],
    ['route-views.eqix', 'updates.20051222.0800.bz2', '2005-12-22T16:00:00.000Z'],
    ['rrc00', 'updates.20021222.0800.gz', '2002-12-22T08:00:00.000Z'],
  ])('%s %s begins at %s: its names were in Pacific time until 2003, eqix until 2006', (collector, name, start) => {
    const file = fileOf(name, 'https://x/', collector as Collector);
    expect(new Date(file?.start ?? 0).toISOString()).toBe(start);
  });

  test('whose names are in Pacific time is found in the folders of the names: a month begins in that before it', async () => {
    const folder = 'bgpdata/2002.12';
    has(`${folder}/RIBS/rib.20021231.1752.bz2`, 'bgpdata/2003.01/RIBS/rib.20021231.9999.bz2');
    for (const time of ['1744', '1759', '1814', '1829']) has(`${folder}/UPDATES/updates.20021231.${time}.bz2`);
    has('bgpdata/2003.01/RIBS/rib.20030101.0152.bz2', 'bgpdata/2003.01/UPDATES/updates.20030101.0014.bz2');
    const { files, faults } = await find('route-views2', '2003-01-01T02:05Z', '2003-01-01T02:20Z');
    expect(namesOf(files)).toEqual([
      `${folder}/RIBS/rib.20021231.1752.bz2`,
      `${folder}/UPDATES/updates.20021231.1744.bz2`,
      `${folder}/UPDATES/updates.20021231.1759.bz2`,
      `${folder}/UPDATES/updates.20021231.1814.bz2`,
    ]);
    expect(faults).toEqual([]);
  });
});
