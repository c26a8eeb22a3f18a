import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { BLACKOUT, buildCli, mrtFilesIn, ROOT } from '../support/cli.ts';
import { commandHere, type CommandHere } from '../support/in-process.ts';

let cli: CommandHere;
beforeAll(async () => {
  cli = await commandHere();
});
afterAll(() => cli.remove());

/** Writes a file into the folder in which the command runs. */
async function given(name: string, text: string): Promise<string> {
  await writeFile(join(cli.folder, name), text);
  return name;
}

describe('help', () => {
  test('shows examples and the exit statuses, and asks nothing of the program but its words', async () => {
    const built = await buildCli();
    onTestFinished(() => built.remove());
    const coverage = join(built.folder, 'loaded');
    const { status, stdout, stderr } = await built.run(['--help'], { NODE_V8_COVERAGE: coverage });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('unroutable demo');
    expect(stdout).toMatch(/78 +the territories file or/);

    const loaded = await scriptsLoaded(coverage);
    // Chunks of the bundle are named by what is in them: none of a command, of the engine or of a large library.
    const chunks = loaded.flatMap((url) => /\/([a-z-]+?)(?:-[\w-]{8})?\.js$/.exec(url)?.[1] ?? []);
    expect(chunks).toContain('main');
    const heavy = new Set([
      'engine',
      'schemas',
      'document',
      'territories-file',
      'undici',
      'watch',
      'replay',
      'open',
      'dist',
    ]);
    expect(chunks.filter((name) => heavy.has(name))).toEqual([]);
    expect(new Set(chunks).size).toBeLessThan(20);
  });

  test('of replay names every setting with its default', async () => {
    const { stdout } = await cli.run(['replay', '--help']);
    expect(stdout).toMatch(/--unroutable-hold <duration> .*?\(default:\s+30s\)/s);
    expect(stdout).toMatch(/--min-voters <count> .*\(default:\s+10\)/s);
    expect(stdout).toContain('--full-feed-share <share>');
  });

  test('of watch names its own defaults, which are not all those of replay', async () => {
    const { stdout } = await cli.run(['watch', '--help']);
    expect(stdout).toMatch(/--min-collectors <count> .*?\(default:\s+5\)/s);
    expect(stdout).toMatch(/--peer-silence <duration> .*?\(default:\s+3m\)/s);
    expect(stdout).toMatch(/--seed <from> .*?\(default:\s+ripestat;\s+none\s+with\s+--history\)/s);
  });

  test.each([[[]], [['store']], [['webhook']]])(
    'of %j says of each command what it does, all in one manner',
    async (of) => {
      const { stdout } = await cli.run([...of, '--help']);
      const commands = /Commands:\n([^]*?)(?:\n\n|$)/.exec(stdout)?.[1]?.match(/^ {2}\S.*/gm) ?? [];
      expect(commands.length).toBeGreaterThan(2);
      for (const line of commands) expect(line).toMatch(/ {2}[a-z][^.]*$/);
    },
  );

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await cli.run(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('territories', () => {
  test('North Korea is built in', async () => {
    const { status, stdout } = await cli.run(['territories']);
    expect(status).toBe(0);
    expect(stdout).toContain('KP  North Korea (built in)');
    expect(stdout).toMatch(/blocks +175\.45\.176\.0\/22\n.*units +4 IPv4 networks/);
  });

  test('a file adds others, says what differs from the default, and may redefine KP', async () => {
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
  test('shows types, time range, peers with their table sizes, damage', async () => {
    const files = await mrtFilesIn(BLACKOUT);
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
  test('are listed as what they are: reconstructions, archive windows, or published only', async () => {
    const { status, stdout } = await cli.run(['incidents']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/2014-12-22 +North Korea/);
    const folders = (await readdir(join(ROOT, 'incidents'))).filter((name) => !name.includes('.'));
    expect(stdout.match(/not\s+archive\s+data/g)?.length).toBe(folders.length);
    expect(stdout).toMatch(/eg-2011-01-27 +Egypt/);
  });

  test('show prints a card in each format, and says what routes do not show', async () => {
    const card = await cli.run(['incidents', 'show', '2022-01-26']);
    expect(card.status).toBe(0);
    expect(card.stdout).toContain('# First time-outs, then servers, then the routers');
    expect(card.stdout).toContain('## Not observed in the routes');
    const json = JSON.parse((await cli.run(['incidents', 'show', '2022-01-26', '-f', 'json'])).stdout) as object;
    expect(json).toMatchObject({ format: 'unroutable.incident-card/1', name: '2022-01-26', place: 'North Korea' });
    expect((await cli.run(['incidents', 'show', 'eg-2011-01-27', '-f', 'html'])).stdout).toContain('<h1>Egypt');
  });

  test('a path that cannot be replayed is refused with the reason, and an unknown name with the nearest one', async () => {
    const published = await cli.run(['incidents', 'replay', 'eg-2011-01-27']);
    expect(published.status).toBe(2);
    expect(published.stderr).toContain('this library does not contain its networks');
    const standIn = await cli.run(['incidents', 'score', '--archive', 'sy-2023-06-25']);
    expect([standIn.status, standIn.stderr]).toEqual([2, expect.stringContaining('which are in no archive')]);
    const unknown = await cli.run(['incidents', 'show', '2022-01-2']);
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain('did you mean 2022-01-26?');
  });

  test('are scored against what was published, as the table in incidents/README.md says', async () => {
    const { status, stdout } = await cli.run(['incidents', 'score']);
    expect(status).toBe(0);
    expect(await readFile(join(ROOT, 'incidents', 'README.md'), 'utf8')).toContain(stdout);
  });

  test('a replay prints the cards of what it found', async () => {
    const { status, stdout } = await cli.run(['replay', BLACKOUT, '--format', 'md', '--quiet']);
    expect(status).toBe(0);
    expect(stdout.match(/^# North Korea/gm)?.length).toBe(7);
    expect(stdout).toContain('unroutable from 2014-12-22 16:15:12 UTC to 2014-12-23 01:46:16 UTC');
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
