import { describe, expect, test } from 'vitest';
import type { MessageFields } from '../streams/ris-live/peer-server.ts';
import { between, drawn, shuffled, type Random } from '../support/sim-random.ts';
import type { Sim, Way } from '../support/sim.ts';
import {
  FEED_MS,
  isBlindWithin,
  isRestored,
  isReportedWithin,
  MINUTE,
  momentOf,
  scene,
  SEEDS,
  REPORT_MS,
} from './scene.ts';

/** What is three minutes behind what the feed can do is stale. */
const STALE_MS = 3 * MINUTE;

/** The way to us on which everything, or what is of these hosts, is stamped as it was so long ago. */
function lagging(lagMs: () => number, concerns: (fields: MessageFields) => boolean = () => true): Way {
  return (frame, fields) => [{ frame: concerns(fields) ? agedBy(frame, lagMs()) : frame, delayMs: 0 }];
}

function agedBy(frame: object, ms: number): object {
  const { data } = frame as { data: { timestamp: number } };
  return { ...frame, data: { ...data, timestamp: data.timestamp - ms / 1000 } };
}

const straight: Way = (frame) => [{ frame, delayMs: 0 }];

/** Messages of a while, all too old to count: some routes go and come back. */
async function oldMessages(sim: Sim, random: Random, ms: number): Promise<void> {
  for (const end = sim.now + ms; sim.now < end;) {
    const some = drawn(random, sim.peers, random());
    await sim.withdraw(some);
    await sim.pass(between(random, 1, 20_000));
    await sim.announce(some);
    await sim.pass(between(random, 1, MINUTE));
  }
}

describe('a feed that goes on with messages of minutes ago, and none of now', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const connections = sim.feed.connections;
      const lagMs = between(random, STALE_MS + 10_000, 6 * 60 * MINUTE);
      const moment = momentOf(sim);
      sim.way = lagging(() => lagMs);
      // Whatever our wall clock says meanwhile, also when it happens to agree.
      if (random() < 0.7) sim.clock.stepWall(random() < 0.5 ? -lagMs : between(random, -3, 3) * 60 * MINUTE);
      await sim.pass(FEED_MS);
      isBlindWithin(sim, moment, FEED_MS);
      expect(sim.log).toContain('stale-feed');
      await oldMessages(sim, random, between(random, 1, 12) * MINUTE);
      expect(sim.feed.connections).toBeGreaterThan(connections);
      expect(sim.types('observer.restored')).toEqual([]);
      sim.way = straight;
      await isRestored(sim, 4 * MINUTE);
    }),
  );
});

describe('a feed that falls behind by and by', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const share = 0.1 + 0.8 * random();
      const from = sim.now;
      sim.way = lagging(() => share * (sim.now - from));
      await sim.pass(STALE_MS / share);
      expect(sim.types('')).toEqual([]);
      // Time is what the feed says it is, as long as it may be believed.
      const moment = { ...momentOf(sim), at: sim.now - STALE_MS };
      await sim.pass(FEED_MS);
      isBlindWithin(sim, moment, FEED_MS);
      await sim.pass(between(random, 0, 10) * MINUTE);
      expect(sim.types('observer.restored')).toEqual([]);
      sim.way = straight;
      await isRestored(sim, 4 * MINUTE);
    }),
  );
});

describe('a feed that falls behind by less than three minutes, and catches up again', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const lagMs = between(random, 0, STALE_MS - 10_000);
      const share = 0.1 + 0.8 * random();
      const middle = sim.now + lagMs / share;
      sim.way = lagging(() => Math.max(0, lagMs - share * Math.abs(sim.now - middle)));
      await sim.pass((2 * lagMs) / share + MINUTE);
      expect(sim.types('')).toEqual([]);
    }),
  );
});

describe('one collector that sends only old messages, among others that are on time', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const connections = sim.feed.connections;
      const host = shuffled(random, sim.peers)[0]?.host;
      const lagMs = between(random, STALE_MS + 10_000, 20 * 60 * MINUTE);
      const moment = momentOf(sim);
      sim.way = lagging(
        () => lagMs,
        (fields) => fields.host === host,
      );
      await sim.pass(between(random, 2, 8) * MINUTE);
      isReportedWithin(sim.first('observer.gap', moment.at), moment, FEED_MS + REPORT_MS);
      expect(sim.events[0]?.data).toMatchObject({ collector: host, reason: 'stale-feed', peers: 10 });
      // To cut the line would make all the others blind as well.
      expect(sim.feed.connections).toBe(connections);
      sim.way = straight;
      await sim.pass(2 * MINUTE);
      expect(sim.types('')).toEqual(['observer.gap', 'observer.healed']);
    }),
  );
});

describe('peers whose messages come minutes late, each alone', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const late = new Set(drawn(random, sim.peers, 0.4 * random()).map(({ ip }) => ip));
      const lagMs = between(random, STALE_MS + 10_000, 60 * MINUTE);
      sim.way = lagging(
        () => lagMs,
        ({ peer = '' }) => late.has(peer),
      );
      await sim.pass(between(random, 4, 8) * MINUTE);
      expect(sim.types('country')).toEqual([]);
      expect(sim.types('observer.gap').length > 0).toBe(late.size > 0);
      sim.way = straight;
      await sim.pass(6 * MINUTE);
      expect(sim.types('observer.healed').length).toBe(sim.types('observer.gap').length);
    }),
  );
});
