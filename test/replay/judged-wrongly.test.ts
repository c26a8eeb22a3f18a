import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { play, temporaryFolder, ofType } from '../support/mrt-run.ts';
import { bytesOf, message, peerIndexTable, rib, update } from '../support/mrt-writer.ts';
import { clock, Day, UNITS } from '../support/day.ts';

/** Files on which a verdict was wrong once: 12 full-feed peers carry North Korea and withdraw it from 16:10 to 16:20. */
async function judged(paths: readonly string[]): Promise<{ readonly day: Day; readonly nameless: number }> {
  const { elements, reports } = await play({ paths });
  const day = new Day();
  for (const element of elements) day.apply(element);
  return { day, nameless: ofType(reports, 'dump').reduce((sum, report) => sum + report.nameless, 0) };
}

function fixture(name: string): readonly string[] {
  return [fileURLToPath(new URL(`../fixtures/judged-wrongly/${name}`, import.meta.url))];
}

const OUTAGE = ['16:10:30 country.unroutable since 16:10:00', '16:21:00 country.restored since 16:20:00'];

test('a dump with path identifiers and updates without are about the same routes', async () => {
  const { day } = await judged(fixture('addpath-dump-plain-updates'));
  expect(day.said('country')).toEqual(OUTAGE);
});

describe('a dump that lists every peer with AS 0', () => {
  const AT = clock('16:00') / 1000;
  const PEERS = [1, 2, 3].map((n) => ({ address: `198.51.100.${n}`, asn: 64_500 + n }));
  const index = peerIndexTable(
    AT,
    PEERS.map(({ address }) => ({ address, asn: 0 })),
  );
  const table = (paths: readonly (readonly number[])[]): Uint8Array =>
    bytesOf(index, ...UNITS.flatMap((unit) => paths.map((path, peer) => rib(AT, unit, [peer], path))));
  const folder = temporaryFolder();

  test('is about the sessions that the updates name', async () => {
    const { day, nameless } = await judged(fixture('peer-as0'));
    expect(day.said('country')).toEqual(OUTAGE);
    expect(nameless).toBe(0);
  });

  test('names the peers that nothing names: they have no vote', async () => {
    folder.write('none/rrc00/bview.20141222.1600', bytesOf(index, rib(AT, '10.0.0.0/8', [0, 1, 2])));
    const { elements, reports } = await play({ paths: [join(folder.path, 'none')] });
    expect(ofType(reports, 'dump').map(({ nameless, peers }) => [nameless, peers])).toEqual([[3, 3]]);
    expect(elements.filter(({ type }) => type === 'end-of-rib')).toEqual([]);
  });

  test('through a route server, which leaves its own AS out of the path, is a gap once an update shows its AS', async () => {
    const [first] = PEERS;
    folder.write('server/rrc00/bview.20141222.1600', table(PEERS.map(() => [64_999, 131_279])));
    const withdrawn = message(AT + 60, update({ withdrawn: [UNITS[0]] }), { ...(first && { peer: first }) });
    folder.write('server/rrc00/updates.20141222.1600', bytesOf(withdrawn));
    const { elements } = await play({ paths: [join(folder.path, 'server')] });
    expect(elements.filter(({ type }) => type === 'gap')).toMatchObject([
      { reason: 'ambiguous-peer', peer: { id: 'rrc00|198.51.100.1|64999' } },
    ]);
  });
});

describe('a dump that lists each peer with another AS than its updates have', () => {
  const AT = clock('16:00') / 1000;
  const REAL = Array.from({ length: 12 }, (_, n) => ({ address: `198.51.100.${n + 1}`, asn: 64_501 + n }));
  const listed = REAL.map(({ address }, n) => ({ address, asn: 65_001 + n }));
  const table = (seconds: number): Uint8Array =>
    bytesOf(
      peerIndexTable(seconds, listed),
      ...UNITS.flatMap((unit) => listed.map(({ asn }, peer) => rib(seconds, unit, [peer], [asn, 4_837, 131_279]))),
    );
  const folder = temporaryFolder();

  test('is not about them: the peers that it lists have no vote after their first messages, nor after the next such dump', async () => {
    const withdrawn = REAL.map((peer) => message(AT + 600, update({ withdrawn: UNITS }), { peer }));
    folder.write('rrc00/bview.20141222.1600', table(AT));
    folder.write(
      'rrc00/updates.20141222.1600',
      bytesOf(...withdrawn, message(AT + 1_200, update({ announced: ['192.0.2.0/24'] }))),
    );
    folder.write('rrc00/bview.20141222.1615', table(AT + 900));
    const { elements } = await play({ paths: [folder.path] });
    const gaps = elements.flatMap((element) => (element.type === 'gap' ? [element] : []));
    expect(gaps.map(({ reason }) => reason)).toEqual(REAL.map(() => 'renamed-peer'));
    expect(gaps[0]?.peer?.id).toBe('rrc00|198.51.100.1|65001');
    expect(elements.filter(({ type }) => type === 'end-of-rib')).toHaveLength(12);
    const day = new Day();
    for (const element of elements) day.apply(element);
    expect(day.said('country')).toEqual(['16:10:10 country.unknown since 16:10:00']);
  });
});
