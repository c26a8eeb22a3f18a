import { describe, expect, test } from 'vitest';
import { inspectMrt, type MrtInspection } from '../../../streams/mrt/inspect.ts';
import { temporaryFolder } from '../../support/mrt-run.ts';
import {
  bytesOf,
  message,
  OTHER_PEER,
  PEER,
  peerIndexTable,
  record,
  rib,
  stateChange,
  update,
} from '../../support/mrt-writer.ts';
import { realData, realDataNote } from '../../support/real-data.ts';

const folder = temporaryFolder();
const T = 1_419_264_000;

async function inspected(path: string): Promise<MrtInspection> {
  const result = await inspectMrt(path);
  if (!result.ok) throw new Error(result.reason);
  return result.inspection;
}

describe('inspecting a file', () => {
  test('shows types, peers, tables, times and damage', async () => {
    const bytes = bytesOf(
      peerIndexTable(T, [PEER, OTHER_PEER]),
      rib(T, '192.0.2.0/24', [0, 1]),
      rib(T, '2001:db8::/32', [1]),
      message(T + 5, update({ announced: ['10.0.0.0/8', '10.1.0.0/16'] })),
      message(T + 6, update({ withdrawn: ['10.0.0.0/8'] }), { asBytes: 2 }),
      message(T + 7, update({ withdrawn: ['9@10.0.0.0/8'] }), { addPath: true }),
      stateChange(T + 8, 6, 1),
      record(T + 8, 70, 2, [1]),
      [1, 2, 3],
    );
    expect(await inspected(folder.write('rrc07.all', bytes))).toMatchObject({
      collector: 'rrc07',
      container: 'plain',
      bytes: bytes.length,
      unpacked: bytes.length,
      records: 8,
      types: [
        { name: 'TABLE_DUMP_V2 PEER_INDEX_TABLE', count: 1 },
        { name: 'TABLE_DUMP_V2 RIB_IPV4_UNICAST', count: 1 },
        { name: 'TABLE_DUMP_V2 RIB_IPV6_UNICAST', count: 1 },
        { name: 'BGP4MP MESSAGE', count: 1 },
        { name: 'BGP4MP MESSAGE_AS4', count: 1 },
        { name: 'BGP4MP STATE_CHANGE_AS4', count: 1 },
        { name: 'BGP4MP MESSAGE_AS4_ADDPATH', count: 1 },
        { name: 'type 70 subtype 2', count: 1, isKnown: false },
      ],
      first: T * 1000,
      last: (T + 8) * 1000,
      usesAddPath: true,
      usesTwoOctetAs: true,
      elements: { rib: 3, announcement: 2, withdrawal: 2, 'peer-state': 1 },
      peers: [
        { address: '198.51.100.1', asn: 64500, routes: { ipv4: 1, ipv6: 0 }, elements: 6 },
        { address: '198.51.100.2', asn: 64501, routes: { ipv4: 1, ipv6: 1 }, elements: 2 },
      ],
      dumps: [{ from: T * 1000, peers: 2, records: 2, flaw: undefined }],
      damages: [{ from: bytes.length - 3, to: bytes.length }],
      damageCount: 1,
    });
  });

  test('refuses a file that is not MRT', async () => {
    expect(await inspectMrt(folder.path)).toEqual({ ok: false, reason: 'is a directory' });
    expect(await inspectMrt(folder.write('page.gz', Buffer.from('<html>503</html>')))).toEqual({
      ok: false,
      reason: 'is not an MRT file, it looks like a web page',
    });
  });

  const rib2014 = realData('mrt/libbgpstream/routeviews.route-views.jinx.ribs.1401487200.bz2');
  test.skipIf(rib2014 === undefined)(`finds the one full table of a real RIB dump${realDataNote}`, async () => {
    const found = await inspected(rib2014 ?? '');
    expect(found).toMatchObject({
      collector: 'route-views.jinx',
      container: 'bzip2',
      records: 497_408,
      damageCount: 0,
    });
    expect(found.peers.length).toBe(14);
    expect(found.peers.filter(({ routes }) => (routes?.ipv4 ?? 0) > 400_000)).toMatchObject([
      { asn: 30_844, routes: { ipv4: 497_321, ipv6: 0 } },
    ]);
  });
});
