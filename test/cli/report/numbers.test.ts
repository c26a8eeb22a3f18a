import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../support/cli.ts';
import { Drawing } from '../../support/drawn.ts';
import { inProcess } from '../../support/in-process.ts';

/** Two upstreams, one of which has a tenth of the routes; all go at once, and come back in two steps. */
const DAY = join(ROOT, 'incidents/2025-06-06');
const NAMES = ['visibility', 'lifelines', 'upstreams', 'messages', 'peers'] as const;
type Name = (typeof NAMES)[number];

let folder = '';
let figure = '';
const tables = new Map<Name | 'series', readonly (readonly string[])[]>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unroutable-numbers-'));
  const store = join(folder, 'kept');
  await inProcess(['replay', DAY, '--store', store, '--quiet']);
  const made = async (...args: readonly string[]): Promise<string> =>
    (await inProcess(['report', '--store', store, '--quiet', '--resolution', 'hour', '--format', ...args])).stdout;
  figure = await made('svg', ...NAMES.flatMap((name) => ['--picture', name]));
  tables.set('series', linesOf(await made('csv')));
  for (const name of NAMES) tables.set(name, linesOf(await made('csv', '--picture', name)));
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

function linesOf(csv: string): readonly (readonly string[])[] {
  return csv
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
}

/** Rows of a table, without its head. */
function rowsOf(name: Name | 'series'): readonly (readonly string[])[] {
  const [, ...rows] = tables.get(name) ?? [];
  return rows;
}

const timesOf = (name: Name): readonly string[] => rowsOf(name).map(([time = '']) => time);

/** The picture, and the shares of a height of it: `0 %` and `100 %` are its axis. */
function drawn(name: Name): Drawing {
  const peers = rowsOf('peers');
  return new Drawing(figure, name, [peers[0]?.[1] ?? '', peers.at(-1)?.[2] ?? '']);
}

function shareOf(picture: Drawing, pixels: number): number {
  const [none = 0, all = 0] = [picture.labels().get('0 %'), picture.labels().get('100 %')];
  return (none - pixels) / (none - all);
}

/** A pixel's tenth of a picture of 222 pixels. */
const NEAR = 0.0006;

test('visibility: mean and lowest value of each step', () => {
  const picture = drawn('visibility');
  const times = timesOf('visibility');
  for (const [colour, column] of [
    ['#0b57d0', 1],
    ['#a3201a', 2],
  ] as const) {
    const edge = picture.edge(`none"[^>]* stroke="${colour}`, times).map((y) => shareOf(picture, y));
    for (const [i, row] of rowsOf('visibility').entries())
      expect(Math.abs((edge[i] ?? Number.NaN) - Number(row[column])), `${row[0]} ${column}`).toBeLessThan(NEAR);
  }
});

test('lifelines: each network at each step is as dark as the share that sees it', () => {
  const picture = drawn('lifelines');
  const boxes = picture.boxes('#1e6b2b');
  const rows = [...new Set(boxes.map(({ y }) => y))].sort((a, b) => a - b);
  expect(rows).toHaveLength(4);
  const times = timesOf('lifelines');
  for (const [i, [time = '', ...shares]] of rowsOf('lifelines').entries()) {
    const middle = (picture.xOf(time) + picture.xOf(times[i + 1] ?? '2025-06-07T11:48:00Z')) / 2;
    const seen = rows.map((y) => boxes.find((box) => box.y === y && box.x < middle && box.x + box.width > middle));
    expect([time, ...seen.map((box) => String(box?.opacity))]).toEqual([time, ...shares]);
  }
});

test('upstreams: the share of each, one upon the other', () => {
  const picture = drawn('upstreams');
  const times = timesOf('upstreams');
  const edges = ['#0072b2', '#e69f00'].map((colour) => picture.edge(colour, times).map((y) => shareOf(picture, y)));
  for (const [i, [time, first, second, none]] of rowsOf('upstreams').entries()) {
    const [one = Number.NaN, both = Number.NaN] = edges.map((edge) => edge[i]);
    for (const [drawnShare, share] of [
      [one, first],
      [both - one, second],
      [1 - both, none],
    ] as const)
      expect(Math.abs(drawnShare - Number(share)), `${time}`).toBeLessThan(2 * NEAR);
  }
});

