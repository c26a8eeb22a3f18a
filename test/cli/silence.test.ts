import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BLACKOUT, mrtFilesIn, TWO_WAVES } from '../support/cli.ts';
import { commandHere, type CommandHere } from '../support/in-process.ts';

/** A reader of the output alone must not take silence for "nothing happened". */
let cli: CommandHere;
beforeAll(async () => {
  cli = await commandHere();
  expect((await cli.run(['replay', BLACKOUT, '--quiet', '--store', 'kept', '--out', 'all.ndjson'])).status).toBe(0);
});
afterAll(() => cli.remove());

describe('a replay into a file', () => {
  test.each(['few.csv', 'few.ndjson'])('%s with too few voters says why, and what to do, on stderr', async (out) => {
    const updates = (await mrtFilesIn(TWO_WAVES)).find((path) => path.includes('updates'));
    const { status, stderr } = await cli.run(['replay', updates ?? '', '--quiet', '--min-voters', '500', '--out', out]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/North Korea: \d+ networks? that reports? to RIS, \d+ are needed for a verdict/);
    expect(stderr).toContain('Give a table dump (bview, rib) from before the time in question');
  });

  test('names a territory without any record', async () => {
    const territory = '{id: YT, name: YouTube, blocks: [208.65.152.0/22], origins: [36561]}';
    await writeFile(join(cli.folder, 'watch.yaml'), `territories: [${territory}]\n`);
    const wanted = ['--territories', 'watch.yaml', '--out', 'unseen.ndjson'];
    const { stderr } = await cli.run(['replay', TWO_WAVES, '--quiet', ...wanted]);
    expect(stderr).toContain('YouTube: ');
  });

  test.each(['csv', 'ndjson', 'json'])(
    'has a country.unknown of a territory that was never seen, as %s',
    async (ending) => {
      const yt = '{id: YT, name: YouTube, blocks: [208.65.152.0/22], origins: [36561]}';
      const kp = '{id: KP, name: North Korea, blocks: [175.45.176.0/22], origins: [131279]}';
      await writeFile(join(cli.folder, 'both.yaml'), `territories: [${yt}, ${kp}]\n`);
      const out = `both.${ending}`;
      const replay = ['replay', TWO_WAVES, '--quiet', '--territories', 'both.yaml', '--out', out];
      expect((await cli.run(replay)).status).toBe(0);
      const lines = (await readFile(join(cli.folder, out), 'utf8')).split('\n');
      const isUnseen = (line: string) => /country\.unknown/.test(line) && /"?YT\/ipv4/.test(line);
      if (ending === 'json') {
        const { events } = JSON.parse(lines.join('\n')) as { events: readonly { type: string; subject: string }[] };
        expect(events.filter(({ subject }) => subject === 'YT/ipv4').map(({ type }) => type)).toEqual([
          'country.unknown',
        ]);
      } else expect(lines.filter((line) => line.includes('YT/ipv4')).map(isUnseen)).toEqual([true]);
      expect(lines.some((line) => line.includes('country.unknown') && line.includes('KP/ipv4'))).toBe(false);
    },
  );

  test('says why in the row of a territory that too few voters see', async () => {
    const replay = ['replay', TWO_WAVES, '--quiet', '--min-voters', '500', '--out', 'why.csv'];
    expect((await cli.run(replay)).status).toBe(0);
    const [header = '', ...rows] = (await readFile(join(cli.folder, 'why.csv'), 'utf8')).trim().split('\r\n');
    const column = (row: string, name: string) => row.split(',')[header.split(',').indexOf(name)];
    const names = ['type', 'subject', 'verdict', 'reason', 'share'];
    expect(rows.map((row) => names.map((name) => column(row, name)))).toEqual([
      ['country.unknown', 'KP/ipv4', 'unknown', 'too-few-voters', ''],
    ]);
  });

  test('prints the same of a recording as its watch did', async () => {
    await writeFile(join(cli.folder, 'one.tape'), 'S|1419264900.042|rrc00|64513|198.51.100.1|up\n');
    const { stdout, stderr } = await cli.run(['replay', 'one.tape', '--quiet']);
    expect(stdout).toBe('');
    expect(stderr).toContain('this tool cannot judge North Korea');
  });

  test('says that --since is after all that was read', async () => {
    const { stderr } = await cli.run(['replay', TWO_WAVES, '--quiet', '--since', '2023-01-01', '--out', 'late.csv']);
    expect(stderr).toContain('--since 2023-01-01 00:00:00 UTC is after the last record, 2022-11-');
  });

  test('says on its second run in the same store who prints what was decided before', async () => {
    const { stderr } = await cli.run(['replay', BLACKOUT, '--quiet', '--store', 'kept', '--out', 'again.csv']);
    expect(stderr).toMatch(/goes on after .*; `unroutable events` prints what was decided before/);
  });

  test.each(['chart.svg', 'out.tsv', 'out.csv.gz'])('%s is refused: no format ends so', async (out) => {
    const { status, stderr } = await cli.run(['replay', TWO_WAVES, '--quiet', '--out', out]);
    expect(status).toBe(2);
    expect(stderr).toContain(`--out ${out}: no format ends in`);
    expect(existsSync(join(cli.folder, out))).toBe(false);
  });

  test('knows its ending in capitals, too', async () => {
    expect((await cli.run(['replay', TWO_WAVES, '--quiet', '--out', 'OUT.CSV'])).status).toBe(0);
    expect(await readFile(join(cli.folder, 'OUT.CSV'), 'utf8')).toMatch(/^time,type,/);
  });
});

