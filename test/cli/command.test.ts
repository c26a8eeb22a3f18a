import { watch } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCli, ended, ROOT, type BuiltCli } from '../support/cli.ts';

const BLACKOUT = join(ROOT, 'incidents/2014-12-22');

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

/** Writes a file into the folder in which the command runs. */
async function given(name: string, text: string): Promise<string> {
  await writeFile(join(cli.folder, name), text);
  return name;
}

describe('help', () => {
  test('shows examples and the exit statuses, and asks nothing of the program but its words', async () => {
    const coverage = join(cli.folder, 'loaded');
    const { status, stdout, stderr } = await cli.run(['--help'], { NODE_V8_COVERAGE: coverage });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('unroutable demo');
    expect(stdout).toMatch(/78 +mend the territories file/);

    const loaded = await scriptsLoaded(coverage);
    expect(loaded.some((url) => url.includes('/commander/'))).toBe(true);
    for (const heavy of ['/zod/', '/yaml/', '/ip-num/', '/streams/', 'src/engine']) {
      expect(loaded.filter((url) => url.includes(heavy))).toEqual([]);
    }
  });

  test('of replay names every setting with its default', async () => {
    const { stdout } = await cli.run(['replay', '--help']);
    expect(stdout).toMatch(/--unroutable-hold <duration> .*\(default: 30s\)/);
    expect(stdout).toMatch(/--min-voters <count> .*\(default:\s+10\)/s);
    expect(stdout).toContain('--full-feed-share <share>');
  });

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await cli.run(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('replay for programs', () => {
  test('writes one CloudEvent a line, counted without a hole, and nothing else on stdout', async () => {
    const { status, stdout } = await cli.run(['replay', BLACKOUT, '--quiet']);
    expect(status).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.length).toBeGreaterThan(20);
    const last = new Map<unknown, unknown>();
    for (const { specversion, source, previousid, id } of events) {
      expect(specversion).toBe('1.0');
      expect(previousid).toBe(last.get(source));
      last.set(source, id);
    }
  });

  test('gives the same bytes in every format, with threads or without, from folder or files', async () => {
    const files = await filesOf(BLACKOUT);
    for (const format of ['ndjson', 'json', 'csv']) {
      const one = await cli.run(['replay', BLACKOUT, '--format', format, '--threads', '0', '--quiet']);
      const two = await cli.run(['replay', ...files.toReversed(), '--format', format, '--threads', '2', '--quiet']);
      expect(one.status).toBe(0);
      expect(two.stdout).toBe(one.stdout);
      expect(one.stdout).not.toContain(ROOT);
    }
  });

  test('JSON is one document: input, territories, verdicts, events, incidents, damage', async () => {
    const { stdout } = await cli.run(['replay', BLACKOUT, '--format', 'json', '--quiet']);
    const document = JSON.parse(stdout) as Record<string, never>;
    expect(Object.keys(document)).toEqual([
      'format',
      'status',
      'input',
      'territories',
      'voting',
      'verdicts',
      'incidents',
      'events',
      'damage',
      'problems',
    ]);
    expect(document).toMatchObject({
      format: 'unroutable.replay/1',
      status: 'done',
      territories: [{ id: 'KP', blocks: ['175.45.176.0/22'], origins: [131279], policy: { minVoters: 10 } }],
      damage: [],
    });
    const [{ spans }] = document['verdicts'] as unknown as [{ spans: { verdict: string }[] }];
    expect(spans.slice(0, 3).map(({ verdict }) => verdict)).toEqual(['unknown', 'routable', 'unroutable']);
  });

  test('CSV is RFC 4180 with one row an event', async () => {
    const events = await cli.run(['replay', BLACKOUT, '--quiet']);
    const { stdout } = await cli.run(['replay', BLACKOUT, '--format', 'csv', '--quiet']);
    const rows = stdout.split('\r\n');
    expect(rows[0]).toMatch(/^time,type,subject,since,verdict,/);
    expect(rows.length - 2).toBe(events.stdout.trimEnd().split('\n').length);
    expect(rows.at(-1)).toBe('');
    expect(rows.slice(0, -1).every((row) => row.split(',').length === rows[0]?.split(',').length)).toBe(true);
  });

  test('--since tells only what was decided from then on, --until reads no further', async () => {
    const window = ['--since', '2014-12-23T00:00', '--until', '2014-12-23T12:00:00Z'];
    const { status, stdout } = await cli.run(['replay', BLACKOUT, ...window, '--quiet']);
    expect(status).toBe(0);
    const times = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { time: string }).time);
    expect(times.length).toBeGreaterThan(0);
    for (const time of times) {
      expect(time >= '2014-12-23T00:00:00' && time <= '2014-12-23T12:00:00.000Z').toBe(true);
    }
  });
});

