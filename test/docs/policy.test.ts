import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { policyDocument } from '../../scripts/policy/document.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(ROOT, 'docs', 'policy.md'), 'utf8');

test('docs/policy.md is what `npm run docs:policy` writes', async () => {
  expect(page).toBe(await policyDocument(ROOT));
});

test('every threshold has a row with a reason that is a sentence', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `--'));
  expect(rows).toHaveLength(Object.keys(DEFAULT_POLICY).length + Object.keys(DEFAULT_VOTING).length);
  expect(rows.filter((row) => !/\| [A-Z][^|]+\.\s*\|$/.test(row))).toEqual([]);
});

test('the defaults of watch differ from those of replay where a live feed can be asked for more', () => {
  const cells = (key: string) =>
    page
      .split('\n')
      .find((line) => line.includes(` \`${key}\` `))
      ?.split('|')
      .map((cell) => cell.trim());
  expect(cells('minCollectors')?.slice(3, 5)).toEqual(['1', '5']);
  expect(cells('peerSilence')?.slice(3, 5)).toEqual(['0s', '3m']);
  expect(cells('unroutableHold')?.slice(3, 5)).toEqual(['30s', '30s']);
});