test('messages: announcements up, withdrawals down, each bar in the middle of its step', () => {
  const picture = drawn('messages');
  const labels = picture.labels();
  const [most] = [...labels.keys()]
    .map(Number)
    .filter((number) => number > 0)
    .sort((a, b) => b - a);
  const pixels = (Number(labels.get('0')) - Number(labels.get(String(most)))) / (most ?? 0);
  const times = timesOf('messages');
  const of = (colour: string, row: readonly string[], i: number): number => {
    const middle = (picture.xOf(row[0] ?? '') + picture.xOf(times[i + 1] ?? '2025-06-07T12:00:00Z')) / 2;
    const bar = picture.boxes(colour).find(({ x, width }) => Math.abs(x + width / 2 - middle) < 0.2);
    return Math.round(Math.abs(bar?.height ?? 0) / pixels);
  };
  const read = rowsOf('messages').map((row, i) => [row[0], of('#0072b2', row, i), of('#d55e00', row, i)].map(String));
  expect(read).toEqual(rowsOf('messages'));
  expect(read.some(([, up, down]) => up === '42' && down === '181')).toBe(true);
});

test('peers: a box for each stretch of time in which a peer saw as many networks, grey where nothing came from it', () => {
  const picture = drawn('peers');
  const names = [...new Set(rowsOf('peers').map(([name]) => name))];
  const heights = [...new Set(picture.boxes('#1e6b2b').map(({ y }) => y))].sort((a, b) => a - b);
  for (const colour of ['#1e6b2b', '#b4bac2']) {
    const boxes = picture.boxes(colour);
    const rows = rowsOf('peers').filter((row) => (row[3] === '') === (colour === '#b4bac2'));
    expect([boxes.length, rows.length > 0]).toEqual([rows.length, true]);
    for (const [i, [name = '', from = '', until = '', seen]] of rows.entries()) {
      const { x = 0, y = 0, width = 0, opacity = 0 } = boxes[i] ?? {};
      expect(names[heights.indexOf(y)]).toBe(name);
      if (seen !== '') expect(opacity * 4, `${name} ${from}`).toBe(Number(seen));
      expect(Math.abs(x - picture.xOf(from))).toBeLessThan(0.1);
      expect(Math.abs(width - Math.max(0.7, picture.xOf(until) - picture.xOf(from)))).toBeLessThan(0.2);
    }
  }
});

test('the numbers of a picture are those of the table of the series', () => {
  const [head = []] = tables.get('series') ?? [];
  const column = (name: string): number => head.indexOf(name);
  const of = (network: string) =>
    rowsOf('series').filter((row) => row[column('network')] === network && row[column('collector')] === '');
  expect(rowsOf('visibility').map((row) => row.slice(0, 3))).toEqual(
    of('').map((row) => ['time', 'mean', 'lowest'].map((name) => row[column(name)])),
  );
  const [, ...networks] = tables.get('lifelines')?.[0] ?? [];
  for (const [i, network] of networks.entries())
    expect(rowsOf('lifelines').map((row) => row[i + 1])).toEqual(of(network).map((row) => row[column('lowest')]));
});

const HAS_OFFICE = spawnSync('soffice', ['--version']).status === 0;

test.runIf(HAS_OFFICE)(
  'LibreOffice reads the table: rows, numbers as numbers, what is not known as an empty cell',
  async () => {
    const series = join(folder, 'series.csv');
    await writeFile(series, `${(tables.get('series') ?? []).map((row) => row.join(',')).join('\r\n')}\r\n`);
    const out = join(folder, 'office');
    const { stderr, status } = spawnSync(
      'soffice',
      ['--headless', `-env:UserInstallation=file://${out}-profile`, '--convert-to', 'fods', '--outdir', out, series],
      { encoding: 'utf8' },
    );
    expect([status, stderr.includes('Error')]).toEqual([0, false]);
    const sheet = await readFile(join(out, 'series.fods'), 'utf8');
    // Cells of one value one after the other are written once.
    const cells = [
      ...sheet.matchAll(/<table:table-cell (?:table:number-columns-repeated="(\d+)" )?office:value-type="float"/g),
    ];
    const numbers = cells.reduce((sum, [, times = '1']) => sum + Number(times), 0);
    const wanted = (tables.get('series') ?? []).flat().filter((cell) => /^[\d.]+$/.test(cell)).length;
    expect(numbers).toBe(wanted);
  },
  120_000,
);
