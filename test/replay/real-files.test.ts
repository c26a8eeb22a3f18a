import { describe, expect, test } from 'vitest';
import { NORTH_KOREA } from '../../src/territory/built-in.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { createEngine, type Engine } from '../../src/engine.ts';
import { run } from '../../src/pipeline.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { planMrt } from '../../streams/mrt/archive/archive.ts';
import type { MrtReport } from '../../streams/mrt/play/report.ts';
import { mrtSource } from '../../streams/mrt/source.ts';
import { realData, realDataNote } from '../support/real-data.ts';

const rib = realData('mrt/libbgpstream/routeviews.route-views.jinx.ribs.1401487200.bz2');
const folder = realData('mrt/bgpkit-parser');
const forged = realData('mrt/libbgpstream/updates.example.bz2');

interface Replayed {
  readonly engine: Engine;
  readonly types: readonly string[];
  readonly reports: readonly MrtReport[];
}

async function replayed(path: string, minVoters: number): Promise<Replayed> {
  const planned = await planMrt({ paths: [path] });
  if (!planned.ok) throw new Error(planned.reason);
  const policy = { ...DEFAULT_POLICY, minVoters };
  const engine = createEngine({ territories: [{ territory: NORTH_KOREA, policy }], voting: DEFAULT_VOTING });
  const store = memoryStore();
  const reports: MrtReport[] = [];
  const source = mrtSource(planned.plan, {
    watch: NORTH_KOREA.blocks,
    threads: 1,
    report: (report) => reports.push(report),
  });
  await run(source, engine, { store }, new AbortController().signal);
  return { engine, types: store.kept.map((event) => event.type), reports };
}

describe.skipIf(rib === undefined || folder === undefined || forged === undefined)(`real files${realDataNote}`, () => {
  test('the full table of a Route Views collector of 2014 is routable, seen by all its full-feed peers', async () => {
    const { engine, types } = await replayed(rib ?? '', 1);
    const [status] = engine.status();
    expect(status).toMatchObject({
      verdict: 'routable',
      // Of its 14 peers one alone has a full table: AS30844.
      visibility: { share: 1, voters: 1, seeingNothing: 0, unitsVisible: 4, units: 4 },
    });
    expect(types).toEqual([]);
  });

  test('with the default policy one voter is too few, whatever it sees', async () => {
    const { engine } = await replayed(rib ?? '', DEFAULT_POLICY.minVoters);
    expect(engine.status()[0]).toMatchObject({ verdict: 'unknown', visibility: { voters: 1 } });
  });

  test('a folder of update files from 1999 on replays to the end, its damage named by file and byte', async () => {
    const { engine, reports } = await replayed(folder ?? '', 1);
    const summary = reports.find((report) => report.type === 'summary');
    expect(summary).toBeDefined();
    const named = reports.filter((report) => report.type === 'damage').map((report) => JSON.stringify(report));
    expect(named.length).toBeGreaterThan(0);
    expect(named.join()).toContain('updates.20000325.0345.gz');
    expect(engine.status()[0]?.verdict).toBe('unknown');
  });

  test('the path that the Pirate Bay forged through 131279 in 2013 gives no event about North Korea', async () => {
    const { types, engine } = await replayed(forged ?? '', 1);
    expect(types).toEqual([]);
    expect(engine.status()[0]?.visibility.voters).toBe(0);
  });
});
