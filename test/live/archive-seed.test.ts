import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { usualHealer } from '../../src/app/feed/types.ts';
import { UNITS } from '../support/day.ts';
import { bytesOf, peerIndexTable, rib } from '../support/mrt-writer.ts';
import { between, mulberry32, type Random } from '../support/sim-random.ts';
import { Sim } from '../support/sim.ts';
import { ANCHORS, type LivePeer } from '../support/world.ts';
import { isBlindWithin, isRestored, MINUTE, momentOf, seesAnOutage, SEEDS, SOCKET_MS } from './scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'unroutable-archive-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What collectors write every eight hours: the table as the world is now, of each a file. */
function dumps(sim: Sim, name: string): { readonly from: 'mrt'; readonly paths: readonly string[] } {
  const paths = [...new Set(sim.peers.map(({ host }) => host))].map((host) => {
    const file = join(folder, name, host, 'bview.20141222.1200');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(
      file,
      dumpOf(
        sim.peers.filter((peer) => peer.host === host),
        Math.floor(sim.now / 1000),
      ),
    );
    return file;
  });
  return { from: 'mrt', paths };
}

function dumpOf(peers: readonly LivePeer[], seconds: number): Uint8Array {
  const sessions = peers.map(({ ip, asn }) => ({ address: ip, asn }));
  const routes = [...ANCHORS, ...UNITS].flatMap((prefix) =>
    peers.flatMap((peer, i) => {
      const path = peer.routes.get(prefix);
      return path === undefined ? [] : [rib(seconds, prefix, [i], path)];
    }),
  );
  return bytesOf(peerIndexTable(seconds, sessions), ...routes);
}

/** A watcher seeded from files, some time after they were written. */
async function seededFrom(
  seed: number,
  before: (sim: Sim, random: Random) => Promise<void>,
  after: (sim: Sim, random: Random) => Promise<void>,
): Promise<void> {
  const random = mulberry32(seed);
  const sim = await Sim.open({ startMs: between(random, 0, 3_600_000) });
  try {
    const files = dumps(sim, `${expect.getState().currentTestName?.length ?? 0}-${seed}`);
    await sim.pass(between(random, 1, 40) * MINUTE);
    await before(sim, random);
    await sim.seeded({ seed: files });
    await after(sim, random);
  } finally {
    await sim.close();
  }
}

describe('RIPEstat makes a watcher that was seeded from files see again', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    seededFrom(
      seed,
      async () => undefined,
      async (sim, random) => {
        await sim.pass(between(random, 0, 2 * MINUTE));
        sim.reported.length = 0;
        const moment = momentOf(sim);
        sim.feed.break();
        await sim.pass(SOCKET_MS);
        isBlindWithin(sim, moment, SOCKET_MS);
        await isRestored(sim, 3 * MINUTE);
        await seesAnOutage(sim);
      },
    ),
  );
});

describe('changes between the files and the feed are known', () => {
  test.each(SEEDS)('seed %i: it went', (seed) =>
    seededFrom(
      seed,
      async (sim) => sim.withdraw(sim.peers),
      async (sim) => {
        await sim.pass(5 * MINUTE);
        expect(sim.types('country.unroutable', 'country.restored')).toEqual(['country.unroutable']);
      },
    ),
  );

  test.each(SEEDS)('seed %i: it went and came back, and that is not an outage now', (seed) =>
    seededFrom(
      seed,
      async (sim, random) => {
        await sim.withdraw(sim.peers);
        await sim.pass(between(random, 1, 5) * MINUTE);
        await sim.announce(sim.peers);
      },
      async (sim) => {
        await sim.pass(5 * MINUTE);
        expect(sim.types('country.unroutable')).toEqual([]);
        await seesAnOutage(sim);
      },
    ),
  );
});

test('with files for a seed and no RIPEstat to ask, nothing is reported', () =>
  seededFrom(
    1,
    async (sim) => {
      await sim.withdraw(sim.peers);
      sim.ripestat.fail('*', { kind: 'status', status: 503 });
    },
    async (sim) => {
      await sim.pass(10 * MINUTE);
      expect(sim.types('country.unroutable', 'country.restored')).toEqual([]);
      sim.ripestat.heal();
      await sim.pass(21 * MINUTE);
      expect(sim.types('country.unroutable')).toHaveLength(1);
    },
  ));

test('files whose path names no collector of the feed give no peer a vote, and the log says what to do', async () => {
  const sim = await Sim.open();
  try {
    const [host] = new Set(sim.peers.map((peer) => peer.host));
    const own = sim.peers.filter((peer) => peer.host === host);
    const file = join(folder, 'saved', 'bview.20141222.1200');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, dumpOf(own, Math.floor(sim.now / 1000)));
    sim.ripestat.fail('*', { kind: 'status', status: 503 });
    await sim.seeded({ seed: { from: 'mrt', paths: [file] } });
    await sim.pass(4 * MINUTE);
    expect(sim.log).toMatch(/have no peer in common: the table has \d+ peers? such as local\|/);
    expect(sim.log).toContain("a file's collector is the folder it is in, as in rrc00/bview.20260901.0000.gz");
    await sim.withdraw(sim.peers);
    await sim.pass(5 * MINUTE);
    expect(sim.types('country.')).toEqual([]);
  } finally {
    await sim.close();
  }
});

test('a territory that is too large to be healed keeps the votes of the files', async () => {
  const sim = await Sim.open();
  try {
    const files = dumps(sim, 'large');
    const territories = join(folder, 'large.yaml');
    writeFileSync(territories, 'territories:\n  - { id: YT, name: Large, blocks: [175.45.176.0/22, 198.18.0.0/17] }\n');
    await sim.pass(MINUTE);
    await sim.seeded({ seed: files, territories });
    expect(sim.log).toContain('what changed after the files and before the feed is not known');
    expect(sim.types('observer.gap')).toEqual([]);
    await seesAnOutage(sim);
  } finally {
    await sim.close();
  }
});

test('RIPEstat heals what was seeded, but not history, and nothing without a seed', () => {
  const paths = ['rib.gz'];
  expect(usualHealer({ seed: { from: 'ripestat' }, isHistory: false })).toBe('ripestat');
  expect(usualHealer({ seed: { from: 'mrt', paths }, isHistory: false })).toBe('ripestat');
  expect(usualHealer({ seed: { from: 'mrt', paths }, isHistory: true })).toBe('none');
  expect(usualHealer({ seed: { from: 'none' }, isHistory: false })).toBe('none');
});
