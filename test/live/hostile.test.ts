import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { announce, keepalive, state, withdraw, type MessageFields } from '../streams/ris-live/peer-server.ts';
import { clock, Day, peers } from '../support/day.ts';
import { between, mulberry32, type Random } from '../support/sim-random.ts';
import { Sim } from '../support/sim.ts';
import { isThorough } from '../support/thorough.ts';

/**
 * A feed that means harm: collectors, paths, ids, times and states without end, and frames that are none. Its peers and
 * its prefixes are many, but the same again: how many of them there may be is bounded by constants, and tested there.
 * Everything else must stop growing.
 */
const ROUNDS = isThorough ? 8 : 4;
const FLOOD = 4000;
const PEERS = 500;
/** A twelfth of it, where it was measured; 16,000 frames of half a kilobyte each, if they were stored, are as much. */
const GROWTH_MB = 8;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function anyPeer(random: Random, now: number): MessageFields {
  const n = between(random, 0, PEERS);
  const isNamed = random() < 0.9;
  return {
    at: now + (random() < 0.1 ? between(random, -200_000_000, 200_000_000) : between(random, -5000, 0)),
    host: isNamed ? `rrc${String(n % 7).padStart(2, '0')}` : `rrc${between(random, -1e9, 1e9)}`,
    peer: `198.51.${100 + (n >>> 8)}.${n & 255}`,
    asn: isNamed ? 64_500 + n : between(random, -1e9, 1e12),
    id: random() < 0.1 ? 'x'.repeat(between(random, 0, 5000)) : `${random()}-${random()}`,
  };
}

function anyPrefixes(random: Random): string[] {
  return Array.from({ length: between(random, 0, 20) }, () =>
    random() < 0.05 ? String(random()) : `175.45.${between(random, 170, 185)}.0/${between(random, 22, 26)}`,
  );
}

function anyFrame(random: Random, now: number): object | string {
  const fields = anyPeer(random, now);
  const path = Array.from({ length: between(random, 0, 60) }, () => between(random, 0, 4_294_967_295));
  switch (between(random, 0, 6)) {
    case 0:
      return keepalive(fields);
    case 1:
      return state(fields, ['up', 'down', 'connected', 'neither'][between(random, 0, 3)] ?? '');
    case 2:
      return withdraw(fields, anyPrefixes(random));
    case 3:
      return JSON.stringify(announce(fields, anyPrefixes(random), path)).slice(0, between(random, 0, 400));
    case 4:
      return { type: `kind ${random()}`, data: { [String(random())]: random() } };
    default:
      return announce(fields, anyPrefixes(random), path);
  }
}

test('a hostile feed fills no memory, and the watcher is there when it is over', async () => {
  const sim = await Sim.open();
  try {
    await sim.seeded();
    const random = mulberry32(1);
    const heaps: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < FLOOD; i += 250) {
        await sim.feed.sayAnything(Array.from({ length: 250 }, () => anyFrame(random, sim.now)));
        await sim.pass(5000);
      }
      expect(sim.feed.connections).toBe(1);
      sim.reported.length = 0;
      heaps.push(heapMb());
    }
    for (const what of ['not-json', 'bad-host', 'bad-peer-asn', 'bad-id', 'bad-state', 'ahead'])
      expect(sim.log).toContain(what);
    expect(heaps.at(-1) ?? 0).toBeLessThan((heaps[ROUNDS / 2 - 1] ?? 0) + GROWTH_MB);
  } finally {
    expect(await sim.stop()).toBe(0);
    await sim.close();
  }
}, 120_000);

test('a store that is told how many events are enough keeps the latest of them', async () => {
  const day = new Day()
    .dump('12:00', peers(20))
    .withdraw('13:00', peers(20))
    .announce('14:00', peers(20))
    .tick('16:00');
  const store = memoryStore(5);
  const batch = (number: number, events: readonly UnroutableEvent[]) => ({
    number,
    cursor: clock('16:00'),
    elements: number,
    events,
    changes: [],
  });
  for (const [i, event] of day.events.entries()) await store.commit(batch(i + 1, [event]));
  expect(day.events.length).toBeGreaterThan(10);
  expect(store.kept).toEqual(day.events.slice(-5));
  await store.commit(batch(day.events.length + 1, day.events.slice(-2)));
  expect(store.kept).toEqual(day.events.slice(-5));
});
