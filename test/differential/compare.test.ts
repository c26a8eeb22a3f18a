import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differences } from './compare.ts';

const ROWS = ['A|1|a', 'W|1|b', 'A|2|c', 'A|3|a', 'STATE|4|6|1'];

describe('the comparison finds what it is there to find', () => {
  test('equal rows differ in nothing', () => {
    expect(differences(ROWS, [...ROWS])).toEqual([]);
    expect(differences([], [])).toEqual([]);
  });

  test('a changed row is shown from both sides', () => {
    expect(differences(ROWS, ROWS.with(1, 'W|1|c'))).toEqual([
      'at our row 1: \n  ours, 1 rows:\n    W|1|b\n  bgpdump, 1 rows:\n    W|1|c',
    ]);
  });

  test('two rows in the other order are a difference', () => {
    expect(differences(['x', 'y', 'z'], ['y', 'x', 'z'])).not.toEqual([]);
  });

  test('one row more, less or other, anywhere, is a difference', () => {
    const rows = fc.array(fc.constantFrom(...ROWS), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(rows, fc.nat(), (some, where) => {
        const at = where % some.length;
        expect(differences(some, some)).toEqual([]);
        expect(differences(some, some.toSpliced(at, 1))).not.toEqual([]);
        expect(differences(some, some.toSpliced(at, 0, 'new'))).not.toEqual([]);
        expect(differences(some, some.with(at, 'other'))).not.toEqual([]);
      }),
    );
  });
});
