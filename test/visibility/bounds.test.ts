import { expect, test } from 'vitest';
import { parseCollector, peerOf, type Peer } from '../../src/bgp/peer.ts';
import { Electorate } from '../../src/peers/peer-table.ts';
import { Plane } from '../../src/rib/territory-view.ts';
import { MAX_SESSIONS } from '../../src/peers/session.ts';
import { maxRoutes, maxRoutesOfAll } from '../../src/rib/adj-rib-in.ts';
import { DEFAULT_VOTING } from '../../src/peers/voting-policy.ts';
import { asn, clock, KP, prefix } from '../support/day.ts';

const collector = parseCollector('rrc00');

function stranger(n: number): Peer {
  if (collector === undefined) throw new Error('no collector');
  return peerOf(collector, `10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}`, asn(100_000 + n));
}

const route = { at: clock('12:00'), path: [asn(131279)], pathId: undefined, dumped: false };

test('a feed that makes up peers is heard of so many and no more', () => {
  const plane = new Plane(KP, 'ipv4');
  const electorate = new Electorate([plane], DEFAULT_VOTING);
  for (let n = 0; n < MAX_SESSIONS + 500; n++) {
    const element = { type: 'announcement', peer: stranger(n), prefix: prefix('175.45.176.0/24'), ...route } as const;
    electorate.apply(element, route.at);
  }
  expect(plane.views.size).toBe(MAX_SESSIONS);
});

test('all sessions together hold so many routes and no more; who adds to them is refused', () => {
  const plane = new Plane(KP, 'ipv4');
  const [most, mostOfOne] = [maxRoutesOfAll(plane.units.length), maxRoutes(plane.units.length)];
  let kept = 0;
  for (let n = 0; n * mostOfOne < most; n++) {
    const view = plane.viewOf(stranger(n));
    for (let pathId = 0; pathId < Math.min(mostOfOne, most - n * mostOfOne); pathId++) {
      if (plane.put(view, { ...route, prefix: prefix('175.45.176.0/24'), pathId })) kept++;
    }
  }
  expect(kept).toBe(most);
  const late = plane.viewOf(stranger(65_000));
  expect(plane.put(late, { ...route, prefix: prefix('175.45.177.0/24') })).toBe(false);

  const [first] = plane.views.values();
  const [held] = first?.routes.values() ?? [];
  if (first === undefined || held === undefined) throw new Error('nothing is held');
  plane.drop(first, held, route.at);
  expect(plane.put(late, { ...route, prefix: prefix('175.45.177.0/24') })).toBe(true);
});

test.each([1, 4, 256, 65_536])('a thousand peers with two routes for each of %i units are no flood', (units) => {
  expect(maxRoutes(units)).toBeGreaterThanOrEqual(2 * units);
  expect(maxRoutesOfAll(units)).toBeGreaterThanOrEqual(1_000 * 2 * units);
});
