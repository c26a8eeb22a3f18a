import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prefixOf } from '../../src/bgp/prefix.ts';
import { routeKey, type HeldRoute } from '../../src/rib/route-table.ts';
import { RouteTable } from '../../src/rib/route-table.ts';

const step = fc.record({
  third: fc.nat({ max: 2 }),
  pathId: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
  isThere: fc.boolean(),
  isWithdrawn: fc.boolean(),
  dumped: fc.boolean(),
});

test('its counts and finds are those of a look at all of its routes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const table = new RouteTable();
      const held = new Map<string, HeldRoute>();
      for (const { third, pathId, isThere, isWithdrawn, dumped } of steps) {
        const prefix = prefixOf('ipv4', [(0xaf_2d_b0_00 + (third << 8)) >>> 0, 0, 0, 0], 24);
        const key = routeKey(prefix, pathId);
        if (isThere) {
          const path = isWithdrawn ? undefined : [];
          const route = { prefix, pathId, path, dumped, at: 0, units: [], isPart: false, counts: true, marks: [] };
          table.set(key, route as unknown as HeldRoute);
          held.set(key, route as unknown as HeldRoute);
        } else {
          expect(table.delete(key)).toBe(held.delete(key));
        }
      }
      const all = [...held.values()];
      expect([...table.values()]).toEqual(all);
      expect(table.size).toBe(all.length);
      const withPathId = all.filter(({ pathId }) => pathId !== undefined);
      expect(table.sizeWithPathId).toBe(withPathId.length);
      const updated = all.filter(({ dumped, path }) => !dumped && path !== undefined);
      expect(table.updated('withPathId')).toBe(updated.filter(({ pathId }) => pathId !== undefined).length);
      expect(table.updated('plain')).toBe(updated.filter(({ pathId }) => pathId === undefined).length);
      for (const { prefix } of all) {
        const found = [...table.withPathIdTo(prefix.text)];
        const expected = withPathId.filter((route) => route.prefix.text === prefix.text);
        expect(new Set(found)).toEqual(new Set(expected));
      }
    }),
  );
});
