import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap } from '../../src/lib/heap.ts';

test('in any order of insertions and removals, the least comes first', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer())), (steps) => {
      const heap = new Heap<number>((a, b) => a < b);
      const kept: number[] = [];
      for (const step of steps) {
        if (step !== null) heap.push(step);
        if (step === null) expect(heap.pop()).toBe(kept.shift());
        else kept.push(step);
        kept.sort((a, b) => a - b);
        expect(heap.peek()).toBe(kept[0]);
        expect(heap.size).toBe(kept.length);
      }
    }),
  );
});
