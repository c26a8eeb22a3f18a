import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { describe, expect, test } from 'vitest';
import { pathText } from '../../../../src/bgp/as-path.ts';
import type { Element } from '../../../../src/bgp/element.ts';
import type { EventTime } from '../../../../src/bgp/time.ts';
import { planMrt, type MrtPlan } from '../../../../streams/mrt/archive/archive.ts';
import { mrtSource } from '../../../../streams/mrt/source.ts';
import { decode } from '../../../../streams/ris-live/decode.ts';
import { Names } from '../../../../streams/ris-live/names.ts';
import { Counts } from '../../../../streams/ris-live/server/counts.ts';
import { mrtFeed } from '../../../../streams/ris-live/server/feed.ts';
import { frameText } from '../../../../streams/ris-live/server/message.ts';
import { WatchedRoutes } from '../../../../streams/ris-live/watched-routes.ts';
import { ROOT } from '../../../support/cli.ts';
import { realData, realDataNote } from '../../../support/real-data.ts';
import { isThorough } from '../../../support/thorough.ts';

const forever = new AbortController().signal;

async function planOf(paths: readonly string[], until?: EventTime): Promise<MrtPlan> {
  const planned = await planMrt(until === undefined ? { paths } : { paths, until });
  if (!planned.ok) throw new Error(planned.reason);
  // Only updates are served.
  return { ...planned.plan, collectors: planned.plan.collectors.map((one) => ({ ...one, ribs: [] })) };
}

/** What a replay reads in these files: routes and session states, each as a line. */
async function replayed(plan: MrtPlan): Promise<{ facts: string[]; gaps: string[] }> {
  const facts: string[] = [];
  const gaps: string[] = [];
  for await (const element of mrtSource(plan, { watch: 'everything', threads: 0 }).elements(forever)) {
    const fact = factOf(element);
    if (fact !== undefined) facts.push(fact);
    if (element.type === 'gap') gaps.push(`${element.at} ${element.reason} ${element.peer?.id}`);
    if (element.type === 'end-of-rib') facts.push(`${element.at} ${element.peer.id} end-of-rib ${element.family}`);
  }
  return { facts, gaps };
}

/** What a client of RIS Live reads in the frames served of them. */
async function watched(plan: MrtPlan): Promise<{ facts: string[]; counts: Counts; unreadable: number }> {
  const reading = { names: new Names(), routes: new WatchedRoutes('everything') };
  const counts = new Counts();
  const facts: string[] = [];
  let unreadable = 0;
  for await (const batch of mrtFeed(plan, { counts, keepalives: false }).batches(forever)) {
    for (const message of batch) {
      const decoded = decode(frameText(message, true), reading);
      if (decoded.kind !== 'message') unreadable++;
      else facts.push(...decoded.elements.flatMap((element) => factOf(element) ?? []));
      const { body } = message;
      // RIS Live has no field for it: all arrays are empty, and only `raw` shows the family.
      if (decoded.kind === 'message' && body.type === 'UPDATE' && body.update.endOfRib !== undefined) {
        facts.push(`${decoded.at} ${decoded.peer.id} end-of-rib ${body.update.endOfRib}`);
      }
    }
  }
  return { facts, counts, unreadable };
}

function factOf(element: Element): string | undefined {
  if (element.type === 'peer-state') return `${element.at} ${element.peer.id} ${element.state}`;
  if (!('prefix' in element)) return undefined;
  const said = element.type === 'withdrawal' ? 'withdrawn' : pathText(element.path);
  return `${element.at} ${element.peer.id} ${element.prefix.text} ${said}`;
}

describe('a client reads in what is served what a replay reads in the files', () => {
  test('of all incidents that come with the program, to the millisecond and in the same order', async () => {
    const days = await glob('incidents/*/incident.yaml', { cwd: ROOT });
    expect(days.length).toBeGreaterThanOrEqual(5);
    for (const day of days) {
      const plan = await planOf([join(ROOT, day, '..')]);
      const [replay, watch] = [await replayed(plan), await watched(plan)];
      expect(replay.facts.length).toBeGreaterThan(100);
      expect({ day, facts: watch.facts, unreadable: watch.unreadable }).toEqual({
        day,
        facts: replay.facts,
        unreadable: 0,
      });
      // What a replay takes for lost must be named: RIS Live has no message for it.
      expect({ day, gaps: replay.gaps }).toEqual({ day, gaps: [] });
    }
  });

  test.skipIf(realDataNote !== '')(`of real collectors' files${realDataNote}`, async () => {
    const files = [
      ['mrt/bgp-rs', '2019-01-01T00:02Z'],
      ['mrt/bgpdump/test_data/updates.et-header.2015.gz', '2015-10-23T02:01:45Z'],
    ] as const;
    for (const [path, until] of isThorough ? files : files.slice(0, 1)) {
      const plan = await planOf([realData(path) ?? ''], Date.parse(until) as EventTime);
      const [replay, watch] = [await replayed(plan), await watched(plan)];
      expect(replay.facts.length).toBeGreaterThan(1000);
      expect(watch.facts.length).toBe(replay.facts.length);
      expect(watch.facts.findIndex((fact, i) => fact !== replay.facts[i])).toBe(-1);
    }
  });

  test.skipIf(realDataNote !== '')(`of what BIRD, FRR, GoBGP and OpenBGPD record${realDataNote}`, async () => {
    const folder = realData('mrt/daemons') ?? '';
    for (const file of await glob('**/*', { cwd: folder, absolute: true })) {
      const planned = await planMrt({ paths: [file] });
      if (!planned.ok || planned.plan.collectors.every(({ updates }) => updates.length === 0)) continue;
      const plan = await planOf([file]);
      const [replay, watch] = [await replayed(plan), await watched(plan)];
      if (watch.counts.all.some(([reason]) => reason.includes('ADDPATH'))) continue;
      expect({ file, facts: watch.facts }).toEqual({ file, facts: replay.facts });
    }
  });
});
