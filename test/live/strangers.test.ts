import { expect, test } from 'vitest';
import { Sim } from '../support/sim.ts';
import { MINUTE } from './scene.ts';

test('RIPEstat lists other peers at the same collectors: they do not vote, and the log says why no peer does', async () => {
  const sim = await Sim.open();
  const own = sim.peers.map(({ ip }) => ip);
  try {
    sim.peers.forEach((peer, i) => Object.assign(peer, { ip: `203.0.113.${i + 1}` }));
    // The feed names peers that RIPEstat does not know.
    sim.way = (frame, fields) => {
      const data = { ...(frame as { data: object }).data, peer: own[Number((fields.peer ?? '').split('.')[3]) - 1] };
      return [{ frame: { ...frame, data }, delayMs: 0 }];
    };
    await sim.seeded();
    await sim.pass(4 * MINUTE);
    expect(sim.log).toContain('the first table and the feed have no peer in common: the table has 60 peers such as');
    expect(sim.log).toMatch(/unroutable \d\S+ watches KP on 127\.0\.0\.1:\d+, seeded from ripestat, not stored/);
    await sim.withdraw(sim.peers);
    await sim.pass(5 * MINUTE);
    expect(sim.types('country.')).toEqual([]);
    await sim.stop();
    expect(sim.log).toContain('"msg":"stopped"');
    expect(sim.log.match(/no peer in common/g)).toHaveLength(1);
  } finally {
    await sim.close();
  }
});
