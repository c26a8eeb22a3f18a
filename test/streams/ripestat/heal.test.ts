import { describe, expect, test } from 'vitest';
import type { Element } from '../../../src/bgp/element.ts';
import type { RipestatFault, Outcome } from '../../../streams/ripestat/fault.ts';
import { healFromRipestat, type Healing } from '../../../streams/ripestat/heal.ts';
import { seedFromRipestat } from '../../../streams/ripestat/seed.ts';
import { clock, Day, KP, prefix, UNITS } from '../../support/day.ts';
import type { World } from './answers.ts';
import { bench, fullPeers, kpPath, silence, withdraw, worldOfKp, type Bench } from './world.ts';

/** The connection was lost from 12:01 to 12:04; the looking glass is asked at 12:05. */
const GAP = { from: clock('12:01'), to: clock('12:04') };

describe('a gap in which nothing happened', () => {
  test('every full-feed peer is sent whole again, as it was received after the gap', async () => {
    const { elements, healed, unhealed } = good(await heal(await bench()));
    expect(healed).toHaveLength(40);
    expect(unhealed).toEqual([]);
    expect(elements.filter(({ type }) => type === 'rib')).toHaveLength(160);
    expect(elements.at(-1)).toMatchObject({ type: 'end-of-rib', at: clock('12:05'), dump: { from: clock('12:05') } });
  });

  test('the engine is blind until then, and reports nothing else', async () => {
    const day = await dayWithGap(worldOfKp());
    expect(day.said('country')).toEqual([
      '12:01:10 country.unknown since 12:01:00',
      '12:05:10 country.known since 12:05:00',
    ]);
  });
});

describe('a gap in which the country left', () => {
  const world = (): World => {
    const left = worldOfKp();
    const peers = fullPeers(left);
    withdraw(peers);
    left.updates.push(...peers.flatMap((peer) => UNITS.map((unit) => ({ at: '12:02:30', peer, prefix: unit }))));
    return left;
  };

  test('withdrawals have the times at which they were received, before the state that they led to', async () => {
    const { elements } = good(await heal(await bench(world())));
    expect(elements[0]).toMatchObject({ type: 'withdrawal', at: clock('12:02:30'), prefix: prefix(UNITS[0]) });
    expect(elements.filter(({ type }) => type === 'withdrawal')).toHaveLength(160);
    expect(elements.filter(({ type }) => type === 'rib')).toEqual([]);
    expect(inOrder(elements)).toBe(true);
  });

  test('the engine reports when it can see again', async () => {
    const day = await dayWithGap(world());
    expect(day.said('country')).toEqual([
      '12:01:10 country.unknown since 12:01:00',
      '12:05:30 country.known since 12:05:00',
      '12:05:30 country.unroutable since 12:05:00',
    ]);
    expect(day.events.find(({ type }) => type === 'country.unroutable')?.data).toMatchObject({ sinceAtLatest: true });
  });

  test('when bgp-updates lags behind the gap its part is left out, and the state is sent', async () => {
    const setup = await bench({ ...world(), updatesUpTo: '12:03:00' });
    const outcome = await heal(setup);
    expect(good(outcome).elements.map(({ type }) => type)).toEqual(Array.from({ length: 40 }, () => 'end-of-rib'));
    expect(outcome).toMatchObject({
      warnings: [expect.stringContaining('it is known up to 2014-12-22T12:03:00.000Z only')],
    });
  });
});

test('a change that was undone in the gap is sent in order', async () => {
  const world = worldOfKp();
  const [peer] = fullPeers(world);
  if (peer === undefined) throw new Error('no peer');
  const [unit] = UNITS;
  world.updates.push({ at: '12:02:10', peer, prefix: unit });
  world.updates.push({ at: '12:02:50', peer, prefix: unit, path: kpPath(peer.asn) });
  world.updates.push({ at: '12:04:30', peer, prefix: unit });
  const { elements } = good(await heal(await bench(world)));
  expect(elements.slice(0, 2)).toMatchObject([
    { type: 'withdrawal', at: clock('12:02:10') },
    { type: 'announcement', at: clock('12:02:50'), path: kpPath(peer.asn) },
  ]);
  expect(elements[2]).toMatchObject({ type: 'rib' });
});

test('changes after the gap are left to the live feed', async () => {
  const world = worldOfKp();
  const [peer] = fullPeers(world);
  if (peer === undefined) throw new Error('no peer');
  world.updates.push({ at: '12:04:01', peer, prefix: UNITS[0] });
  const { elements } = good(await heal(await bench(world), { to: clock('12:04:00.5') }));
  expect(elements.filter(({ type }) => type === 'withdrawal')).toEqual([]);
});

test('an update that comes under two resources is sent once', async () => {
  const world = worldOfKp();
  const [peer] = fullPeers(world);
  if (peer === undefined) throw new Error('no peer');
  world.updates.push({ at: '12:02:10', peer, prefix: UNITS[0], path: kpPath(peer.asn) });
  const setup = await bench(world);
  // Eight blocks far apart and all that could cover them: two requests, one with the origin AS, one with the prefix.
  const far = Array.from({ length: 7 }, (_, i) => prefix(`${i + 10}.0.0.0/24`));
  const territories = [{ ...KP, blocks: [...far, prefix(UNITS[0])] }];
  const { elements } = good(await healFromRipestat({ ...asking(setup), territories, span: GAP }));
  expect(setup.server.count('bgp-updates')).toBe(2);
  expect(elements.filter(({ type }) => type === 'announcement')).toHaveLength(1);
});

