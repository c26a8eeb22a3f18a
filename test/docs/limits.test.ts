import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const rows = readFileSync(join(ROOT, 'docs', 'limits.md'), 'utf8')
  .split('\n')
  .filter((line) => line.includes('.ts`'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** The number that a constant, or a key of an object, is set to: `2 * 1024 * 1024`, `64 * 2 ** 30`. */
function valueOf(file: string, name: string): number {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const text = new RegExp(`\\b${name}(?: =|:) ([\\d_ *]+)[;,]`).exec(source)?.[1];
  if (text === undefined) throw new Error(`${file} has no ${name}`);
  const powers = text
    .replaceAll('_', '')
    .replaceAll(/(\d+) \*\* (\d+)/g, (_, base, by) => String(Number(base) ** Number(by)));
  return powers.split('*').reduce((product, factor) => product * Number(factor), 1);
}

describe('docs/limits.md says what the code does', () => {
  test.each(rows.map(([, buffer = '', limit = '', , place = '']) => [buffer, limit, place]))(
    '%s: %s',
    (_, limit, place) => {
      const [, file = '', name = ''] = /`([^`]+\.ts)` `(\w+)`/.exec(place) ?? [];
      expect(Number(limit.replace(/ .*/, '').replaceAll(',', ''))).toBe(valueOf(file, name));
    },
  );
});
