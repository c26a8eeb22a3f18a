import fc from 'fast-check';
import { expect, test } from 'vitest';
import { counted, grouped, jsonText, listed, percent, printable } from '../../src/report/printable.ts';

test('characters that could act on a terminal are spelled out', () => {
  expect(printable('a\u001b[2Jb\r\n\u009b\u007f')).toBe('a\\u001b[2Jb\\u000d\\u000a\\u009b\\u007f');
  expect(printable('\u202Egpj.exe\u2066\u200F')).toBe('\\u202egpj.exe\\u2066\\u200f');
  expect(printable('\uD800')).toBe('\\ud800');
});

test('names in any script stay as they are', () => {
  for (const name of ['조선민주주의인민공화국', 'Côte d’Ivoire', 'Ελλάδα', '🇰🇵']) expect(printable(name)).toBe(name);
});

test('no text of any kind brings a control character or a second line out', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});

test('JSON that is safe to show reads back to the same value', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (value) => {
      expect(JSON.parse(jsonText(value))).toEqual(value);
      expect(JSON.parse(jsonText(value, 2))).toEqual(value);
      expect(jsonText(value)).not.toMatch(/\p{Cc}/u);
    }),
  );
});

test('shares are never rounded to all or nothing', () => {
  expect([0, 0.0001, 0.1, 0.97449, 0.99999, 1].map(percent)).toEqual([
    '0 %',
    'under 0.1 %',
    '10 %',
    '97.4 %',
    '99.9 %',
    '100 %',
  ]);
});

test('counts are grouped, with the noun in its number', () => {
  expect(grouped(1_234_567)).toBe('1,234,567');
  expect(counted(1, 'voter')).toBe('1 voter');
  expect(counted(1000, 'voter')).toBe('1,000 voters');
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed)).toEqual(['none', 'a', 'a and b', 'a, b and c']);
});
