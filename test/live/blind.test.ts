import { describe, expect, test } from 'vitest';
import { between, drawn, shuffled } from '../support/sim-random.ts';
import {
  FEED_MS,
  HOLD_MS,
  isBlindWithin,
  isRestored,
  isReportedWithin,
  MINUTE,
  momentOf,
  PEER_MS,
  scene,
  SEEDS,
  SOCKET_MS,
  REPORT_MS,
} from './scene.ts';

describe('a half-open link: nothing moves on it, and neither side notices', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim) => {
      const moment = momentOf(sim);
      sim.feed.freeze();
      await sim.pass(SOCKET_MS);
      isBlindWithin(sim, moment, SOCKET_MS);
      await isRestored(sim, 3 * MINUTE);
    }),
  );
});

describe('a feed that answers pings and sends nothing else for half an hour', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim) => {
      const moment = momentOf(sim);
      sim.isSilent = true;
      await sim.pass(30 * MINUTE);
      isBlindWithin(sim, moment, FEED_MS);
      expect(sim.types('observer.restored')).toEqual([]);
      sim.isSilent = false;
      await isRestored(sim, 4 * MINUTE);
    }),
  );
});

describe('a server that forgets what it was asked for when we come back', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const moment = momentOf(sim);
      sim.feed.service = random() < 0.5 ? 'unacknowledged' : 'forgotten';
      sim.feed.break();
      await sim.pass(between(random, 1, 6) * MINUTE);
      isBlindWithin(sim, moment, SOCKET_MS);
      expect(sim.types('observer.restored')).toEqual([]);
      sim.feed.service = 'right';
      await isRestored(sim, 5 * MINUTE);
    }),
  );
});

// KEEPALIVEs prove sessions, not subscriptions to routes: those only the beacon proves, which turns every ten minutes.
test('a server that forgets the routes alone: noticed when the beacon was not received for 25 minutes', () =>
  scene(1, async (sim) => {
    sim.feed.service = 'sessions-only';
    sim.feed.break();
    await sim.pass(4 * MINUTE);
    expect(sim.types('observer.blind', 'observer.restored')).toEqual(['observer.blind', 'observer.restored']);
    sim.reported.length = 0;
    const moment = momentOf(sim);
    await sim.pass(26 * MINUTE);
    isBlindWithin(sim, moment, 26 * MINUTE);
    sim.feed.service = 'right';
    sim.feed.break();
    await sim.pass(4 * MINUTE);
    expect(sim.types('observer.restored')).not.toEqual([]);
  }));

describe('one collector from which nothing comes any more', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const host = shuffled(random, sim.peers)[0]?.host;
      const its = sim.peers.filter((peer) => peer.host === host);
      const moment = momentOf(sim);
      for (const peer of its) peer.isMute = true;
      await sim.pass(between(random, 2, 8) * MINUTE);
      isReportedWithin(sim.first('observer.gap', moment.at), moment, FEED_MS + REPORT_MS);
      expect(sim.events[0]?.data).toMatchObject({ collector: host, reason: 'silent-collector', peers: 10 });
      for (const peer of its) peer.isMute = false;
      await sim.pass(2 * MINUTE);
      expect(sim.types('')).toEqual(['observer.gap', 'observer.healed']);
    }),
  );
});

describe('half of the peers are gone: their sessions ended, one after the other', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const half = drawn(random, sim.peers, 0.52 + 0.48 * random());
      // Blind from the 31st of 60 on.
      let moment = momentOf(sim);
      for (const [i, peer] of half.entries()) {
        if (i <= sim.peers.length / 2) moment = momentOf(sim);
        await sim.down([peer]);
        await sim.pass(between(random, 0, 500));
      }
      await sim.pass(between(random, 2, 10) * MINUTE);
      isBlindWithin(sim, moment, SOCKET_MS);
      await sim.up(half);
      await isRestored(sim, 12 * MINUTE);
    }),
  );
});

describe('half of the peers are gone: no message says so', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const half = drawn(random, sim.peers, 0.55 + 0.3 * random());
      const moment = momentOf(sim);
      for (const peer of half) peer.isMute = true;
      await sim.pass(PEER_MS + HOLD_MS + REPORT_MS);
      isReportedWithin(sim.first('observer.gap', moment.at), moment, PEER_MS);
      isBlindWithin(sim, moment, PEER_MS + HOLD_MS + REPORT_MS);
      await sim.pass(between(random, 0, 5) * MINUTE);
      for (const peer of half) peer.isMute = false;
      await isRestored(sim, 5 * MINUTE);
      expect(sim.types('observer.healed').length).toBe(sim.types('observer.gap').length);
    }),
  );
});

describe('all peers behind an upstream of the country lose their sessions', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const behind = drawn(random, sim.peers, 0.2 + 0.7 * random());
      const isEnough = sim.peers.length - behind.length >= sim.peers.length / 2;
      await sim.pass(between(random, 0, 20_000));
      const moment = momentOf(sim);
      await sim.down(behind);
      await sim.pass(between(random, 2, 8) * MINUTE);
      if (!isEnough) isBlindWithin(sim, moment, SOCKET_MS);
      await sim.up(behind);
      if (!isEnough) return isRestored(sim, 12 * MINUTE);
      await sim.pass(12 * MINUTE);
      expect(sim.types('')).toEqual([]);
    }),
  );
});
