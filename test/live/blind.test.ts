import { describe, expect, test } from 'vitest';
import { announce, withdraw } from '../streams/ris-live/peer-server.ts';
import { UNITS } from '../support/day.ts';
import { between, drawn, mulberry32, seeds, shuffled, type Random } from '../support/sim-random.ts';
import { Sim, type Said } from '../support/sim.ts';
import { ANCHORS, pathOf } from '../support/world.ts';

/**
 * When our own eyes fail, the country is never said to be gone. Twelve ways in which they do, each from many seeds, which
 * draw times, peers and order: `T8_SEEDS=100` for a night. The watcher is `unroutable watch` as it stands, its feed and
 * its RIPEstat answer on loopback, and the clock is turned by hand.
 */
const SEEDS = seeds(10, 'T8_SEEDS');

/** A dead link, a dead feed and a dead peer must be noticed within this, of the feed's time and of ours. Milliseconds. */
const SOCKET_MS = 45_000;
const FEED_MS = 60_000;
const PEER_MS = 180_000;
/** A verdict goes after this long. */
const HOLD_MS = 10_000;
/** We look twice a second, and tell what may still come out of order after two. */
const TOLD_MS = 3000;

const MINUTE = 60_000;

/** Starts a watcher that knows the country is there, lets the scenario happen, and tries whether it still sees. */
async function scene(seed: number, play: (sim: Sim, random: Random) => Promise<void>): Promise<void> {
  const random = mulberry32(seed);
  const sim = await Sim.open({ startMs: between(random, 0, 3_600_000) });
  try {
    await sim.seeded();
    await sim.pass(between(random, 0, 2 * MINUTE));
    expect(sim.types('')).toEqual([]);
    await play(sim, random);
    expect(sim.types('country.unroutable')).toEqual([]);
    await seesAnOutage(sim);
  } finally {
    await sim.close();
  }
}

/** What follows is worth nothing from a watcher that would have seen nothing anyhow. */
async function seesAnOutage(sim: Sim): Promise<void> {
  await sim.withdraw(sim.peers);
  await sim.pass(MINUTE);
  expect(sim.types('country.unroutable')).toHaveLength(1);
}

interface Moment {
  /** The feed's time. */
  readonly at: number;
  readonly monotonicMs: number;
}

function momentOf(sim: Sim): Moment {
  return { at: sim.now, monotonicMs: sim.clock.monotonicMs() };
}

/** It is said within this of both clocks. */
function isSaidWithin(said: Said | undefined, { at, monotonicMs }: Moment, ms: number): void {
  if (said === undefined) expect.fail('it was never said');
  expect(Date.parse(said.event.time) - at).toBeLessThanOrEqual(ms);
  expect(said.atMs - monotonicMs).toBeLessThanOrEqual(ms);
}

function isBlindWithin(sim: Sim, moment: Moment, ms: number): void {
  isSaidWithin(sim.first('observer.blind', moment.at), moment, ms);
  expect(sim.types('country')[0]).toEqual('country.unknown');
}

async function isRestored(sim: Sim, withinMs: number): Promise<void> {
  await sim.pass(withinMs);
  expect(sim.types('observer.blind', 'observer.restored')).toEqual(['observer.blind', 'observer.restored']);
  expect(sim.types('country')).toEqual(['country.unknown', 'country.known']);
}

describe('a half-open link: nothing moves on it, and nobody is told', () => {
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

describe('a feed that answers pings and says nothing for half an hour', () => {
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
      await sim.pass(between(random, 1, 10) * MINUTE);
      isBlindWithin(sim, moment, SOCKET_MS);
      expect(sim.types('observer.restored')).toEqual([]);
      sim.feed.service = 'right';
      await isRestored(sim, 5 * MINUTE);
    }),
  );
});

