import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import axe from 'axe-core';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, opened, startBrowser } from '../../page/browser.ts';
import { BLACKOUT, buildCli, ROOT, type BuiltCli } from '../../support/cli.ts';
import { commandHere, type CommandHere } from '../../support/in-process.ts';

const DAY = join(ROOT, 'incidents/2025-06-06');
let cli: CommandHere;
/** The command in processes of its own, for texts that are compared: the numbering of parts of a picture goes on within a process. */
let apart: BuiltCli;
/** A store with the day: a report of it takes a third of the time of one that reads the files again. */
let store = '';

beforeAll(async () => {
  [cli, apart] = await Promise.all([commandHere(), buildCli()]);
  store = join(cli.folder, 'kept');
  await cli.run(['replay', DAY, '--store', store, '--quiet']);
});
afterAll(() => Promise.all([cli.remove(), apart.remove()]));

/** One picture of the day: pixels take most of the time of a PNG. */
const SMALL = ['--resolution', 'hour', '--picture', 'messages'];

/** Makes a report of the day from the store, and gives its bytes. A name is made once. */
async function made(name: string, ...args: readonly string[]): Promise<Buffer> {
  const out = join(cli.folder, name);
  if (!existsSync(out)) {
    const { run } = /^(?:golden|one|two)\.(?:svg|html)$/.test(name) ? apart : cli;
    const { status, stderr } = await run(['report', '--store', store, '--quiet', '--out', out, ...args]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  }
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
  test('the answer comes first in every form that people read', async () => {
    const answer = 'North Korea was unroutable once between 2025-06-06 08:00:00 UTC and 2025-06-07';
    expect((await made('one.md')).toString()).toMatch(new RegExp(`^# .*\\(reconstructed\\)\n\n\\*\\*${answer}`));
    expect((await made('one.html')).toString()).toContain(`<p class="answer">${answer}`);
    expect((await made('golden.svg', '--resolution', 'hour')).toString()).toContain(`<title>${answer}`);
  });

  test('what is reconstructed says so in every picture and document', async () => {
    for (const name of ['one.md', 'one.html', 'golden.svg'])
      expect((await made(name)).toString()).toContain('This is not archive data.');
  });

  test('a picture is the same as the reviewed one, to the byte', async () => {
    const svg = await made('golden.svg', '--resolution', 'hour');
    await expect(svg.toString()).toMatchFileSnapshot('report.golden.svg');
  });

  test('the same input gives the same bytes, in every form', async () => {
    for (const [ending, ...args] of [['html'], ['png', ...SMALL], ['json'], ['parquet']])
      expect(hashOf(await made(`two.${ending}`, ...args))).toBe(hashOf(await made(`one.${ending}`, ...args)));
  }, 120_000);

  test('a PNG is twice the size of its SVG, light or dark', async () => {
    const svg = (await made('small.svg', ...SMALL)).toString();
    const [, width, height] = /^<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
    const light = await made('one.png', ...SMALL);
    const dark = await made('dark.png', ...SMALL, '--theme', 'dark');
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

  test('the pictures of one figure have the same time axis', async () => {
    const range = ['--since', '2025-06-06T17:25', '--until', '2025-06-06T17:40'];
    const svg = (
      await made('axes.svg', ...range, '--picture', 'visibility', '--picture', 'messages', '--picture', 'upstreams')
    ).toString();
    const places = [...svg.matchAll(/translate\((\d+(?:\.\d+)?) [^>]*>(17:\d\d)</g)].map(
      ([, x, time]) => `${time} at ${x}`,
    );
    expect(places.length / new Set(places).size).toBe(3);
  });

  test('time in which nothing could be seen is empty in the table and grey in words, and no outage', async () => {
    const args = ['report', '--quiet', '--store', join(cli.folder, 'blind')];
    await cli.run(['replay', DAY, '--quiet', '--min-voters', '100', '--store', join(cli.folder, 'blind')]);
    const { stdout } = await cli.run([...args, '--format', 'csv']);
    expect(
      rowsOf(stdout).filter(({ network = '', collector = '', last = '' }) => network + collector + last !== ''),
    ).toEqual(rowsOf(stdout).filter(({ collector }) => collector !== ''));
    const { stdout: text } = await cli.run([...args, '--format', 'md']);
    expect(text).toContain('It is not known whether North Korea was routable');
    expect(text).not.toContain('was unroutable');
  });

  test('an unknown file extension is refused before anything is read', async () => {
    const { status, stderr } = await cli.run(['report', DAY, '--out', join(cli.folder, 'x.gif')]);
    expect(status).toBe(2);
    expect(stderr).toContain('.svg, .png');
    expect(existsSync(join(cli.folder, 'x.gif'))).toBe(false);
    const replayed = await cli.run(['replay', DAY, '--out', join(cli.folder, 'kp.svg')]);
    expect([replayed.status, replayed.stderr]).toEqual([2, expect.stringContaining('report')]);
  });

  test.each([
    [['report', '--store', 'STORE', '--quiet'], '# North Korea'],
    [['replay', DAY, '--quiet'], '{"specversion"'],
    [['store', 'export', '--store', 'STORE'], '{"unroutable":"export"'],
  ])('of %s to `-` is stdout, and no file of this name', async (args, begin) => {
    const ran = await cli.run([...args.map((arg) => (arg === 'STORE' ? store : arg)), '-o', '-']);
    expect([ran.status, ran.stdout.slice(0, begin.length)]).toEqual([0, begin]);
    expect(existsSync(join(cli.folder, '-'))).toBe(false);
  });

  test('without the font of the package says so, and nothing of the store', async () => {
    const whole = await mkdtemp(join(tmpdir(), 'unroutable-font-'));
    await cp(dirname(apart.main), join(whole, 'dist/cli'), { recursive: true });
    await cp(join(ROOT, 'package.json'), join(whole, 'package.json'));
    for (const shared of ['node_modules', 'incidents', 'bgpkit-parser-wasm'])
      await symlink(join(ROOT, shared), join(whole, shared));
    const main = join(whole, 'dist/cli/main.js');
    const ran = spawnSync(process.execPath, [main, 'report', '--store', store, '-o', 'x.png', ...SMALL], {
      cwd: whole,
      encoding: 'utf8',
    });
    await rm(whole, { recursive: true });
    expect([ran.status, ran.stderr]).toEqual([4, expect.stringMatching(/DejaVuSans\.ttf: there is no such file/)]);
    expect(ran.stderr).not.toContain(store);
  });

  test('of a store it is the same as of the files', async () => {
    const out = join(cli.folder, 'files.csv');
    expect((await cli.run(['report', DAY, '--quiet', '--out', out])).status).toBe(0);
    expect(await readFile(out, 'utf8')).toBe((await made('series.csv')).toString());
  });

  test('a begin after the end, or files beside a store, are faults of the question', async () => {
    const late = ['report', DAY, '--since', '2025-06-07T00:00', '--until', '2025-06-06T00:00'];
    expect((await cli.run(late)).status).toBe(2);
    const both = await cli.run(['report', DAY, '--store', store]);
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('--store')]);
  });
});

describe.skipIf(CHROMIUM === undefined)('the HTML of a report', () => {
  test('and of cards opens without a network, complains of nothing, and has no fault of accessibility', async () => {
    await made('one.html');
    const browser = await startBrowser();
    try {
      const { page, complaints } = await opened(browser, `file://${join(cli.folder, 'one.html')}`, { offline: true });
      expect(await page.$$eval('figure svg', (pictures) => pictures.length)).toBe(5);
      expect(await faultsOf(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await made('cards.html', '--incident', 'all');
      const cards = await opened(browser, `file://${join(cli.folder, 'cards.html')}`, { offline: true });
      expect(await cards.page.$$eval('article', (all) => all.length)).toBe(1);
      expect([await faultsOf(cards.page), cards.complaints]).toEqual([[], []]);
    } finally {
      await browser.close();
    }
  });
});

/** What axe-core finds wrong with a page. */
async function faultsOf(page: Awaited<ReturnType<typeof opened>>['page']): Promise<readonly unknown[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
  return violations.map(({ id, nodes }) => [id, nodes[0]?.html]);
}

test('AS names of a file or a URL come after the numbers; a URL is fetched once a week, and its copy is used if that fails', async () => {
  const list = '4837 CHINA169-BACKBONE China Unicom, CN\nAS20485,"TransTeleCom, Moscow",Transit,RU\nno name\n';
  const file = join(cli.folder, 'names.txt');
  await writeFile(file, list);
  const text = (await made('named.md', '--as-names', file)).toString();
  expect(text).toContain('Routes over AS4837 CHINA169-BACKBONE China Unicom, CN, AS20485 TransTeleCom, Moscow at');
  expect(text).toContain('Upstreams lost: AS20485 (TransTeleCom, Moscow) 17:32:05, AS4837 (CHINA169');

  let asked = 0;
  const server = createServer((_, response) => response.writeHead(asked++ === 0 ? 200 : 404).end(list));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/asn.txt`;
  const ask = (cache: string, ...more: readonly string[]) =>
    cli.run(['report', '--store', store, '--as-names', url, '--cache', join(cli.folder, cache), ...more]);
  try {
    for (const more of [[], ['--offline']]) {
      const { stdout, stderr } = await ask('names', ...more);
      expect([stdout.includes('AS4837 CHINA169'), stderr, asked]).toEqual([true, '', 1]);
    }
    const [copy = ''] = await readdir(join(cli.folder, 'names/as-names'));
    await utimes(join(cli.folder, 'names/as-names', copy), 0, 0);
    const old = await ask('names');
    expect(old.stdout).toContain('AS4837 CHINA169');
    expect(old.stderr).toContain('HTTP 404; the copy of 1970-01-01 is used');
    const none = await ask('none');
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('HTTP 404')]);
  } finally {
    server.close();
  }
});

test('Parquet has the rows and columns of the CSV, with times, numbers and nulls as such', async () => {
  for (const table of ['series', 'incidents', 'spans', 'events']) {
    const args = table === 'series' ? [] : ['--table', table];
    const csv = rowsOf((await made(`${table}.csv`, ...args)).toString());
    const bytes = await made(`${table}.parquet`, ...args);
    const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
    expect(rows.map(textOfRow)).toEqual(csv);
  }
});

/** A row as the CSV has it. */
function textOfRow(row: Record<string, unknown>): Record<string, string> {
  const text = (value: unknown): string => (value instanceof Date ? value.toISOString() : `${value as bigint}`);
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? '' : text(value)]));
}

const MODULES = ['duckdb', 'pandas'].filter((module) => spawnSync('python3', ['-c', `import ${module}`]).status === 0);
if (MODULES.length === 0)
  process.stderr.write(
    'test/cli/report/report.test.ts: neither DuckDB nor pandas here (pip install duckdb): they do not read the tables\n',
  );

test('times in Parquet are moments in UTC, which a reader in another time zone does not take for its own', async () => {
  const bytes = await made('series.parquet');
  const { schema } = parquetMetadata(new Uint8Array(bytes).buffer);
  expect(schema.find(({ name }) => name === 'time')?.logical_type).toEqual({
    type: 'TIMESTAMP',
    isAdjustedToUTC: true,
    unit: 'MILLIS',
  });
});

test.runIf(MODULES.length > 0)('pandas and DuckDB read the tables, with numbers as numbers', async () => {
  const csv = join(cli.folder, 'series.csv');
  const parquet = join(cli.folder, 'series.parquet');
  const rows = rowsOf((await made('series.csv')).toString()).length;
  await made('series.parquet');
  const duck = (file: string): string =>
    `print(*d.sql("select count(*), typeof(any_value(last)), min(mean) < 0.01, typeof(any_value(time)) = 'TIMESTAMP WITH TIME ZONE' from '${file}'").fetchall()[0])`;
  const scripts: Readonly<Record<string, readonly [script: string, said: string]>> = {
    pandas: [
      `import pandas as p; t = p.read_csv(r'${csv}'); print(len(t), t['last'].dtype, t['mean'].min() < 0.01)`,
      `${rows} float64 True`,
    ],
    duckdb: [
      `import duckdb as d; ${duck(csv)}; ${duck(parquet)}`,
      `${rows} DOUBLE True True\n${rows} DOUBLE True True`,
    ],
  };
  for (const module of MODULES) {
    const [script = '', said = ''] = scripts[module] ?? [];
    const { stdout, stderr } = spawnSync('python3', ['-c', script], { encoding: 'utf8' });
    expect([stderr, stdout.trim()]).toEqual(['', said]);
  }
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

  test('of one family says so; an outage that goes on is shown as going on', async () => {
    const { stdout } = await cli.run(['ask', 'Iran', '2026-01']);
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toMatch(/^Iran over IPv6 was unroutable once, /);
    expect(text).toContain('for 18 h 10 min, and still was at the end. Over IPv4 it stayed routable.');
    const { stdout: day } = await cli.run(['ask', 'KP', '2014-12-22']);
    expect(day.replaceAll(/\s+/g, ' ')).toContain('for 7 h 44 min, and still was at the end.');
  });

  test('an invented day is not evidence', async () => {
    const { stdout } = await cli.run(['ask', 'KP', '2018']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /^It is not known here whether North Korea was routable in 2018: .* only an invented day/,
    );
  });

  test('what the library does not know is shown as not known, and never as routable', async () => {
    const { stdout } = await cli.run(['ask', 'KP', '2009']);
    expect(stdout).toMatch(/^It is not known here whether North Korea was routable in 2009/);
  });

  test('a known quiet day is called quiet', async () => {
    const { stdout } = await cli.run(['ask', '2022-01-27']);
    expect(stdout).toMatch(/^North Korea was not unroutable in what is known of 2022-01-27/);
  });

  test('with files or a store it answers from routes; of a moment with one verdict', async () => {
    for (const place of [[DAY], ['--store', store]]) {
      const { stdout } = await cli.run(['ask', 'KP', '2025-06-06T20:00', ...place, '--quiet']);
      expect(stdout).toMatch(
        /^At 2025-06-06 20:00:00 UTC \(05:00:00 in Pyongyang, 7 Jun\), North Korea was\nunroutable\./,
      );
    }
  });

  test('an invalid time is refused with an explanation of valid ones', async () => {
    const { status, stderr } = await cli.run(['ask', 'KP', 'yesterday']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('2014-12-22T16:20')]);
  });
});

describe('history', () => {
  test('lists each incident, the uptime, and what the library knows of that time', async () => {
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
    const { stdout } = await cli.run(['history', '--store', store, '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'unroutable.history/1', reports: [{ territory: 'KP' }] });
  });
});
