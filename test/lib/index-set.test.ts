import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndexSet } from '../../src/lib/index-set.ts';
import { runsText } from '../../src/lib/runs.ts';

const END = 100;

describe('A set of numbers', () => {
  it('is what a Set would be, and its text is that of its members, whatever is added, deleted and asked between', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('add', 'delete', 'text'), fc.nat(END - 1)), { maxLength: 80 });
    fc.assert(
      fc.property(steps, (all) => {
        const set = new IndexSet(END);
        const right = new Set<number>();
        for (const [step, index] of all) {
          const members = [...right].toSorted((a, b) => a - b);
          if (step === 'text') expect(set.text).toBe(runsText(members));
          else if (step === 'add') expect(set.add(index)).toBe(!right.has(index) && right.add(index) === right);
          else expect(set.delete(index)).toBe(right.delete(index));
        }
        expect([...set.values()]).toEqual([...right].toSorted((a, b) => a - b));
        expect(set.text).toBe(runsText([...right].toSorted((a, b) => a - b)));
        expect(set.size).toBe(right.size);
      }),
    );
  });
});
