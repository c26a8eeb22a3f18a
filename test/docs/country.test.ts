import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseTerritories } from '../../src/config/territories-file.ts';
import { ROOT } from '../support/cli.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;
const note = hasPython ? '' : ' (skipped: there is no python3 here)';

/** Lines in the form of a delegated-extended file; the last two are addresses that nobody has. */
const REGISTRY = `2|afrinic|20260505|19286|00000000|20260505|00000
afrinic|*|ipv4|*|5958|summary
afrinic|GM|asn|25250|1|20020424|allocated|F365062A
afrinic|GM|ipv4|41.76.8.0|2048|20091122|allocated|F3645EEF
afrinic|GM|ipv4|41.223.212.0|1024|20080118|allocated|F365062A
afrinic|GM|ipv4|102.140.128.0|8192|20180625|allocated|F36CF124
afrinic|GM|ipv6|2c0f:140::|32|20230329|allocated|F367927C
afrinic|ZA|ipv4|196.4.163.0|768|19940128|assigned|F36B0DC0
afrinic|ZA|ipv4|196.4.166.0|256|19940128|assigned|F36B0DC0
afrinic|ZZ|ipv4|41.76.16.0|2048||available
afrinic|GM|ipv4|41.76.24.0|2048||reserved|
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'unroutable-country-'));
  writeFileSync(join(folder, 'delegated'), REGISTRY);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const country = (...words: readonly string[]) =>
  spawnSync('python3', [join(ROOT, 'docs/examples/country.py'), ...words, join(folder, 'delegated')], {
    encoding: 'utf8',
  });

/** The blocks of the only territory of what the program prints, as `--territories` reads it. */
function blocksIn(text: string): readonly string[] {
  const file = parseTerritories(text, 'country.yaml');
  if (!file.ok) throw new Error(file.faults.join('\n'));
  return file.value.territories.flatMap(({ territory }) => territory.blocks.map((block) => block.text));
}

test.skipIf(!hasPython)(
  `docs/examples/country.py makes a territories file of what is allocated or assigned to a country${note}`,
  () => {
    const { stdout } = country('GM', 'The Gambia: all of it');
    expect(parseTerritories(stdout, 'country.yaml')).toMatchObject({
      ok: true,
      value: { territories: [{ territory: { id: 'GM', name: 'The Gambia: all of it', origins: [] } }] },
    });
    expect(blocksIn(stdout)).toEqual(['41.76.8.0/21', '41.223.212.0/22', '102.140.128.0/19']);
  },
);

test.skipIf(!hasPython)(
  `a number of addresses that is no power of two becomes several blocks, and neighbours become one${note}`,
  () => {
    expect(blocksIn(country('ZA', 'South Africa').stdout)).toEqual([
      '196.4.163.0/24',
      '196.4.164.0/23',
      '196.4.166.0/24',
    ]);
  },
);

test.skipIf(!hasPython)(`wrong words print how it is used, and a file that is not there is named${note}`, () => {
  const run = (...words: readonly string[]) =>
    spawnSync('python3', [join(ROOT, 'docs/examples/country.py'), ...words], { encoding: 'utf8' });
  expect(run('GM')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('python3 country.py ER') });
  const absent = run('GM', 'The Gambia', join(folder, 'absent'));
  expect(absent).toMatchObject({ status: 1, stdout: '' });
  expect(absent.stderr).toMatch(/^cannot read the files: .*absent'\n$/);
});

test.skipIf(!hasPython)(`a country that no file lists is refused${note}`, () => {
  expect(country('KP', 'North Korea')).toMatchObject({
    status: 1,
    stdout: '',
    stderr: 'no file lists IPv4 addresses for KP\n',
  });
});