describe('replay for people', () => {
  test('tells the day in words, draws it, and says how it is in the end', async () => {
    const { status, stdout } = await cli.run(['replay', BLACKOUT, '--format', 'text', '--quiet'], { LANG: 'C.UTF-8' });
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /North Korea is unroutable since 2014-12-22 16:15:\d\d UTC\s+\(01:15:\d\d in\s+Pyongyang, 23 Dec\)/,
    );
    expect(stdout).toContain('▇ seen by most');
    expect(stdout).toMatch(/At the end\n.*North Korea is\s+routable/);
    expect(stdout).toContain('nothing damaged');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('without UTF-8 in the locale it is plain ASCII, and without a terminal it has no colour', async () => {
    const { stdout } = await cli.run(['replay', BLACKOUT, '--format', 'text'], { LANG: 'C' });
    expect(stdout).toMatch(/^[\n\x20-\x7e]*$/);
    expect(stdout).toContain('# seen by most');
  });

  test('colour comes when asked for, the chart goes when not wanted', async () => {
    const { stdout } = await cli.run(['replay', BLACKOUT, '--format', 'text', '--color', '--no-chart']);
    expect(stdout).toContain('\u001b[31;1m');
    expect(stdout).not.toContain('seen by most');
  });

  test('where too few may vote it says so and what to do, and no word of an outage', async () => {
    const { stdout } = await cli.run(['replay', BLACKOUT, '--format', 'text', '--min-voters', '500']);
    expect(stdout).toMatch(/this tool cannot see\s+North Korea: 36 voters, 500 are needed/);
    expect(stdout).toContain('--min-voters 36');
    expect(stdout).not.toContain('unroutable');
  });

  test('progress is on stderr, and --quiet silences it', async () => {
    const { stderr } = await cli.run(['replay', BLACKOUT, '--format', 'text', '--quiet']);
    expect(stderr).toBe('');
  });
});

describe('the output goes where it is sent', () => {
  test('--out writes a file, whose name chooses the format', async () => {
    const { status, stdout } = await cli.run(['replay', BLACKOUT, '--out', 'events.csv', '--quiet']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(await readFile(join(cli.folder, 'events.csv'), 'utf8')).toMatch(/^time,type,/);
  });

  test('--out never overwrites what is read', async () => {
    const [file = ''] = await filesOf(BLACKOUT);
    await copyFile(file, join(cli.folder, 'bview.20141221.1200.gz'));
    const before = await readFile(join(cli.folder, 'bview.20141221.1200.gz'));
    const { status, stderr } = await cli.run(['replay', 'bview.20141221.1200.gz', '--out', './bview.20141221.1200.gz']);
    expect(status).toBe(2);
    expect(stderr).toBe('unroutable: --out ./bview.20141221.1200.gz: this file is input; it would be overwritten\n');
    expect(await readFile(join(cli.folder, 'bview.20141221.1200.gz'))).toEqual(before);
  });

  test('an output that cannot be written is named: status 4', async () => {
    const { status, stderr } = await cli.run(['replay', BLACKOUT, '--out', 'no/such/folder.csv']);
    expect({ status, stderr }).toEqual({
      status: 4,
      stderr: 'unroutable: --out no/such/folder.csv: there is no such file\n',
    });
  });

  test('a reader that has seen enough ends it quietly', async () => {
    const child = cli.start(['replay', BLACKOUT, '--quiet']);
    const run = ended(child);
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await run).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('a signal', () => {
  test('once: it stops cleanly, with what was found until then and status 130', async () => {
    const updates = (await filesOf(BLACKOUT)).find((file) => file.includes('updates'));
    const day = await readFile(updates ?? '');
    // As many days as take a while, in one file of as many gzip members.
    await writeFile(
      join(cli.folder, 'updates.20141221.1200.gz'),
      Buffer.concat(Array.from({ length: 400 }, () => day)),
    );
    const isOpen = new Promise((resolve) => {
      const watcher = watch(cli.folder, (_event, name) => {
        if (name !== 'stopped.json') return;
        watcher.close();
        resolve(undefined);
      });
    });
    const child = cli.start(['replay', 'updates.20141221.1200.gz', '--out', 'stopped.json', '--quiet']);
    const run = ended(child);
    // The output is opened when everything is ready, before anything is read.
    await isOpen;
    child.kill('SIGINT');
    expect(await run).toEqual({ status: 130, stdout: '', stderr: '' });
    const document = JSON.parse(await readFile(join(cli.folder, 'stopped.json'), 'utf8')) as { status: string };
    expect(document.status).toBe('interrupted');
  });
});

describe('a mistake is one clear line and a status that says who must mend it', () => {
  test.each([
    [
      'an unknown option',
      ['replay', 'x', '--colector', 'rrc00'],
      2,
      /unknown option '--colector'\n\(Did you mean --collector\?\)/,
    ],
    ['an unknown command', ['repaly'], 2, /unknown command 'repaly'\n\(Did you mean replay\?\)/],
    ['no file', ['replay'], 2, /missing required argument 'files'/],
    [
      'a time that is none',
      ['replay', 'x', '--since', '2014-02-30'],
      2,
      /option '--since <time>' argument '2014-02-30' is invalid\. It must be a time in UTC/,
    ],
    [
      'a duration without a unit',
      ['replay', 'x', '--settle', '30'],
      2,
      /argument '30' is invalid\. It must be a duration/,
    ],
    ['a threshold of 1.5', ['replay', 'x', '--unroutable-below', '1.5'], 2, /--unroutable-below is 1\.5: a share/],
    ['a threshold of 0', ['replay', 'x', '--unroutable-below', '0'], 2, /--unroutable-below is 0: a share/],
    [
      'thresholds the wrong way round',
      ['replay', 'x', '--unroutable-below', '0.95'],
      2,
      /^unroutable: --unroutable-below must be less than --degraded-below\n/,
    ],
    [
      'a window that ends before it begins',
      ['replay', 'x', '--since', '2014-12-23', '--until', '2014-12-22'],
      2,
      /--since must be before --until/,
    ],
    [
      'an unknown territory',
      ['replay', 'x', '--territory', 'KR'],
      2,
      /^unroutable: --territory KR: there is no such territory, did you mean KP\? \(known: KP;/,
    ],
    ['case 53: territory XX', ['replay', 'x', '--territory', 'XX'], 2, /--territory XX: there is no such territory/],
    [
      'an unknown incident',
      ['demo', '2014-12-23'],
      2,
      /2014-12-23: there is no such incident, did you mean 2014-12-22\?/,
    ],
    ['a file that is not there', ['replay', 'nothing.gz'], 4, /nothing\.gz does not exist/],
    [
      'a territories file that is not there',
      ['replay', 'x', '--territories', 'none.yaml'],
      78,
      /^unroutable: none\.yaml: there is no such file\n$/,
    ],
    [
      'a territories file that is a folder',
      ['territories', '--territories', '.'],
      78,
      /^unroutable: \.: it is a folder\n$/,
    ],
  ])('%s', async (_what, args, wanted, told) => {
    const { status, stdout, stderr } = await cli.run(args);
    expect(stderr).toMatch(told);
    expect(stderr).not.toMatch(/ {4}at |node:/);
    expect({ status, stdout }).toEqual({ status: wanted, stdout: '' });
  });

  test('a folder without MRT files: status 4', async () => {
    await mkdir(join(cli.folder, 'empty'));
    expect(await cli.run(['replay', 'empty'])).toMatchObject({ status: 4, stdout: '' });
  });

  test('a web page instead of a file: status 4, and it says what it found', async () => {
    const file = await given('bview.20141222.1600.gz', '<html><body>503 Service Unavailable</body></html>');
    const { status, stderr } = await cli.run(['replay', file]);
    expect(status).toBe(4);
    expect(stderr).toContain('bview.20141222.1600.gz');
  });

  test('case 52: a broken territories file: status 78, every fault with file, line and column', async () => {
    const file = await given(
      'watch.yaml',
      'territories:\n  - id: YT\n    name: YouTube\n    blocks: [208.65.152.1/22]\n    orgins: [36561]\n',
    );
    const { status, stderr } = await cli.run(['replay', 'x', '--territories', file]);
    expect({ status, stderr }).toEqual({
      status: 78,
      stderr:
        'unroutable: watch.yaml:4:14: territories[0].blocks[0]: 208.65.152.1/22 has host bits set: write 208.65.152.0/22\n' +
        'unroutable: watch.yaml:5:5: territories[0].orgins is not known, did you mean origins?\n',
    });
  });

  test('a damaged file: the rest is told, the file is named, status 3', async () => {
    const folder = join(cli.folder, 'damaged');
    await mkdir(folder);
    for (const file of await filesOf(BLACKOUT)) {
      const collector = join(folder, file.includes('reconstructed-a') ? 'rrc00' : 'rrc01');
      await mkdir(collector, { recursive: true });
      await copyFile(file, join(collector, file.slice(file.lastIndexOf('/') + 1)));
    }
    await truncate(join(folder, 'rrc00/updates.20141221.1200.gz'), 9000);
    const { status, stdout, stderr } = await cli.run(['replay', folder, '--quiet']);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^unroutable: some input could not be read: updates\.20141221\.1200\.gz: /);
    expect(stdout).toContain('"observer.gap"');
  });
});

describe('territories', () => {
  test('North Korea is built in', async () => {
    const { status, stdout } = await cli.run(['territories']);
    expect(status).toBe(0);
    expect(stdout).toContain('KP  North Korea (built in)');
    expect(stdout).toMatch(/blocks +175\.45\.176\.0\/22\n.*units +4 IPv4 networks/);
  });

  test('a file adds others, says what differs from the default, and may define KP anew', async () => {
    const file = await given(
      'others.yaml',
      `territories:
  - { id: YT, name: YouTube, blocks: [208.65.152.0/22, "2001:db8::/47"], origins: [36561], policy: { minVoters: 3, settle: 2m } }
  - { id: KP, name: North Korea and more, blocks: [175.45.176.0/22, 210.52.109.0/24] }
`,
    );
    const { stdout } = await cli.run(['territories', '--territories', file]);
    expect(stdout).toContain('policy   settle 2m (default 1m), minVoters 3 (default 10)');
    expect(stdout).toContain('KP  North Korea and more (from the file)');
    expect(stdout).not.toContain('built in');
    expect(stdout).toContain('2 IPv6 networks');
  });
});

describe('inspect', () => {
  test('tells types, time range, peers with their table sizes, damage', async () => {
    const files = await filesOf(BLACKOUT);
    const rib = files.find((file) => file.includes('bview.20141221')) ?? '';
    const { status, stdout } = await cli.run(['inspect', rib]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/bview\.20141221\.1200\.gz +of reconstructed-a/);
    expect(stdout).toContain('TABLE_DUMP_V2 RIB_IPV4_UNICAST');
    expect(stdout).toMatch(/25 peers\n +108 IPv4 \(100 %\), 0 IPv6 +AS645/);
    expect(stdout).toMatch(/damage +none/);

    const json = await cli.run(['inspect', rib, '--format', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      format: 'unroutable.inspect/1',
      files: [{ name: 'bview.20141221.1200.gz', container: 'gzip', records: 109, damages: [] }],
    });
  });
});

describe('the incidents that come with it', () => {
  test('are listed as what they are: reconstructions', async () => {
    const { status, stdout } = await cli.run(['incidents']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/2014-12-22 +North Korea/);
    expect(stdout.match(/not archive data/g)?.length).toBe(
      (await readdir(join(ROOT, 'incidents'))).filter((name) => /^\d/.test(name)).length,
    );
  });

  test('the demo replays the blackout of 2014 from any folder, and meets the published times to the second', async () => {
    const { status, stdout } = await cli.run(['demo'], { LANG: 'C.UTF-8' });
    expect(status).toBe(0);
    expect(stdout).toContain('not archive data');
    expect(stdout).toContain('Pyongyang');
    expect(stdout).toContain('175.45.176.0/24');
    const published = stdout.slice(stdout.indexOf('Published and replayed')).replaceAll(/\s+/g, ' ');
    expect(published.match(/to the second/g)?.length).toBe(4);
    expect(published).not.toContain('replayed: no');
  });
});

/** MRT files of an incident, in order of their path. */
async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => /\.(?:gz|bz2)$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** Paths of the scripts that the processes which wrote this coverage had loaded. */
async function scriptsLoaded(coverage: string): Promise<string[]> {
  const files = await readdir(coverage);
  const texts = await Promise.all(files.map((file) => readFile(join(coverage, file), 'utf8')));
  return texts
    .flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result)
    .map(({ url }) => url)
    .filter((url) => url.startsWith('file:'))
    .map((url) => fileURLToPath(url));
}
