import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { elementLine } from '../../../../src/bgp/element-line.ts';
import type { Element } from '../../../../src/bgp/element.ts';
import { decode } from '../../../../streams/ris-live/decode.ts';
import { Names } from '../../../../streams/ris-live/names.ts';
import { Counts } from '../../../../streams/ris-live/server/counts.ts';
import { elementFeed } from '../../../../streams/ris-live/server/element-feed.ts';
import { frameText } from '../../../../streams/ris-live/server/message.ts';
import { WatchedRoutes } from '../../../../streams/ris-live/watched-routes.ts';
import { tapeSource } from '../../../../streams/tape/source.ts';
import { clock, KP, peer, prefix } from '../../../support/day.ts';

const [one, two] = [peer(1), peer(2, { collector: 'rrc21' })];
const route = prefix('175.45.176.0/24');
const ELEMENTS: Element[] = [
  { type: 'rib', at: clock('11:59'), peer: one, prefix: route, pathId: undefined, path: [] },
  {
    type: 'announcement',
    at: clock('12:00'),
    peer: one,
    prefix: route,
    pathId: undefined,
    path: [one.asn, ...KP.origins],
  },
  { type: 'tick', at: clock('12:00:10'), collector: two.collector },
  { type: 'tick', at: clock('12:00:20'), collector: two.collector, peer: two },
  { type: 'withdrawal', at: clock('12:00:30.125'), peer: two, prefix: prefix('2001:db8::/32'), pathId: undefined },
  { type: 'gap', at: clock('12:01'), collector: two.collector, reason: 'disconnected' },
  { type: 'peer-state', at: clock('12:02'), peer: two, state: 'down' },
];

test('a tape is served as it was recorded: what is not a table and not a gap reads back unchanged', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tape-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'recorded.tape');
  await writeFile(path, ELEMENTS.map((element) => `${elementLine(element)}\n`).join(''));

  const counts = new Counts();
  const feed = elementFeed(tapeSource(path), counts);
  const reading = { names: new Names(), routes: new WatchedRoutes('everything') };
  const lines: string[] = [];
  for await (const batch of feed.batches(new AbortController().signal)) {
    for (const message of batch) {
      const read = decode(frameText(message, true), reading);
      if (read.kind !== 'message') throw new Error(read.kind);
      const elements =
        read.type === 'keepalive'
          ? [{ type: 'tick', at: read.at, collector: two.collector, peer: read.peer }]
          : read.elements;
      lines.push(...elements.map((element) => elementLine(element as Element)));
    }
  }
  expect(lines).toEqual([1, 3, 4, 6].map((i) => elementLine(ELEMENTS[i] as Element)));
  expect(counts.all).toEqual([
    ['a route of a table dump', 1],
    ['a gap (disconnected)', 1],
  ]);
  expect(feed.hosts).toEqual(['rrc00.ripe.net', 'rrc21.ripe.net']);
});
