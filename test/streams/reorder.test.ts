import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Reorder } from '../../streams/reorder.ts';

interface Item {
  readonly at: number;
  readonly key: number;
}

function takeAll(reorder: Reorder<Item>, until: number): Item[] {
  const taken: Item[] = [];
  for (let item = reorder.take(until); item !== undefined; item = reorder.take(until)) taken.push(item);
  return taken;
}

const byKey = (a: Item, b: Item): number => a.key - b.key;
const items = fc.array(fc.record({ at: fc.nat({ max: 20 }), key: fc.nat({ max: 3 }) }));

test('due elements leave in order of time, then of the key, then of arrival; the rest stays', () => {
  fc.assert(
    fc.property(items, fc.nat({ max: 20 }), (list, until) => {
      const reorder = new Reorder<Item>(byKey, 1000);
      for (const item of list) reorder.put(item);
      const sorted = list.toSorted((a, b) => a.at - b.at || a.key - b.key);
      expect(takeAll(reorder, until)).toStrictEqual(sorted.filter(({ at }) => at <= until));
      expect(takeAll(reorder, Infinity)).toStrictEqual(sorted.filter(({ at }) => at > until));
      expect(reorder.size).toBe(0);
    }),
  );
});

test('more than the limit is never held: the oldest leave early', () => {
  const reorder = new Reorder<Item>(byKey, 10);
  for (let i = 0; i < 100; i++) {
    reorder.put({ at: 1000 - i, key: 0 });
    takeAll(reorder, 0);
    expect(reorder.size).toBeLessThanOrEqual(10);
  }
});
