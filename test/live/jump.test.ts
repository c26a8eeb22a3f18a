import { expect, test } from 'vitest';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import type { Sim, Way } from '../support/sim.ts';
import { MINUTE, scene } from './scene.ts';

const LEAP_MS = 10 * MINUTE;

/** All that comes is dated so far ahead. */
const ahead: Way = (frame) => {
  const { data } = frame as { data: { timestamp: number } };
  return [{ frame: { ...frame, data: { ...data, timestamp: data.timestamp + LEAP_MS / 1000 } }, delayMs: 0 }];
};

const straight: Way = (frame) => [{ frame, delayMs: 0 }];

/** One gap for each of the six collectors, dated when the feed was believed last, and of no peer alone. */
function isOneGap(events: readonly UnroutableEvent[], fromMs: number): void {
  const gaps = events.filter((event) => event.type === 'observer.gap');
  expect(gaps.map(({ data }) => data.collector)).toEqual(['rrc00', 'rrc01', 'rrc03', 'rrc04', 'rrc05', 'rrc06']);
  for (const { data, time } of gaps) {
    expect(data).toMatchObject({ reason: 'ahead-feed', peers: 10 });
    expect(data).not.toHaveProperty('peer');
    for (const at of [data.since, time]) expect(Math.abs(Date.parse(at) - fromMs)).toBeLessThan(15_000);
  }
}

const NEVER_GONE = ['country.unknown', 'country.known'];

/** Some peers withdraw and announce, which makes each of them doubtful. */
async function news(sim: Sim): Promise<void> {
  await sim.withdraw(sim.peers.slice(0, 20));
  await sim.pass(1_000);
  await sim.announce(sim.peers.slice(0, 20));
}

test('15: a feed that is ten minutes ahead for twenty seconds is one gap, healed within a minute', () =>
  scene(1, async (sim) => {
    const from = sim.now;
    sim.way = ahead;
    await news(sim);
    await sim.pass(20_000);
    sim.way = straight;
    await sim.pass(MINUTE);
    isOneGap(sim.events, from);
    expect(sim.types('observer.healed')).toHaveLength(6);
    expect(sim.types('country')).toEqual(NEVER_GONE);
  }));

test('15: a feed that leaps ten minutes ahead and stays there is one gap, and sees again when RIPEstat knows its time', () =>
  scene(2, async (sim) => {
    const from = sim.now;
    sim.way = ahead;
    await news(sim);
    await sim.pass(2 * MINUTE);
    isOneGap(sim.events, from);
    expect(sim.log).toContain('nothing newer is known yet');
    await sim.pass(10 * MINUTE);
    isOneGap(sim.events, from);
    expect(sim.types('observer.healed')).toHaveLength(6);
    expect(sim.types('country')).toEqual(NEVER_GONE);
  }));

test('15: a feed that leapt ten minutes ahead and comes back after three sees again when time has caught up', () =>
  scene(3, async (sim) => {
    const from = sim.now;
    sim.way = ahead;
    await sim.pass(3 * MINUTE);
    isOneGap(sim.events, from);
    sim.way = straight;
    await sim.pass(LEAP_MS + 5 * MINUTE);
    expect(sim.types('observer.restored')).toHaveLength(1);
    expect(sim.types('country')).toEqual(NEVER_GONE);
  }));

test('15: one collector that is ten minutes ahead costs the votes of the peers that say something, and no others', () =>
  scene(4, async (sim) => {
    const host = 'rrc00';
    sim.way = (frame, fields) => (fields.host === host ? ahead : straight)(frame, fields);
    await sim.announce(sim.peers.filter((peer) => peer.host === host).slice(0, 3));
    await sim.pass(20_000);
    const gaps = sim.events.filter((event) => event.type === 'observer.gap');
    expect(gaps.map(({ data }) => [data.collector, data.reason])).toEqual(
      Array.from({ length: 3 }, () => [host, 'unreadable-message']),
    );
    sim.way = straight;
    await sim.pass(6 * MINUTE);
    expect(sim.types('country')).toEqual([]);
  }));
