import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ALL_SPACES, historySpaces, isCarriedSpace, readerChange, readerPosition } from '../src/spaces.ts';

test('docs/redis.md lists every space, and no other', () => {
  const page = readFileSync(new URL('../docs/redis.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('| space '), page.indexOf('| `routes:CONTROL:ipv4`'));
  const named = [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name.replace(':KP:ipv4', ''));
  expect(named.map((name) => name.replace(':', '/')).sort()).toEqual([...ALL_SPACES].sort());
});

test.each([
  ['routes/KP/ipv4', true],
  ['visibility-log/KP/ipv6', true],
  ['history/KP/ipv4', true],
  ['past-incidents/KP/ipv4', true],
  ['engine', true],
  ['webhooks/queue', true],
  ['readers', true],
  ['instances', false],
  ['replay', false],
  ['drills', false],
  ['routes', false],
  ['routes/KP', false],
  ['routes/KP/ipv5', false],
  ['routes/K/P/ipv4', false],
  ['voters/KP/ipv4', false],
  ['', false],
])('%j is carried to another store: %s', (space, isCarried) => {
  expect(isCarriedSpace(space)).toBe(isCarried);
});

test('the history spaces are those of the territories and families that have a verdict', () => {
  const records = ['KP/ipv6', 'KP/ipv4'].map((key) => ({ space: 'verdicts' as const, key, value: '{}' }));
  expect(historySpaces([{ space: 'voters', key: 'x', value: '{}' }, ...records])).toEqual([
    'history/KP/ipv4',
    'past-incidents/KP/ipv4',
    'history/KP/ipv6',
    'past-incidents/KP/ipv6',
  ]);
});

test('a reader has the position that it wrote; a damaged record counts as "before the oldest event"', () => {
  expect(readerPosition(readerChange('mine', 'abc').value)).toBe('abc');
  expect(readerPosition(readerChange('mine', undefined).value)).toBeUndefined();
  expect(readerPosition('{')).toBeUndefined();
  expect(readerPosition('7')).toBeUndefined();
});
