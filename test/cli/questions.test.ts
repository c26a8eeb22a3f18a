import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ArchiveServer } from '../support/archive-server.ts';
import { ROOT } from '../support/cli.ts';
import { inProcess } from '../support/in-process.ts';

/** Two outages in one night. */
const NIGHT = join(ROOT, 'incidents/2022-11-17');
let folder = '';
let store = '';
let env: Record<string, string> = {};
const server = new ArchiveServer();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unroutable-questions-'));
  store = join(folder, 'kept');
  server.files.set('rrc00/2022.11/bview.20221117.0000.gz', new Uint8Array(9));
  const url = await server.listen();
  env = { HOME: folder, UNROUTABLE_RIS_ARCHIVE: url, UNROUTABLE_ROUTEVIEWS_ARCHIVE: url };
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'page.gz'), '<!DOCTYPE html><title>We will be back</title>');
  expect((await inProcess(['replay', NIGHT, '--store', store, '--quiet'], env)).status).toBe(0);
}, 60_000);
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** A command line, in which `$` is the folder of this test. */
const ask = (line: string) =>
  inProcess(
    line.split(' ').map((word) => word.replace('$', folder).replace('NIGHT', NIGHT)),
    env,
  );

describe('an odd question is answered with what to do, and nothing on stdout', () => {
  test.each([
    ['ask Nort Korea 2014-12', 2, /Nort Korea: there is no such territory, did you mean North Korea\?/],
    ['ask KQ 2014-12', 2, /KQ: there is no such territory, did you mean KP\?/],
    ['ask KP', 2, /name a time after the territory: a year, a month/],
    ['ask KP 2014-13', 2, /2014-13: this is not a time/],
    ['ask KP 31.12.2014', 2, /31\.12\.2014: this is not a time/],
    ['ask KP 2014-12 $/empty', 4, /no file was found in the folders named/],
    ['report NIGHT --family ipv6 -q', 2, /no such territory and family; recorded: KP\/ipv4/],
    ['report NIGHT --since 2022-11-18 --until 2022-11-17 -q', 2, /--since must be before --until/],
    [
      'report NIGHT --since 2030-01-01 -q',
      2,
      /nothing is recorded from 2030-01-01 00:00:00 UTC on: the record ends at/,
    ],
    ['report NIGHT --until 2010-01-01 -q', 4, /no file covers the time asked for/],
    ['report $/empty -q', 4, /no file was found in the folders named/],
    ['report $/page.gz -q', 4, /looks like a web page/],
    ['report NIGHT -o $/x.jpg', 2, /no report ends like this; use \.html/],
    ['report NIGHT -o $/x', 2, /no report ends like this/],
    ['report NIGHT -o $/nowhere/x.png', 4, /there is no folder .*nowhere/],
    ['report NIGHT -o $/empty --format png', 4, /it is a folder/],
    ['replay NIGHT -o $/nowhere/x.csv', 4, /there is no folder .*nowhere/],
    ['report NIGHT --picture lifeline -o $/x.png', 2, /It must be one of visibility, lifelines/],
    ['report NIGHT --picture peers --format json', 2, /--picture: json has no pictures; use html, svg or png, or csv/],
    ['report NIGHT --picture peers', 2, /--picture: md has no pictures/],
    ['report NIGHT --table spans --format html', 2, /--table: html has no tables; use csv or parquet/],
    ['report NIGHT --picture peers --picture messages -o $/x.csv', 2, /one csv has one table/],
    ['report NIGHT --picture peers --table spans -o $/x.csv', 2, /choose one of --table, --picture and --incident/],
    ['report NIGHT --incident all -o $/x.png', 2, /--incident: a card is md, html or json, not png/],
    ['fetch --from 2022-11-17 --until 2022-11-17 -q', 2, /a day ends with the first moment of the next one/],
    ['fetch --from 2022-11-18 --until 2022-11-17 -q', 2, /--from must be before --until/],
    ['fetch --from 2022-11-31 --until 2022-12-02 -q', 2, /It must be a time in UTC such as/],
    ['fetch --from 2100-01-01 --until 2100-01-02 --collectors rrc00 -q', 2, /--from .* is in the future/],
    ['fetch --from 2021-01-01 --until 2021-01-02 --collectors rrc00 -q', 4, /the archives have no file in this window/],
    ['events --follow --until 2022-11-17', 2, /--follow goes on until stopped: choose one/],
    ['watch --record -', 2, /It must be the name of a file/],
    ['fetch https://example.org/x.gz --cache -', 2, /It must be the name of a file/],
    ['fetch --from 2022-11-17 --until 2022-11-18 --collectors rrc0 -q', 4, /rrc0: .* did you mean rrc00\?/],
    ['fetch --from 2022-11-17 --until 2022-11-18 --collectors route-view.sg -q', 4, /did you mean route-views\.sg\?/],
    ['incidents shwo 2014-12-22', 2, /incidents shwo: there is no such command, did you mean show\?/],
    ['incidents 2014-12-22', 2, /`unroutable incidents show 2014-12-22` prints the card/],
    ['incidents show 2014-12-2', 2, /did you mean 2014-12-22\? \(`unroutable incidents` lists all/],
    ['events --store $/kept --from 2022-11-18 --until 2022-11-17', 2, /--from must be before --until/],
    ['events --store $/kept --since 2022-11-18 --until 2022-11-17', 2, /--since must be before --until/],
    ['events --store $/kept --from 2022-11-17 --since 2022-11-17', 2, /name one begin/],
    ['events --store $/kept --chart --format csv', 2, /--chart is part of the text/],
    ['report --store $/kept --from 2022-11-17 --until 2022-11-18', 2, /--from fetches from the archives/],
  ])('%s', async (line, status, words) => {
    const ran = await ask(line);
    expect(ran.stderr).toMatch(words);
    expect([ran.status, ran.stdout]).toEqual([status, '']);
  });

  test('a file name extension may be in capitals', async () => {
    const { status } = await ask('report --store $/kept -o $/NIGHT.CSV'.replace('NIGHT', 'night'));
    expect([status, (await readdir(folder)).includes('night.CSV')]).toEqual([0, true]);
  });
});

describe('ask', () => {
  test('takes a territory by its name, in small letters, too', async () => {
    for (const name of ['KP', 'kp', 'North Korea', 'north korea'])
      expect((await ask(`ask ${name} 2014-12-22T17:00`)).stdout).toMatch(
        /^At 2014-12-22 17:00:00 UTC North Korea was unroutable/,
      );
    expect((await ask('ask Syria 2013-05')).stdout).toContain('none of them is reconstructed');
  });

  test('from the library says what was assumed, beside what was published', async () => {
    const text = (await ask('ask KP 2022-11-17')).stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('reconstructed from published times, and from assumed ones where none is published');
    expect(text).toMatch(/assumed: /);
  });
});

describe('cards of incidents', () => {
  const parsed = async (line: string) =>
    (JSON.parse((await ask(line)).stdout) as { cards: { name: string; durations: string[]; label: string }[] }).cards;

  test('of a store are those of the files, as Markdown, HTML and JSON; one is chosen by its id', async () => {
    const cards = await parsed('report --store $/kept --incident all --format json');
    expect(cards).toEqual(await parsed('report NIGHT --quiet --incident all --format json'));
    expect(cards.map(({ durations }) => durations[0])).toEqual([
      expect.stringMatching(/^degraded from 2022-11-17 02:28:04 UTC/),
      expect.stringMatching(/^unroutable from 2022-11-17 04:12:52 UTC to 2022-11-17 04:58:15 UTC: 45 min 23 s$/),
    ]);
    expect(cards[0]?.label).toContain('not archive data');
    const [, second = { name: '' }] = cards;
    const html = (await ask(`report --store $/kept --incident ${second.name} --format html`)).stdout;
    expect(html.match(/<article>/g)).toHaveLength(1);
    expect(html).toContain('unroutable from 2022-11-17 04:12:52 UTC');
    const text = await ask('report --store $/kept --incident all');
    expect(text.stdout).toBe((await ask('replay NIGHT --quiet --format md')).stdout);
  });

  test('that are not there are reported as missing, with those that are there', async () => {
    const ran = await ask('report --store $/kept --incident f02ef9d8bfc0c849');
    expect([ran.status, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toMatch(/there is no such incident in this time \([0-9a-f]{16}, [0-9a-f]{16}\)/);
    const none = await ask('report --store $/kept --until 2022-11-17 --incident all');
    expect([none.status, none.stdout]).toEqual([0, 'No incident was found.\n']);
  });
});

describe('events of a store, by time', () => {
  test('--from and --until choose by when it was decided, as text and as CSV', async () => {
    const all = (await ask('events --store $/kept --format csv')).stdout.trimEnd().split('\r\n');
    const [head, ...rows] = (
      await ask('events --store $/kept --from 2022-11-17T03:00 --until 2022-11-17T04:00 --format csv')
    ).stdout
      .trimEnd()
      .split('\r\n');
    expect(head).toBe(all[0]);
    const column = (head ?? '').split(',').indexOf('time');
    const within = (row: string): boolean => (row.split(',')[column] ?? '').startsWith('2022-11-17T03:');
    expect(rows).toEqual(all.slice(1).filter(within));
    expect([rows.length > 0, rows.length < all.length - 1]).toEqual([true, true]);
  });

  test('--chart draws what was seen, as a replay of the same files does', async () => {
    const span = '2022-11-17T02:00';
    const stored = await ask(`events --store $/kept --from ${span} --until 2022-11-17T05:25 --chart --format text`);
    const replayed = await ask(`replay NIGHT --since ${span} --until 2022-11-17T05:25 --format text --quiet`);
    const chart = (text: string): string => /^North Korea, IPv4\n[^]*?not known$/m.exec(text)?.[0] ?? 'no chart';
    expect(stored.status).toBe(0);
    expect(chart(stored.stdout)).toContain('175.45.176.0/24');
    expect(chart(stored.stdout)).toBe(chart(replayed.stdout));
  });
});