// KEEPALIVEs prove sessions, not subscriptions to routes: those only the beacon proves, which turns every ten minutes.
test('a server that forgets the routes alone: noticed when the beacon was not heard for 25 minutes', () =>
  scene(1, async (sim) => {
    sim.feed.service = 'sessions-only';
    sim.feed.break();
    await sim.pass(4 * MINUTE);
    expect(sim.types('observer.blind', 'observer.restored')).toEqual(['observer.blind', 'observer.restored']);
    sim.said.length = 0;
    const moment = momentOf(sim);
    await sim.pass(26 * MINUTE);
    isBlindWithin(sim, moment, 26 * MINUTE);
    sim.feed.service = 'right';
    sim.feed.break();
    await sim.pass(4 * MINUTE);
    expect(sim.types('observer.restored')).not.toEqual([]);
  }));

describe('one collector that is heard no more', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const host = shuffled(random, sim.peers)[0]?.host;
      const its = sim.peers.filter((peer) => peer.host === host);
      const moment = momentOf(sim);
      for (const peer of its) peer.isMute = true;
      await sim.pass(between(random, 2, 20) * MINUTE);
      isSaidWithin(sim.first('observer.gap', moment.at), moment, FEED_MS + TOLD_MS);
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

describe('half of the peers are gone: nobody says so', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const half = drawn(random, sim.peers, 0.55 + 0.3 * random());
      const moment = momentOf(sim);
      for (const peer of half) peer.isMute = true;
      await sim.pass(PEER_MS + HOLD_MS + TOLD_MS);
      isSaidWithin(sim.first('observer.gap', moment.at), moment, PEER_MS);
      isBlindWithin(sim, moment, PEER_MS + HOLD_MS + TOLD_MS);
      await sim.pass(between(random, 0, 10) * MINUTE);
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
      await sim.pass(between(random, 2, 20) * MINUTE);
      if (!isEnough) isBlindWithin(sim, moment, SOCKET_MS);
      await sim.up(behind);
      if (!isEnough) return isRestored(sim, 12 * MINUTE);
      await sim.pass(12 * MINUTE);
      expect(sim.types('')).toEqual([]);
    }),
  );
});

describe('messages that come late, by minutes or by days', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      for (let i = 0; i < 10; i++) {
        const ms = random() < 0.5 ? between(random, 1, 20) * 86_400_000 : between(random, 3, 23) * 3_600_000;
        await sim.tell(drawn(random, sim.peers, random()), (told) => withdraw({ ...told, at: told.at - ms }, UNITS));
        await sim.pass(between(random, 1, 60_000));
      }
      const flap = drawn(random, sim.peers, 0.95);
      const withdrawn: object[] = [];
      sim.way = (frame) => (withdrawn.push(frame), [{ frame, delayMs: 0 }]);
      await sim.withdraw(flap);
      await sim.pass(2000);
      await sim.announce(flap);
      sim.way = (frame) => [{ frame, delayMs: 0 }];
      await sim.pass(between(random, 1, 10) * MINUTE);
      // The same history once more, as a collector that was cut off sends it when it is back.
      for (const frame of shuffled(random, withdrawn)) sim.send(frame);
      await sim.pass(2 * MINUTE);
      expect(sim.types('')).toEqual([]);
    }),
  );
});

describe('messages that come more than once, at once and much later', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      sim.way = (frame) =>
        Array.from({ length: between(random, 1, 5) }, (_, i) => ({
          frame,
          delayMs: i === 0 ? 0 : between(random, 0, 5 * MINUTE),
        }));
      for (let i = 0; i < 20; i++) {
        const some = drawn(random, sim.peers, random());
        await sim.withdraw(some);
        await sim.pass(between(random, 500, 10_000));
        await sim.announce(some);
        await sim.pass(between(random, 0, 20_000));
      }
      await sim.pass(6 * MINUTE);
      expect(sim.types('')).toEqual([]);
    }),
  );
});

describe('messages that overtake each other by up to a minute', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      sim.way = (frame) => [{ frame, delayMs: between(random, 0, 60_000) }];
      for (let i = 0; i < 10; i++) {
        const some = drawn(random, sim.peers, random() / 10);
        await sim.withdraw(some);
        await sim.pass(between(random, 1, 1000));
        await sim.announce(some);
        await sim.pass(between(random, 0, 20_000));
      }
      await sim.pass(5 * MINUTE);
      expect(sim.types('country')).toEqual([]);
      sim.way = (frame) => [{ frame, delayMs: 0 }];
    }),
  );
});

