import { describe, expect, test } from 'vitest';
import { announce, withdraw } from '../streams/ris-live/peer-server.ts';
import { UNITS } from '../support/day.ts';
import { between, drawn, mulberry32, shuffled } from '../support/sim-random.ts';
import { Sim } from '../support/sim.ts';
import { ANCHORS, pathOf } from '../support/world.ts';
import {
  FEED_MS,
  isBlindWithin,
  isRestored,
  isReportedWithin,
  MINUTE,
  momentOf,
  scene,
  seesAnOutage,
  SEEDS,
  SOCKET_MS,
} from './scene.ts';

describe('messages that come late, by minutes or by days', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      for (let i = 0; i < 10; i++) {
        const ms = random() < 0.5 ? between(random, 1, 20) * 86_400_000 : between(random, 3, 23) * 3_600_000;
        await sim.sendFrom(drawn(random, sim.peers, random()), (fields) =>
          withdraw({ ...fields, at: fields.at - ms }, UNITS),
        );
        await sim.pass(between(random, 1, 60_000));
      }
      const flap = drawn(random, sim.peers, 0.95);
      const withdrawn: object[] = [];
      sim.way = (frame) => (withdrawn.push(frame), [{ frame, delayMs: 0 }]);
      await sim.withdraw(flap);
      await sim.pass(2000);
      await sim.announce(flap);
      sim.way = (frame) => [{ frame, delayMs: 0 }];
      await sim.pass(between(random, 1, 6) * MINUTE);
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
      // That it drops and comes back for seconds, twenty times, is so; how often a message comes changes nothing of it.
      expect(sim.types('country.unroutable', 'country.unknown', 'unit', 'upstream', 'origin', 'observer')).toEqual([]);
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
      await sim.pass(2 * MINUTE);
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

describe('a feed that delivers withdrawals and no announcements: the controls are lost too', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      sim.way = (frame) => (JSON.stringify(frame).includes('"announcements":[{') ? [] : [{ frame, delayMs: 0 }]);
      const routes = shuffled(random, [...UNITS, ...ANCHORS]);
      const order = shuffled(random, sim.peers);
      const everyMs = between(random, 500, 5000);
      let moment = momentOf(sim);
      for (const [i, peer] of order.entries()) {
        if (i <= sim.peers.length / 2) moment = momentOf(sim);
        // Each changes its routes, as routers do all day; we receive half of the change.
        for (const prefix of routes) await sim.sendFrom([peer], (fields) => withdraw(fields, [prefix]));
        for (const prefix of routes) await sim.sendFrom([peer], (fields) => announce(fields, [prefix], pathOf(peer)));
        await sim.pass(everyMs);
      }
      await sim.pass(FEED_MS);
      isReportedWithin(sim.first('observer.blind', moment.at), moment, FEED_MS);
      expect(sim.types('country.unroutable')).toEqual([]);
      sim.way = (frame) => [{ frame, delayMs: 0 }];
      await sim.announce(order);
      await sim.sendFrom(order, (fields, { asn }) => announce(fields, ANCHORS, [asn, 3333, 12_654]));
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
      await sim.pass(between(random, 1, 8) * MINUTE);
      isBlindWithin(sim, moment, SOCKET_MS);
      expect(sim.types('observer.restored')).toEqual([]);
      sim.ripestat.heal();
      await isRestored(sim, 21 * MINUTE);
    }),
  );
});

describe('sessions that come back, with tables that do not reach us, while we and RIPEstat are away', () => {
  test.each(SEEDS)('seed %i', (seed) =>
    scene(seed, async (sim, random) => {
      const some = drawn(random, sim.peers, 0.7 + 0.3 * random());
      await sim.down(some);
      await sim.pass(MINUTE);
      sim.ripestat.fail('*', { kind: 'status', status: 503 });
      sim.feed.service = 'unacknowledged';
      sim.feed.break();
      await sim.pass(5000);
      await sim.up(some);
      await sim.pass(between(random, 1, 3) * MINUTE);
      sim.feed.service = 'right';
      await sim.pass(between(random, 12, 15) * MINUTE);
      expect(sim.types('country')).toEqual(['country.unknown']);
      sim.ripestat.heal();
      await sim.pass(21 * MINUTE);
      expect(sim.types('country')).toEqual(['country.unknown', 'country.known']);
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
      await sim.pass(between(random, 1, 6) * MINUTE);
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
