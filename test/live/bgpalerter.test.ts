import { afterEach, describe, expect, test } from 'vitest';
import { isoTime } from '../../src/bgp/time.ts';
import { UNITS } from '../support/day.ts';
import { Sim } from '../support/sim.ts';

/**
 * What BGPalerter 2.0.1 gets wrong on the same feed, done right: `unroutable watch` as it is, sixty peers at six
 * collectors, over real WebSockets. Its seventh failure, a webhook that answers 500 twice, waits for webhooks to be there.
 */
const MINUTE = 60_000;

const open: Sim[] = [];

afterEach(async () => {
  for (const sim of open.splice(0)) await sim.close();
});

/** Watched, seeded, routable. */
async function watched(): Promise<Sim> {
  const sim = await Sim.open();
  open.push(sim);
  await sim.seeded();
  expect(sim.types('')).toEqual([]);
  return sim;
}

function sincesOf(sim: Sim, type: string): string[] {
  return sim.events.flatMap((event) => (event.type === type && 'since' in event.data ? [event.data.since] : []));
}

describe('BGPalerter never reports', () => {
  test('a re-announcement: the country is restored, since the second it came back', async () => {
    const sim = await watched();
    const gone = sim.now;
    await sim.withdraw(sim.peers);
    await sim.pass(5 * MINUTE);
    const back = sim.now;
    await sim.announce(sim.peers);
    await sim.pass(5 * MINUTE);
    expect(sim.types('country')).toEqual(['country.unroutable', 'country.restored']);
    expect(sincesOf(sim, 'country.unroutable')).toEqual([isoTime(gone)]);
    expect(sincesOf(sim, 'country.restored')).toEqual([isoTime(back)]);
  });

  test('a second outage within the hour: each is reported, and both are one incident', async () => {
    const sim = await watched();
    const gone: string[] = [];
    for (let i = 0; i < 2; i++) {
      gone.push(isoTime(sim.now));
      await sim.withdraw(sim.peers);
      await sim.pass(5 * MINUTE);
      await sim.announce(sim.peers);
      await sim.pass(10 * MINUTE);
    }
    expect(sim.types('country')).toEqual([
      'country.unroutable',
      'country.restored',
      'country.unroutable',
      'country.restored',
    ]);
    expect(sincesOf(sim, 'country.unroutable')).toEqual(gone);
    const incidents = sim.events.flatMap((event) => ('incident' in event.data ? [event.data.incident] : []));
    const ids = incidents.map((incident) => (typeof incident === 'string' ? incident : incident?.id));
    expect(new Set(ids).size).toBe(1);
  });
});

describe('BGPalerter raises a false alarm', () => {
  test('when a withdrawal is followed by its re-announcement at once: nothing happened', async () => {
    const sim = await watched();
    await sim.withdraw(sim.peers);
    await sim.pass(100);
    await sim.announce(sim.peers);
    await sim.pass(10 * MINUTE);
    expect(sim.types('')).toEqual([]);
  });

  test('when peer sessions go down: no peer withdrew anything', async () => {
    const sim = await watched();
    await sim.down(sim.peers.slice(0, 25));
    await sim.pass(10 * MINUTE);
    expect(sim.types('')).toEqual([]);
    await sim.down(sim.peers.slice(25, 50));
    await sim.pass(10 * MINUTE);
    expect(sim.types('')).toEqual(['country.unknown', 'observer.blind']);
  });
});

describe('BGPalerter misses', () => {
  test('a slow withdrawal over 18 minutes: reported when nine tenths have lost it', async () => {
    const sim = await watched();
    const begun = sim.now;
    for (const peer of sim.peers) {
      await sim.withdraw([peer]);
      await sim.pass((18 * MINUTE) / sim.peers.length);
    }
    await sim.pass(5 * MINUTE);
    expect(sim.types('country')).toEqual(['country.degraded', 'country.unroutable']);
    // The 55th of 60 peers leaves less than a tenth.
    expect(sincesOf(sim, 'country.unroutable')).toEqual([isoTime(begun + 54 * 18_000)]);
    const incident = sim.events.flatMap((event) => (event.type === 'incident.updated' ? [event.data.incident] : []));
    expect(incident.at(-1)).toMatchObject({ shape: 'slope', onset: { first: isoTime(begun) } });
  });

  // A new process that knows nothing, seeded while the country is gone. What was reported before the restart is not known
  // to it: that comes with the store.
  test('the outage when it is restarted in the middle: the new process finds the country gone', async () => {
    const sim = await watched();
    await sim.withdraw(sim.peers);
    await sim.pass(10 * MINUTE);
    expect(sim.types('country')).toEqual(['country.unroutable']);
    expect(await sim.stop()).toBe(0);
    sim.reported.length = 0;
    await sim.pass(2 * MINUTE);
    await sim.seeded();
    expect(sim.types('country')).toEqual(['country.unroutable']);
    expect(sim.events.find(({ type }) => type === 'country.unroutable')?.data).toMatchObject({ sinceAtLatest: true });
    await sim.announce(sim.peers);
    await sim.pass(5 * MINUTE);
    expect(sim.types('country')).toEqual(['country.unroutable', 'country.restored']);
  });

  test('/24s withdrawn inside a configured /22: each is reported, and the country is degraded', async () => {
    const sim = await watched();
    const two = UNITS.slice(1, 3);
    await sim.withdraw(sim.peers, two);
    await sim.pass(5 * MINUTE);
    expect(sim.types('country')).toEqual(['country.degraded']);
    const lost = sim.events.flatMap((event) => (event.type === 'unit.lost' ? [event.data.unit] : []));
    expect(lost).toEqual(two);
  });
});

test('a feed that is down is unknown, with an event of its own, and known again when it is back', async () => {
  const sim = await watched();
  sim.feed.service = 'unacknowledged';
  sim.feed.break();
  await sim.pass(10 * MINUTE);
  expect(sim.types('country', 'observer.blind')).toEqual(['country.unknown', 'observer.blind']);
  sim.feed.service = 'right';
  await sim.pass(5 * MINUTE);
  expect(sim.types('country', 'observer.blind', 'observer.restored')).toEqual([
    'country.unknown',
    'observer.blind',
    'country.known',
    'observer.restored',
  ]);
});

test('a country that leaves while the feed is down is gone when it is back, at the latest since then', async () => {
  const sim = await watched();
  sim.feed.service = 'unacknowledged';
  sim.feed.break();
  await sim.pass(MINUTE);
  await sim.withdraw(sim.peers);
  await sim.pass(MINUTE);
  sim.feed.service = 'right';
  await sim.pass(5 * MINUTE);
  expect(sim.types('country')).toEqual(['country.unknown', 'country.known', 'country.unroutable']);
  expect(sim.events.find(({ type }) => type === 'country.unroutable')?.data).toMatchObject({ sinceAtLatest: true });
});
