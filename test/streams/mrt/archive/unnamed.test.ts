import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Collector } from '../../../../src/bgp/peer.ts';
import { planMrt } from '../../../../streams/mrt/archive/archive.ts';
import { conflictOf } from '../../../../streams/mrt/archive/unnamed.ts';
import { Day, KP } from '../../../support/day.ts';
import { planned, play, temporaryFolder } from '../../../support/mrt-run.ts';
import { bytesOf, message, PEER, peerIndexTable, update } from '../../../support/mrt-writer.ts';

/** Two collectors are never taken for one. */
const folder = temporaryFolder();
const fixture = fileURLToPath(new URL('../../../fixtures/judged-wrongly/two-unnamed', import.meta.url));
const UPDATES = bytesOf(message(1_419_264_000, update({ announced: ['175.45.176.0/24'] })));

test('the folder above a month is a collector: neither takes the votes of the other', async () => {
  const { elements } = await play({ paths: [fixture] }, { watch: KP.blocks });
  expect([...new Set(elements.map((element) => ('peer' in element && element.peer?.collector) || ''))]).toContain(
    'Dagobah',
  );
  const day = new Day();
  for (const element of elements) day.apply(element);
  expect(day.engine.status()[0]?.visibility).toMatchObject({ voters: 24, witnesses: 24 });
  expect(day.said('country')).toEqual(['16:31:00 country.degraded since 16:30:00']);
});

test('two folders of updates that name no collector are refused, with what to do', async () => {
  const a = folder.write('a/updates.20141222.1600', UPDATES);
  const b = folder.write('b/updates.20141222.1600', UPDATES);
  const refused = await planMrt({ paths: [folder.path] });
  expect(refused).toMatchObject({
    ok: false,
    reason:
      `no path names the collector of the files in ${join(a, '..')} and in ${join(b, '..')}: give each collector's files a ` +
      'folder of its name (rrc00, route-views.sg, NAME/2014.12), or read one at a time with --collector NAME',
  });
  expect((await planned({ paths: [join(folder.path, 'a')] })).collectors.map(({ collector }) => collector)).toEqual([
    'local',
  ]);
  const named = await planned({ paths: [folder.path], collector: 'mine' as Collector });
  expect(named.collectors.map(({ collector }) => collector)).toEqual(['mine']);
});

test('one folder with files of two collectors that no path names is refused, with what to do', async () => {
  folder.write('mixed/fra-updates.20141222.1600', UPDATES);
  folder.write('mixed/fra-updates.20141222.1605', UPDATES);
  const first = await planned({ paths: [join(folder.path, 'mixed')] });
  expect(first.collectors.map(({ collector }) => collector)).toEqual(['local']);
  folder.write('mixed/ams-updates.20141222.1600', UPDATES);
  const refused = await planMrt({ paths: [join(folder.path, 'mixed')] });
  expect(refused.ok ? '' : refused.reason).toMatch(
    /^ams-updates\.20141222\.1600 and fra-updates\.20141222\.1600 in \S+ are of the same time and of two collectors, .* give each/,
  );
});

test('files that no path names are refused where they may belong to a named collector', async () => {
  const dump = bytesOf(peerIndexTable(1_419_264_000, [PEER]));
  const refusal = async (place: string): Promise<string> => {
    const refused = await planMrt({ paths: [join(folder.path, place)] });
    return refused.ok ? '' : refused.reason.replaceAll(folder.path, '');
  };
  folder.write('seed/bview.20141222.1600', dump);
  folder.write('seed/rrc00/updates.20141222.1600', UPDATES);
  expect(await refusal('seed')).toBe(
    'no path names the collector of the table dump /seed/bview.20141222.1600, and rrc00 has no table dump: put files of rrc00 ' +
      'into its folder, or say whose they are with --collector NAME',
  );
  const named = await planned({ paths: [join(folder.path, 'seed')], collector: 'rrc00' as Collector });
  expect(named.collectors.map(({ ribs, updates }) => [ribs.length, updates.length])).toEqual([[1, 1]]);

  folder.write('late/rrc00/bview.20141222.1600', dump);
  folder.write('late/updates.20141222.1600', UPDATES);
  expect(await refusal('late')).toContain(
    'the collector of the updates in /late/updates.20141222.1600, and rrc00 has no',
  );
  // A collector that has both is not asked for more.
  folder.write('late/rrc00/updates.20141222.1600', UPDATES);
  expect(await refusal('late')).toBe('');
});

test.each<[string, readonly ['rib' | 'updates', string][], boolean]>([
  [
    'dumps in one folder and updates in another are of one',
    [
      ['rib', '/x/tables/a'],
      ['updates', '/x/log/b'],
    ],
    false,
  ],
  [
    'folders of kinds and dates belong to no collector',
    [
      ['rib', '/x/RIBS/a'],
      ['rib', '/x/2014/12/22/b'],
      ['rib', '/x/c'],
    ],
    false,
  ],
  [
    'two folders of dumps are of two',
    [
      ['rib', '/x/a/t'],
      ['rib', '/x/b/t'],
    ],
    true,
  ],
])('%s', (_, files, conflicts) => {
  expect(conflictOf(files.map(([kind, path], start) => ({ kind, path, start }))) !== undefined).toBe(conflicts);
});
