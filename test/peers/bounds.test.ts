import { expect, test } from 'vitest';
import { parseCollector, peerOf, type Peer } from '../../src/bgp/peer.ts';
import { PeerTable } from '../../src/peers/peer-table.ts';
import { TerritoryView } from '../../src/rib/territory-view.ts';
import { MAX_SESSIONS } from '../../src/peers/session.ts';
import { RouteLimit } from '../../src/rib/route-limit.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { asn, clock, KP, prefix } from '../support/day.ts';

const collector = parseCollector('rrc00');

function stranger(n: number): Peer {
  if (collector === undefined) throw new Error('no collector');
  return peerOf(collector, `10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}`, asn(100_000 + n));
}

const route = { at: clock('12:00'), path: [asn(131279)], pathId: undefined, dumped: false };

test('of a feed that invents peers, a limited number is read', () => {
  const view = new TerritoryView(KP, 'ipv4', 0.5);
  const peers = new PeerTable([view], DEFAULT_VOTING);
  for (let n = 0; n < MAX_SESSIONS + 500; n++) {
    const element = { type: 'announcement', peer: stranger(n), prefix: prefix('175.45.176.0/24'), ...route } as const;
    peers.apply(element, route.at);
  }
  expect(view.ribs.size).toBe(MAX_SESSIONS);
});

test('all sessions together hold a limited number of routes; a route beyond that is refused', () => {
  const view = new TerritoryView(KP, 'ipv4', 0.5);
  const { ofAll: most, ofSession: mostOfOne } = new RouteLimit(view.units.length);
  let kept = 0;
  for (let n = 0; n * mostOfOne < most; n++) {
    const rib = view.ribOf(stranger(n));
    for (let pathId = 0; pathId < Math.min(mostOfOne, most - n * mostOfOne); pathId++) {
      if (view.put(rib, { ...route, prefix: prefix('175.45.176.0/24'), pathId })) kept++;
    }
  }
  expect(kept).toBe(most);
  const late = view.ribOf(stranger(65_000));
  expect(view.put(late, { ...route, prefix: prefix('175.45.177.0/24') })).toBe(false);

  const [first] = view.ribs.values();
  const [held] = first?.routes.values() ?? [];
  if (first === undefined || held === undefined) throw new Error('nothing is held');
  view.drop(first, held);
  expect(view.put(late, { ...route, prefix: prefix('175.45.177.0/24') })).toBe(true);
});

test.each([1, 4, 256, 65_536])('a thousand peers with two routes for each of %i units are not a flood', (units) => {
  expect(new RouteLimit(units).ofSession).toBeGreaterThanOrEqual(2 * units);
  expect(new RouteLimit(units).ofAll).toBeGreaterThanOrEqual(1_000 * 2 * units);
});
