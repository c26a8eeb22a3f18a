import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tapeSource } from '../../streams/tape/source.ts';
import { between, mulberry32 } from '../support/sim-random.ts';
import { Sim } from '../support/sim.ts';
import { UNITS } from '../support/day.ts';
import { MINUTE, SEEDS } from './scene.ts';

/** How we go blind, and see again: what RIPEstat is asked for begins with the last message received, not when we noticed. */
const CLOSED: Readonly<Record<string, { readonly close: (sim: Sim) => void; readonly open: (sim: Sim) => void }>> = {
  'on a link that is half open': { close: (sim) => sim.feed.freeze(), open: () => undefined },
  'of a feed that answers pings and says nothing': {
    close: (sim) => (sim.isSilent = true),
    open: (sim) => (sim.isSilent = false),
  },
};

describe.each(Object.entries(CLOSED))('what happens after the last message %s is reported all the same', (_, eyes) => {
  test.each(SEEDS)('seed %i', async (seed) => {
    const random = mulberry32(seed);
    const folder = await mkdtemp(join(tmpdir(), 'unroutable-missed-'));
    const record = join(folder, 'missed.tape');
    const sim = await Sim.open({ startMs: between(random, 0, 3_600_000) });
    try {
      await sim.seeded({ record });
      await sim.pass(between(random, 0, 2 * MINUTE));
      eyes.close(sim);
      await sim.pass(between(random, 1, 15) * 1000);
      const goneAt = sim.now;
      await sim.withdraw(sim.peers);
      await sim.pass(between(random, 60, 120) * 1000);
      eyes.open(sim);
      await sim.pass(6 * MINUTE);
      expect(sim.types('country.unroutable', 'country.known')).toEqual(['country.known', 'country.unroutable']);
      // It may have been gone before, but not later than this.
      expect(sim.first('country.unroutable', 0)?.event.data).toMatchObject({ sinceAtLatest: true });
      await sim.stop();
      // RIPEstat gives whole seconds.
      expect(await withdrawnAt(record)).toEqual(new Map([[Math.floor(goneAt / 1000) * 1000, sim.peers.length]]));
    } finally {
      await sim.close();
      await rm(folder, { recursive: true });
    }
  });
});

/** How many peers withdrew all of the country, by time. A peer that is healed in two rounds appears twice. */
async function withdrawnAt(tape: string): Promise<ReadonlyMap<number, number>> {
  const routes = new Map<number, Set<string>>();
  for await (const element of tapeSource(tape).elements(new AbortController().signal)) {
    if (element.type !== 'withdrawal') continue;
    const { at, peer, prefix } = element;
    routes.set(at, (routes.get(at) ?? new Set()).add(`${peer.id} ${prefix.text}`));
  }
  return new Map([...routes].map(([at, withdrawn]) => [at, withdrawn.size / UNITS.length]));
}
