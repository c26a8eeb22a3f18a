import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, opened, startBrowser } from '../page/browser.ts';
import { BLACKOUT, buildCli, ROOT, type BuiltCli } from '../support/cli.ts';

const DAY = join(ROOT, 'incidents/2025-06-06');
let cli: BuiltCli;

beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

/** Writes a report of the day, and gives its bytes. */
async function made(name: string, ...args: readonly string[]): Promise<Buffer> {
  const out = join(cli.folder, name);
  const { status, stderr } = await cli.run(['report', DAY, '--quiet', '--out', out, ...args]);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return readFile(out);
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function rowsOf(csv: string): readonly Readonly<Record<string, string>>[] {
  const [head = [], ...rows] = csv
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? ''])));
}

describe('report, of a recorded day', () => {
  test('the answer stands first in every form that people read', async () => {
    const answer = 'North Korea was unroutable once between 2025-06-06 08:00:00 UTC and 2025-06-07';
    expect((await made('a.md')).toString()).toMatch(new RegExp(`^# .*\\(reconstructed\\)\n\n\\*\\*${answer}`));
    expect((await made('a.html')).toString()).toContain(`<p class="answer">${answer}`);
    expect((await made('a.svg')).toString()).toContain(`<title>${answer}`);
  });

  test('what is reconstructed says so in every picture and document', async () => {
    for (const name of ['b.md', 'b.html', 'b.svg'])
      expect((await made(name)).toString()).toContain('This is not archive data.');
  });

  test('a picture is what it was when it was last looked at, to the byte', async () => {
    const svg = await made('golden.svg', '--resolution', 'hour');
    await expect(svg.toString()).toMatchFileSnapshot('report.golden.svg');
  });

  test('the same input gives the same bytes, in every form', async () => {
    for (const ending of ['html', 'png', 'json'])
      expect(hashOf(await made(`two.${ending}`))).toBe(hashOf(await made(`one.${ending}`)));
  }, 120_000);

  test('a PNG is twice the size of its SVG, light or dark', async () => {
    const svg = (await made('size.svg', '--resolution', 'hour')).toString();
    const [, width, height] = /^<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
    const light = await made('light.png', '--resolution', 'hour');
    const dark = await made('dark.png', '--resolution', 'hour', '--theme', 'dark');
    for (const png of [light, dark]) {
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * Number(width), 2 * Number(height)]);
    }
    expect(light.equals(dark)).toBe(false);
  }, 120_000);

  test('the time by verdict adds up to the whole, and to the incidents', async () => {
    const spans = rowsOf((await made('spans.csv', '--table', 'spans')).toString());
    const sum = (rows: typeof spans) => rows.reduce((total, row) => total + Number(row['duration_s']), 0);
    const whole = Date.parse(spans.at(-1)?.['until'] ?? '') - Date.parse(spans[0]?.['from'] ?? '');
    expect(sum(spans) * 1000).toBe(whole);
    const [incident] = rowsOf((await made('incidents.csv', '--table', 'incidents')).toString());
    expect(sum(spans.filter(({ verdict }) => verdict === 'unroutable'))).toBe(Number(incident?.['unroutable_s']));
    expect(incident?.['from']).toBe('2025-06-06T17:32:08.000Z');
  });

  test('the series has a row for all, for each network and for each collector, at each step', async () => {
    const rows = rowsOf((await made('series.csv')).toString());
    const at = rows.filter(({ time }) => time === '2025-06-06T20:00:00.000Z');
    expect(at.map(({ network, collector }) => network || collector)).toEqual([
      ...['', '175.45.176.0/24', '175.45.177.0/24', '175.45.178.0/24', '175.45.179.0/24'],
      ...['reconstructed-a', 'reconstructed-b'],
    ]);
    // One stuck route of 36 × 4; it is of a peer at collector a, 22 sessions there.
    expect(at.map(({ last }) => Number(last))).toEqual([0.0069, 0.0278, 0, 0, 0, 0.0114, 0]);
  });

  test('the numbers of the picture are those of the table', async () => {
    const rows = rowsOf((await made('hours.csv', '--resolution', 'hour')).toString());
    const { reports } = JSON.parse((await made('hours.json', '--resolution', 'hour')).toString()) as {
      reports: { series: { at: string; share: { mean: number } | null }[] }[];
    };
    const all = rows.filter(({ network, collector }) => network === '' && collector === '');
    expect(all.map(({ time, mean }) => [time, Number(mean)])).toEqual(
      reports[0]?.series.map(({ at, share }) => [at, share?.mean]),
    );
  });

  test('time in which nothing could be seen is empty in the table and grey in words, and no outage', async () => {
    const args = ['report', DAY, '--quiet', '--min-voters', '100'];
    const { stdout } = await cli.run([...args, '--format', 'csv']);
    expect(
      rowsOf(stdout).filter(({ network = '', collector = '', last = '' }) => network + collector + last !== ''),
    ).toEqual(rowsOf(stdout).filter(({ collector }) => collector !== ''));
    const { stdout: text } = await cli.run([...args, '--format', 'md']);
    expect(text).toContain('It is not known whether North Korea was routable');
    expect(text).not.toContain('was unroutable');
  });

  test('an ending that no format has is refused, before anything is read', async () => {
    const { status, stderr } = await cli.run(['report', DAY, '--out', join(cli.folder, 'x.gif')]);
    expect(status).toBe(2);
    expect(stderr).toContain('.svg, .png');
    expect(existsSync(join(cli.folder, 'x.gif'))).toBe(false);
    const replayed = await cli.run(['replay', DAY, '--out', join(cli.folder, 'kp.svg')]);
    expect([replayed.status, replayed.stderr]).toEqual([2, expect.stringContaining('report')]);
  });

  test('of a store it is the same as of the files', async () => {
    const store = join(cli.folder, 'kept');
    await cli.run(['replay', DAY, '--store', store, '--quiet']);
    const out = join(cli.folder, 'stored.csv');
    expect((await cli.run(['report', '--store', store, '--out', out])).status).toBe(0);
    expect(await readFile(out, 'utf8')).toBe((await made('files.csv')).toString());
  });

  test('a begin after the end, or files beside a store, are faults of the question', async () => {
    const late = ['report', DAY, '--since', '2025-06-07T00:00', '--until', '2025-06-06T00:00'];
    expect((await cli.run(late)).status).toBe(2);
    const both = await cli.run(['report', DAY, '--store', join(cli.folder, 'kept')]);
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('--store')]);
  });
});

