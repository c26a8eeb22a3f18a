import { expect } from 'vitest';
import { between, mulberry32, type Random } from '../support/sim-random.ts';
import { Sim, type Reported } from '../support/sim.ts';
import { seeds } from '../support/thorough.ts';

/**
 * When we go blind, the country is never reported as gone. Twelve ways in which we do, each from seeds, which draw
 * times, peers and order: one, two in a thorough run, `T8_SEEDS=100` for a night. The watcher is `unroutable watch` as it is, its feed and
 * its RIPEstat answer on loopback, and the clock is turned by hand.
 */
export const SEEDS = seeds('T8_SEEDS', 1, 2);

/** A dead link, a dead feed and a dead peer must be noticed within this, of the feed's time and of ours. Milliseconds. */
export const SOCKET_MS = 45_000;
export const FEED_MS = 60_000;
export const PEER_MS = 180_000;
/** A verdict goes after this long. */
export const HOLD_MS = 10_000;
/** We look twice a second, and report what may still come out of order after two. */
export const REPORT_MS = 3000;

export const MINUTE = 60_000;

/** Starts a watcher that knows the country is there, lets the scenario happen, and tries whether it still sees. */
export async function scene(seed: number, play: (sim: Sim, random: Random) => Promise<void>): Promise<void> {
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
export async function seesAnOutage(sim: Sim): Promise<void> {
  await sim.withdraw(sim.peers);
  await sim.pass(MINUTE);
  expect(sim.types('country.unroutable')).toHaveLength(1);
}

interface Moment {
  /** The feed's time. */
  readonly at: number;
  readonly monotonicMs: number;
}

export function momentOf(sim: Sim): Moment {
  return { at: sim.now, monotonicMs: sim.clock.monotonicMs() };
}

/** It is reported within this time of both clocks. */
export function isReportedWithin(said: Reported | undefined, { at, monotonicMs }: Moment, ms: number): void {
  if (said === undefined) expect.fail('it was never said');
  expect(Date.parse(said.event.time) - at).toBeLessThanOrEqual(ms);
  expect(said.atMs - monotonicMs).toBeLessThanOrEqual(ms);
}

export function isBlindWithin(sim: Sim, moment: Moment, ms: number): void {
  isReportedWithin(sim.first('observer.blind', moment.at), moment, ms);
  expect(sim.types('country')[0]).toEqual('country.unknown');
}

export async function isRestored(sim: Sim, withinMs: number): Promise<void> {
  await sim.pass(withinMs);
  expect(sim.types('observer.blind', 'observer.restored')).toEqual(['observer.blind', 'observer.restored']);
  expect(sim.types('country')).toEqual(['country.unknown', 'country.known']);
}
