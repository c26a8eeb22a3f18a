import { describe, expect, test } from 'vitest';
import { asPathOf, parseAsPath, pathText } from '../../src/bgp/as-path.ts';
import { asnOf } from '../../src/bgp/asn.ts';

describe('a path as text', () => {
  test.each(['', '64500', '30844 3356 1239 4837 131279', '64500 {64501,64502}', '{} 64500'])(
    '"%s" reads back',
    (text) => {
      const path = parseAsPath(text);
      expect(path === undefined ? undefined : pathText(path)).toBe(text);
    },
  );

  test('the members of an AS_SET come back sorted upward', () => {
    expect(parseAsPath('1 {30,4,200}')).toEqual([1, [4, 30, 200]]);
  });

  test.each([
    '64500  64501',
    ' 64500',
    '64500 x',
    'AS64500',
    '-1',
    '4294967296',
    '64500 {64501',
    '{64500,}',
    '[64500]',
  ])('"%s" is none', (text) => {
    expect(parseAsPath(text)).toBeUndefined();
  });
});

test('a list of entries is a path when each member is an AS number', () => {
  const number = (value: unknown) => (typeof value === 'number' ? asnOf(value) : undefined);
  expect(asPathOf([1, [3, 2], 4], number)).toEqual([1, [2, 3], 4]);
  expect(asPathOf([1, [[2]]], number)).toBeUndefined();
  expect(asPathOf([1, '2'], number)).toBeUndefined();
});