describe('sessions that are reset while messages overtake each other', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const some = drawn(random, sim.peers, 0.45);
      sim.way = (frame) => [{ frame, delayMs: between(random, 0, 60_000) }];
      await sim.down(some);
      await sim.pass(between(random, 1, 1000));
      await sim.up(some);
      await sim.pass(25 * MINUTE);
      sim.way = (frame) => [{ frame, delayMs: 0 }];
      expect(sim.types('country')).toEqual([]);
    }),
  );
});

describe('a feed that delivers withdrawals and no announcements: what never goes away goes too', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      sim.way = (frame) => (JSON.stringify(frame).includes('"announcements":[{') ? [] : [{ frame, delayMs: 0 }]);
      const routes = shuffled(random, [...UNITS, ...ANCHORS]);
      const order = shuffled(random, sim.peers);
      const everyMs = between(random, 500, 5000);
      let moment = momentOf(sim);
      for (const [i, peer] of order.entries()) {
        if (i <= sim.peers.length / 2) moment = momentOf(sim);
        // Each changes its routes, as routers do all day; of the change we hear the half.
        for (const prefix of routes) await sim.tell([peer], (told) => withdraw(told, [prefix]));
        for (const prefix of routes) await sim.tell([peer], (told) => announce(told, [prefix], pathOf(peer)));
        await sim.pass(everyMs);
      }
      await sim.pass(FEED_MS);
      isSaidWithin(sim.first('observer.blind', moment.at), moment, FEED_MS);
      expect(sim.types('country.unroutable')).toEqual([]);
      sim.way = (frame) => [{ frame, delayMs: 0 }];
      await sim.announce(order);
      await sim.tell(order, (told, { asn }) => announce(told, ANCHORS, [asn, 3333, 12_654]));
      await sim.pass(3 * MINUTE);
      expect(sim.types('observer')).toEqual(['observer.blind', 'observer.restored']);
    }),
  );
});

describe('a RIPEstat that is empty when a gap is to be healed', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      sim.ripestat.fail('*', { kind: 'empty' });
      const moment = momentOf(sim);
      sim.feed.break();
      await sim.pass(between(random, 1, 15) * MINUTE);
      isBlindWithin(sim, moment, SOCKET_MS);
      expect(sim.types('observer.restored')).toEqual([]);
      sim.ripestat.heal();
      await isRestored(sim, 21 * MINUTE);
    }),
  );
});

describe('a RIPEstat that is empty when the first look is taken', () => {
  test.each(SEEDS)('seed %i', async (seed) => {
    const random = mulberry32(seed);
    const sim = await Sim.open({ startMs: between(random, 0, 3_600_000) });
    try {
      sim.ripestat.fail('*', { kind: 'empty' });
      await sim.seeded();
      await sim.pass(between(random, 1, 10) * MINUTE);
      expect(sim.types('')).toEqual([]);
      expect(sim.log).toContain('RIPEstat is empty');
      sim.ripestat.heal();
      await sim.pass(21 * MINUTE);
      expect(sim.types('country.unroutable')).toEqual([]);
      await seesAnOutage(sim);
    } finally {
      await sim.close();
    }
  });
});

describe('a wall clock that steps', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      for (const ms of shuffled(random, [-3_600_000, 2 * 86_400_000, -1000, 1000, -86_400_000])) {
        sim.clock.stepWall(ms);
        await sim.pass(between(random, 0, 2 * MINUTE));
      }
      expect(sim.types('')).toEqual([]);
      const moment = momentOf(sim);
      sim.feed.break();
      await sim.pass(SOCKET_MS);
      isBlindWithin(sim, moment, SOCKET_MS);
      await isRestored(sim, 3 * MINUTE);
    }),
  );
});
