import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CSV_COLUMNS } from '../../src/report/csv.ts';
import { ROOT } from '../support/cli.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** Names in the first column of the tables of a text. */
const firstCells = (text: string): readonly string[] =>
  [...text.matchAll(/^\| (.+?) +\|/gm)].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '));

describe('the documents are complete', () => {
  test('docs/outputs.md lists every CSV column, in order', () => {
    const [csv = ''] = /^## CSV$[\s\S]*?(?=^## )/m.exec(read('docs/outputs.md')) ?? [];
    expect(firstCells(csv).filter((cell) => !/^(?:column$|-)/.test(cell))).toEqual([...CSV_COLUMNS]);
  });

  test('docs/outputs.md lists every field of the JSON document', () => {
    const [json = ''] = /^## JSON$[\s\S]*/m.exec(read('docs/outputs.md')) ?? [];
    const listed = new Set(firstCells(json).map((cell) => cell.split(/[.[]/)[0]));
    const [body = ''] = /const document = \{([\s\S]*?)^ {2}\};/m.exec(read('src/report/json.ts')) ?? [];
    const written = [...body.matchAll(/^ {4}(\w+):/gm)].map(([, name]) => name);
    expect(written.length).toBeGreaterThan(8);
    expect(written.filter((name) => !listed.has(name))).toEqual([]);
  });

  test('CONTRIBUTING.md gives a reason for every dependency, and for no other package', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      object
    >;
    const packages = [dependencies, devDependencies, optionalDependencies].flatMap((part) => Object.keys(part ?? {}));
    const listed = firstCells(read('CONTRIBUTING.md')).filter((cell) => !/^(?:package$|-)/.test(cell));
    expect(listed.toSorted()).toEqual([...new Set([...packages, 'bgpkit-parser-wasm'])].toSorted());
  });
});
