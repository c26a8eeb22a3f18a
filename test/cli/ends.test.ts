import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, watch } from 'node:fs';
import { copyFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BLACKOUT, buildCli, ended, mrtFilesIn, type BuiltCli } from '../support/cli.ts';
import { commandHere, type CommandHere } from '../support/in-process.ts';
import { canMount } from '../support/mount.ts';
import { canMakeFifo, makeFifo, withoutFifo } from '../support/fifo.ts';

let cli: BuiltCli;
/** For what needs no process to be seen. */
let here: CommandHere;
beforeAll(async () => {
  [cli, here] = await Promise.all([buildCli(), commandHere()]);
});
afterAll(() => Promise.all([cli.remove(), here.remove()]));

/** Writes a file into the folder in which the command runs here. */
async function given(name: string, text: string): Promise<string> {
  await writeFile(join(here.folder, name), text);
  return name;
}

describe('the output goes where it is sent', () => {
  test('--out writes a file, whose name chooses the format', async () => {
    const { status, stdout } = await here.run(['replay', BLACKOUT, '--out', 'events.csv', '--quiet']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(await readFile(join(here.folder, 'events.csv'), 'utf8')).toMatch(/^time,type,/);
  });

  const isMountable = canMount();

  test.skipIf(!isMountable)(
    `a store for which there is no room ends a replay${isMountable ? '' : ' (skipped: only root may mount one)'}`,
    async () => {
      const small = join(cli.folder, 'small');
      mkdirSync(small);
      // No room for the database itself.
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', small]);
      try {
        const { status, stdout, stderr } = await cli.run(['replay', BLACKOUT, '--quiet', '--store', 'small/kept']);
        expect({ status, stdout }).toEqual({ status: 69, stdout: '' });
        expect(stderr).toMatch(/^unroutable: .*: the disk is full\n$/);
      } finally {
        execFileSync('umount', ['--lazy', small]);
      }
    },
  );

  test.each(['replay', 'report'])('--out of %s never overwrites what is read', async (command) => {
    const [file = ''] = await mrtFilesIn(BLACKOUT);
    await copyFile(file, join(here.folder, 'bview.20141221.1200.gz'));
    const before = await readFile(join(here.folder, 'bview.20141221.1200.gz'));
    const { status, stderr } = await here.run([
      command,
      'bview.20141221.1200.gz',
      '--format',
      'csv',
      '--out',
      './bview.20141221.1200.gz',
    ]);
    expect(status).toBe(2);
    expect(stderr).toBe('unroutable: --out ./bview.20141221.1200.gz: this file is input; it would be overwritten\n');
    expect(await readFile(join(here.folder, 'bview.20141221.1200.gz'))).toEqual(before);
  });

  test('an output that cannot be written is named: status 4', async () => {
    const { status, stderr } = await here.run(['replay', BLACKOUT, '--out', 'no/such/folder.csv']);
    expect({ status, stderr }).toEqual({
      status: 4,
      stderr: 'unroutable: --out no/such/folder.csv: there is no folder no/such\n',
    });
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk is named, on stdout and in a file: status 4', async () => {
    const out = await here.run(['replay', BLACKOUT, '--quiet', '--out', '/dev/full']);
    expect(out).toEqual({ status: 4, stdout: '', stderr: 'unroutable: --out /dev/full: the disk is full\n' });
    for (const args of [['replay', BLACKOUT, '--quiet'], ['territories'], ['--help']]) {
      expect(await cli.runInto('/dev/full', args)).toEqual({
        status: 4,
        stdout: '',
        stderr: 'unroutable: the output could not be written: the disk is full\n',
      });
    }
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
    const updates = (await mrtFilesIn(BLACKOUT)).find((file) => file.includes('updates'));
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

  test.skipIf(!canMakeFifo)(
    `12: while a large file of territories is read: each command stops at once${withoutFifo}`,
    async () => {
      const lines = Array.from(
        { length: 16_000 },
        (_, n) => `  - { id: T${n}, name: No. ${n}, blocks: [${10 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.0/24] }`,
      );
      const text = `territories:\n${lines.join('\n')}\n`;
      expect(text.length).toBeGreaterThan(900_000);
      for (const [command, outcome] of [
        [
          ['replay', BLACKOUT],
          { status: 130, stdout: '', stderr: 'unroutable: many.yaml: stopped while it was read\n' },
        ],
        [['watch'], { status: 0, stdout: '', stderr: '' }],
      ] as const) {
        // A pipe is read when the program is ready to.
        makeFifo(join(cli.folder, 'many.yaml'));
        const child = cli.start([...command, '--territories', 'many.yaml']);
        const run = ended(child);
        await writeFile(join(cli.folder, 'many.yaml'), text);
        child.kill('SIGTERM');
        expect(await run).toEqual(outcome);
        await rm(join(cli.folder, 'many.yaml'));
      }
    },
  );
});

describe('a mistake gives one clear line and a status that says who must correct it', () => {
  test.each([
    [
      'an unknown option',
      ['replay', 'x', '--colector', 'rrc00'],
      2,
      /unknown option '--colector'\n\(Did you mean --collector\?\)/,
    ],
    ['an unknown command', ['repaly'], 2, /unknown command 'repaly'\n\(Did you mean replay\?\)/],
    ['no file', ['replay'], 2, /name files to read, or a window of the archives: --from and --until/],
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
  ])('%s', async (_what, args, wanted, words) => {
    const { status, stdout, stderr } = await here.run(args);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/ {4}at |node:/);
    expect({ status, stdout }).toEqual({ status: wanted, stdout: '' });
  });

  test('a folder without MRT files: status 4', async () => {
    await mkdir(join(here.folder, 'empty'));
    expect(await here.run(['replay', 'empty'])).toMatchObject({ status: 4, stdout: '' });
  });

  test('a web page instead of a file: status 4, and it says what it found', async () => {
    const file = await given('bview.20141222.1600.gz', '<html><body>503 Service Unavailable</body></html>');
    const { status, stderr } = await here.run(['replay', file]);
    expect(status).toBe(4);
    expect(stderr).toContain('bview.20141222.1600.gz');
  });

  test('case 52: a broken territories file: status 78, every fault with file, line and column', async () => {
    const file = await given(
      'watch.yaml',
      'territories:\n  - id: YT\n    name: YouTube\n    blocks: [208.65.152.1/22]\n    orgins: [36561]\n',
    );
    const { status, stderr } = await here.run(['replay', 'x', '--territories', file]);
    expect({ status, stderr }).toEqual({
      status: 78,
      stderr:
        'unroutable: watch.yaml:4:14: territories[0].blocks[0]: 208.65.152.1/22 has host bits set: write 208.65.152.0/22\n' +
        'unroutable: watch.yaml:5:5: territories[0].orgins is not known, did you mean origins?\n',
    });
  });

  test('a damaged file: the rest is reported, the file is named, status 3', async () => {
    const folder = join(here.folder, 'damaged');
    await mkdir(folder);
    for (const file of await mrtFilesIn(BLACKOUT)) {
      const collector = join(folder, file.includes('reconstructed-a') ? 'rrc00' : 'rrc01');
      await mkdir(collector, { recursive: true });
      await copyFile(file, join(collector, file.slice(file.lastIndexOf('/') + 1)));
    }
    await truncate(join(folder, 'rrc00/updates.20141221.1200.gz'), 9000);
    const { status, stdout, stderr } = await here.run(['replay', folder, '--quiet']);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^unroutable: some input could not be read: rrc00\/updates\.20141221\.1200\.gz: /);
    expect(stdout).toContain('"observer.gap"');
  });
});