describe('a peer that cannot be confirmed is left alone and named', () => {
  test('the looking glass has received nothing of it since the gap', async () => {
    const world = worldOfKp();
    for (const peer of fullPeers(world).slice(0, 2)) peer.latest = '12:03:59';
    const { elements, healed, unhealed } = good(await heal(await bench(world)));
    expect(healed).toHaveLength(38);
    expect(unhealed.map(({ peer, why }) => [peer.address, why])).toEqual([
      ['198.51.100.1', 'the looking glass has no data of it since 2014-12-22T12:04:00.000Z, when the gap ended'],
      ['198.51.100.2', 'the looking glass has no data of it since 2014-12-22T12:04:00.000Z, when the gap ended'],
    ]);
    const addresses = new Set(elements.flatMap((element) => ('peer' in element ? [element.peer?.address] : [])));
    expect(addresses.has('198.51.100.1')).toBe(false);
  });

  test('… nor may one of its routes be older than the gap, though others are newer', async () => {
    const world = worldOfKp();
    const [peer, ...others] = fullPeers(world);
    if (peer === undefined) throw new Error('no peer');
    const stale = { ...peer, latestOf: new Map([[UNITS[2] as string, '12:03:00']]) };
    const { healed, unhealed } = good(await heal(await bench({ ...world, peers: [stale, ...others] })));
    expect(healed).toHaveLength(39);
    expect(unhealed).toMatchObject([{ peer: { address: peer.ip } }]);
  });

  test('the looking glass shows nothing of it, not even a control', async () => {
    const world = worldOfKp();
    silence(fullPeers(world).slice(0, 1));
    const { unhealed } = good(await heal(await bench(world)));
    expect(unhealed).toMatchObject([{ peer: { address: '198.51.100.1' }, why: 'it shows no control prefix' }]);
  });

  test('when no peer sent data since the gap, the territory is not requested', async () => {
    const setup = await bench({ ...worldOfKp(), now: '12:03:00' });
    const { elements, unhealed } = good(await heal(setup));
    expect(elements).toEqual([]);
    expect(unhealed).toHaveLength(40);
    expect(setup.server.requests.map(({ parameters }) => parameters.get('resource'))).not.toContain('175.45.176.0/24');
  });

  test('peers outside the gap are not touched', async () => {
    const setup = await bench();
    const all = good(await heal(setup));
    const [one] = all.healed;
    if (one === undefined) throw new Error('no peer');
    const { healed } = good(await heal(setup, { peers: [one.id] }));
    expect(healed).toEqual([one]);
    const other = good(await heal(setup, { collectors: [one.collector] }));
    expect(new Set(other.healed.map(({ collector }) => collector))).toEqual(new Set([one.collector]));
    expect(other.healed).toHaveLength(20);
  });
});

describe('when RIPEstat has nothing to say, nothing is healed', () => {
  test('empty sets with 200 OK', async () => {
    const setup = await bench();
    setup.server.fail('looking-glass', { kind: 'empty' });
    expect(bad(await heal(setup))).toMatchObject({ kind: 'empty', call: 'looking-glass' });
  });

  test('a fault in the middle: the controls were answered, the territory was not', async () => {
    const world = worldOfKp();
    const setup = await bench(world);
    setup.server.fail('bgp-updates', { kind: 'status', status: 500 });
    expect(good(await heal(setup)).healed).toHaveLength(40);
    setup.server.heal();
    setup.server.fail('looking-glass', { kind: 'data', change: (data) => void (data['rrcs'] = 'none') });
    expect(bad(await heal(setup))).toMatchObject({ kind: 'unreadable' });
  });

  test('a gap that ends before it begins, or a country of too many prefixes, is not asked for', async () => {
    const setup = await bench();
    expect(bad(await heal(setup, { to: clock('12:00') }))).toMatchObject({ kind: 'configuration' });
    const outcome = await healFromRipestat({
      ...asking(setup),
      territories: [{ ...KP, blocks: [prefix('175.45.128.0/17')] }],
      span: GAP,
    });
    expect(bad(outcome)).toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining('255 prefixes would need'),
    });
    expect(setup.server.requests).toEqual([]);
  });
});

function asking({ client, signal }: Bench): Omit<Parameters<typeof healFromRipestat>[0], 'span'> {
  return { client, signal, territories: [KP] };
}

async function heal(
  setup: Bench,
  span: Partial<Parameters<typeof healFromRipestat>[0]['span']> = {},
): Promise<Outcome<Healing>> {
  return healFromRipestat({ ...asking(setup), span: { ...GAP, ...span } });
}

/** Seeded at 12:00 with all there, cut off at 12:01, healed from this world, played until 12:06. */
async function dayWithGap(world: World): Promise<Day> {
  const before = await bench();
  const seed = await seedFromRipestat({ client: before.client, signal: before.signal, territories: [KP] });
  const day = new Day();
  for (const element of good(seed).elements) day.apply(element);
  for (const collector of ['rrc00', 'rrc01', 'rrc03']) day.gap('12:01', collector);
  day.tick('12:04:59');
  for (const element of good(await heal(await bench(world))).elements) day.apply(element);
  return day.tick('12:06');
}

function inOrder(elements: readonly Element[]): boolean {
  return elements.every(({ at }, i) => at >= (elements[i - 1]?.at ?? 0));
}

function good<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.fault.message);
  return outcome.value;
}

function bad(outcome: Outcome<unknown>): RipestatFault {
  if (outcome.ok) throw new Error('it was healed');
  return outcome.fault;
}