describe('a store that is not there', () => {
  test.each([
    ['status', ['status', '--store', 'nowhere']],
    ['events', ['events', '--store', 'nowhere']],
    ['store check', ['store', 'check', '--store', 'nowhere']],
    ['webhook list', ['webhook', 'list', '--store', 'nowhere']],
    ['webhook deliveries', ['webhook', 'deliveries', 'desk', '--store', 'nowhere']],
    ['drill', ['drill', '--store', 'nowhere']],
    ['store export', ['store', 'export', '--store', 'kept', '--name', 'typo', '--out', 'backup']],
  ])('is named by %s, and is not made: status 69', async (_what, args) => {
    const { status, stdout, stderr } = await cli.run(args);
    expect({ status, stdout }).toEqual({ status: 69, stdout: '' });
    expect(stderr).toContain('nothing is stored there; check --store and --name');
    expect(['nowhere', 'kept/typo', 'backup'].filter((path) => existsSync(join(cli.folder, path)))).toEqual([]);
  });
});

test('UNROUTABLE_NAME chooses the watch that is looked into', async () => {
  const run = (args: readonly string[]) => cli.run(args, { UNROUTABLE_STORE: 'kept', UNROUTABLE_NAME: 'other' });
  expect((await run(['status'])).stderr).toContain('kept/other: nothing is stored there');
  const add = ['webhook', 'add', 'desk', 'https://192.0.2.1/', '--allow', '192.0.2.0/24'];
  expect((await run(add)).status).toBe(0);
  expect((await run(['status'])).stdout).toContain('other in folder kept/other');
});

describe('webhook add', () => {
  test('refuses a territory that this watch does not watch, and names those it does: status 2', async () => {
    const added = await cli.run(['webhook', 'add', 'x', 'https://x.invalid/', '--territory', 'KPP', '--store', 'kept']);
    expect(added.status).toBe(2);
    expect(added.stderr).toContain('--territory KPP: it is not watched in KP of folder kept/KP, did you mean KP?');
  });

  test('says that no watch is running there', async () => {
    const added = await cli.run(['webhook', 'add', 'x', 'https://x.invalid/', '--territory', 'kp', '--store', 'kept']);
    expect(added.status).toBe(0);
    expect(added.stdout).toContain(
      'none runs on this store: start `unroutable watch` with the same --store and --name',
    );
  });
});

describe('events', () => {
  test('says why it prints none', async () => {
    const none = await cli.run(['events', '--store', 'kept', '--since', '2030-01-01']);
    expect(none).toMatchObject({ status: 0, stdout: '' });
    expect(none.stderr).toMatch(/none of \d+ events is of the time, types and territories asked for/);
  });

  test('refuses a type that no event has: status 2', async () => {
    const { status, stderr } = await cli.run(['events', '--store', 'kept', '--type', 'country.unroutabel']);
    expect(status).toBe(2);
    expect(stderr).toContain('--type country.unroutabel: no event has this type, did you mean country.unroutable?');
  });

  test('takes a time for --since', async () => {
    const { stdout } = await cli.run(['events', '--store', 'kept', '--since', '2014-12-23']);
    const times = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { time: string }).time);
    expect(times.length).toBeGreaterThan(5);
    expect(times.filter((time) => time < '2014-12-23')).toEqual([]);
  });
});

describe('help', () => {
  test('`help` and `help replay` print what --help prints', async () => {
    expect((await cli.run(['help'])).stdout).toBe((await cli.run(['--help'])).stdout);
    expect((await cli.run(['help', 'replay'])).stdout).toBe((await cli.run(['replay', '--help'])).stdout);
  });

  test('a fault of a command points to the help of that command', async () => {
    expect((await cli.run(['store', 'export', '--outt', 'x'])).stderr).toContain("'unroutable store export --help'");
  });

  test('prints choices once, and no option in a group of other things', async () => {
    const { stdout } = await cli.run(['events', '--help']);
    expect(stdout).not.toContain('choices');
    const [, kept = ''] = stdout.split('Store:');
    expect(kept.split('\n\n')[0]).not.toMatch(/--(?:since|type|follow|format)/);
  });
});