describe.skipIf(CHROMIUM === undefined)('the HTML of a report', () => {
  test('opens without a network, complains of nothing, and has no fault of accessibility', async () => {
    await made('page.html');
    const browser = await startBrowser();
    try {
      const { page, complaints } = await opened(browser, `file://${join(cli.folder, 'page.html')}`, { offline: true });
      expect(await page.$$eval('figure svg', (pictures) => pictures.length)).toBe(5);
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

const PYTHON = ['duckdb', 'pandas'].find((module) => spawnSync('python3', ['-c', `import ${module}`]).status === 0);

test.skipIf(PYTHON === undefined)('pandas or DuckDB reads the tables, with numbers as numbers', async () => {
  await made('read.csv');
  const file = join(cli.folder, 'read.csv');
  const scripts = {
    pandas: `import pandas as p; t = p.read_csv(r'${file}'); print(len(t), t['last'].dtype == 'float64', t['mean'].min() < 0.01)`,
    duckdb: `import duckdb as d; print(*d.sql("select count(*), typeof(any_value(last)) = 'DOUBLE', min(mean) < 0.01 from read_csv('${file}')").fetchone())`,
  };
  const { stdout } = spawnSync('python3', ['-c', PYTHON === 'pandas' ? scripts.pandas : scripts.duckdb], {
    encoding: 'utf8',
  });
  expect(stdout.trim()).toBe(`${rowsOf(await readFile(file, 'utf8')).length} True True`);
});

describe('ask', () => {
  test('answers from the library, with what was published', async () => {
    const { status, stdout } = await cli.run(['ask', 'KP', '2014-12']);
    expect(status).toBe(0);
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      'North Korea was unroutable 10 times, 13 h 9 min in all, in 2014-12, by 2 entries of the library',
    );
    expect(text).toContain('the longest time from 2014-12-22 16:15:12 UTC for 9 h 31 min.');
    expect(text).toContain('“all four networks are down” (Dyn Research, 22 December 2014');
  });

  test('what the library does not know is not known, and no word of routable', async () => {
    const { stdout } = await cli.run(['ask', 'KP', '2009']);
    expect(stdout).toMatch(/^It is not known here whether North Korea was routable in 2009/);
  });

  test('a quiet day that is known is said to be quiet', async () => {
    const { stdout } = await cli.run(['ask', '2022-01-27']);
    expect(stdout).toMatch(/^North Korea was not unroutable in what is known of 2022-01-27/);
  });

  test('with files it answers from their routes; of a moment with one verdict', async () => {
    const { stdout } = await cli.run(['ask', 'KP', '2014-12-22T20:00', BLACKOUT, '--quiet']);
    expect(stdout).toMatch(
      /^At 2014-12-22 20:00:00 UTC \(05:00:00 in Pyongyang, 23 Dec\), North Korea was\nunroutable\./,
    );
  });

  test('what is no time is refused with what a time is', async () => {
    const { status, stderr } = await cli.run(['ask', 'KP', 'yesterday']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('2014-12-22T16:20')]);
  });
});

describe('history', () => {
  test('tells each incident, the uptime, and what the library knows of that time', async () => {
    const { status, stdout } = await cli.run(['history', BLACKOUT, '--quiet', '--territory', 'KP']);
    expect(status).toBe(0);
    expect(stdout).toContain('\n7 incidents:\n');
    expect(stdout).toMatch(/By month, KP\/ipv4\n2014-12 {2}routable 79\.8 %/);
    expect(stdout).toMatch(/By year, KP\/ipv4\n2014 {5}routable 79\.8 %/);
    expect(stdout).toContain('The library knows 1 entry of this time: 2014-12-22.');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'all four networks are down; replayed: country.unroutable, to the second',
    );
  });

  test('as JSON it is one document', async () => {
    const { stdout } = await cli.run(['history', BLACKOUT, '--quiet', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'unroutable.history/1', reports: [{ territory: 'KP' }] });
  });
});
