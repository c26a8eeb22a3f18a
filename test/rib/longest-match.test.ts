import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prefixOf, type Prefix } from '../../src/bgp/prefix.ts';
import { AdjRibIn } from '../../src/rib/adj-rib-in.ts';
import type { HeldRoute } from '../../src/rib/route-table.ts';
import { LongestMatch, partialSight } from '../../src/rib/longest-match.ts';
import { RouteClassifier } from '../../src/rib/route-classifier.ts';
import { routeKey } from '../../src/rib/route-table.ts';
import { unitsOf } from '../../src/territory/territory.ts';
import { asn, KP, peer } from '../support/day.ts';

const units = unitsOf(KP, 'ipv4');
const BASE = units[0]?.words[0] ?? 0;

/** A route to somewhere in or around the four networks, announced or withdrawn. */
const step = fc.record({
  offset: fc.nat(1023),
  length: fc.integer({ min: 18, max: 28 }),
  pathId: fc.constantFrom(undefined, undefined, undefined, 1, 2),
  path: fc.constantFrom(undefined, [131279], [9009]),
});

/** Address by address: which share of a unit leads to the right origin. */
function shareByAddress(routes: Iterable<HeldRoute>, unit: Prefix): number {
  let right = 0;
  for (let i = 0; i < 256; i++) {
    const address = (unit.words[0] + i) >>> 0;
    let [longest, counts] = [-1, false];
    for (const { prefix, path, counts: isRight } of routes) {
      const size = 2 ** (32 - prefix.length);
      if (path === undefined || address < prefix.words[0] || address >= prefix.words[0] + size) continue;
      if (prefix.length > longest) [longest, counts] = [prefix.length, isRight];
      else if (prefix.length === longest) counts ||= isRight;
    }
    if (counts) right++;
  }
  return right / 256;
}

test('after each route, a session sees the units where at least half of the addresses lead to the right origin', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const rib = new AdjRibIn(peer(1), units.length);
      rib.votes = true;
      const visible = new Set<number>();
      const match = new LongestMatch(units, 0.5, (_, unit, sees) => (sees ? visible.add(unit) : visible.delete(unit)));
      const classifier = new RouteClassifier(KP, units, true, 4096);
      for (const { offset, length, pathId, path } of steps) {
        const prefix = prefixOf('ipv4', [(BASE + offset) >>> 0, 0, 0, 0], length);
        const key = routeKey(prefix, pathId);
        const before = rib.routes.get(key);
        const route = { prefix, pathId, path: path?.map(asn), at: 0 as never, dumped: false };
        const held = classifier.classify(route, before);
        rib.routes.set(key, held);
        match.replace(rib, before, held);
      }
      const shares = units.map((unit) => shareByAddress([...rib.routes.values()], unit));
      expect([...rib.sees]).toEqual(shares.map((share) => (share >= 0.5 ? 1 : 0)));
      expect([...visible].sort((a, b) => a - b)).toEqual(shares.flatMap((share, unit) => (share >= 0.5 ? [unit] : [])));
      expect(rib.seen).toBe(visible.size);
      const largest = Math.max(0, ...shares.filter((share) => share < 1));
      expect(partialSight([rib])?.largest ?? 0).toBe(largest);
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 500) },
  );
});
