import { appendFile, cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCli, mrtFilesIn, ROOT, TWO_WAVES, type BuiltCli, type Ran } from '../support/cli.ts';
import { inProcess } from '../support/in-process.ts';
import { realData, realDataNote } from '../support/real-data.ts';

/** For commands that are killed, or run at once. */
let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

let folders = 0;
function newFolder(): string {
  return join(cli.folder, `shelf-${++folders}`);
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

const map = (paths: readonly string[], out: string, more: readonly string[] = []): Promise<Ran> =>
  inProcess(['map', ...paths, '--out', out, '--quiet', ...more]);

/** Replays that were run already. */
const wholes: Record<string, Ran> = {};

/** The JSON of a replay has all: input, verdicts, incidents, events, damage. */
async function expectSame(paths: readonly string[], extracts: string, more: readonly string[] = []): Promise<void> {
  const args = ['replay', ...paths, '--format', 'json', '--quiet', ...more];
  const whole = (wholes[args.join(' ')] ??= await inProcess(args));
  const reduced = await inProcess(['reduce', extracts, '--format', 'json', '--quiet', ...more]);
  expect(reduced).toEqual(whole);
}

const recorded = ['2014-12-22', '2017-10-01', '2022-01-27', '2025-03-18'];

describe('reduce of extracts says what replay of their files says, to the byte', () => {
  test.each(recorded)('of the incident of %s', async (name) => {
    const folder = join(ROOT, 'incidents', name);
    const out = newFolder();
    expect(await map([folder], out)).toMatchObject({ status: 0, stderr: '' });
    await expectSame([folder], out);
  });

  const scenes = ['addpath-dump-plain-updates', 'every-second-file-missing', 'peer-as0'];
  test.each(scenes)('of %s', async (name) => {
    const folder = fixture(`judged-wrongly/${name}`);
    const out = newFolder();
    await map([folder], out);
    await expectSame([folder], out, ['--min-voters', '3']);
  });

  test('of several collector-days that were mapped one by one, in any order, and twice', async () => {
    const out = newFolder();
    const files = await mrtFilesIn(TWO_WAVES);
    for (const file of files.toReversed()) expect(await map([file], out)).toMatchObject({ status: 0 });
    expect(await map([TWO_WAVES], out)).toMatchObject({ status: 0 });
    await expectSame([TWO_WAVES], out);
  });

  test('for each of several territories that were mapped at once', async () => {
    const file = join(cli.folder, 'two.yaml');
    const half = 'territories:\n  - { id: A, name: A, blocks: [175.45.176.0/23] }\n';
    await writeFile(file, `${half}  - { id: B, name: B, blocks: [175.45.178.0/24], origins: [131279] }\n`);
    const out = newFolder();
    const { stdout } = await map([TWO_WAVES], out, ['--territories', file]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(8);
    for (const id of ['A', 'B']) await expectSame([TWO_WAVES], out, ['--territories', file, '--territory', id]);
    const both = await inProcess(['reduce', out, '--territories', file]);
    expect(both).toMatchObject({ status: 2, stderr: expect.stringContaining('one territory at a time') as string });
  });

  test('of a window of them', async () => {
    const out = newFolder();
    await map([TWO_WAVES], out);
    await expectSame([TWO_WAVES], out, ['--since', '2022-11-17T03:00', '--until', '2022-11-17T04:30']);
  });

  test('where files are damaged, empty, missing or no MRT at all, and then map ends with 65', async () => {
    const folder = join(cli.folder, 'bad', 'rrc00');
    await mkdir(folder, { recursive: true });
    const [source = ''] = await mrtFilesIn(join(TWO_WAVES, 'reconstructed-a'));
    const bytes = await readFile(source);
    await writeFile(join(folder, 'bview.20141221.1200.gz'), bytes);
    for (const minute of ['1200', '1205', '1210', '1230'])
      await writeFile(join(folder, `updates.20141221.${minute}.gz`), bytes);
    await truncate(join(folder, 'updates.20141221.1205.gz'), bytes.length - 40);
    await writeFile(join(folder, 'updates.20141221.1215.gz'), '<html>no such file</html>');
    await writeFile(join(folder, 'updates.20141221.1220.gz'), '');
    const out = newFolder();
    const mapped = await map([folder], out);
    expect(mapped.status).toBe(65);
    expect(mapped.stderr).toMatch(/updates\.20141221\.1205\.gz/);
    expect(mapped.stderr).toMatch(/updates\.20141221\.1215\.gz.*web page/);
    expect(mapped.stderr).toMatch(/updates\.20141221\.1220\.gz/);
    await expectSame([folder], out);
  });

  const real = realData('mrt/libbgpstream');
  test.skipIf(real === undefined)(`of real files of RIS and Route Views${realDataNote}`, async () => {
    const files = (await mrtFilesIn(real ?? '')).filter((file) => /ris|routeviews|rrc|route-views/i.test(file));
    expect(files.length).toBeGreaterThan(0);
    const out = newFolder();
    await map(files, out, ['--collector', 'real']);
    const whole = await inProcess(['replay', ...files, '--collector', 'real', '-f', 'json', '--quiet']);
    const reduced = await inProcess(['reduce', out, '-f', 'json', '--quiet']);
    expect(reduced.stdout).toBe(whole.stdout);
  });
});

describe('an extract is made once', () => {
  test('the second map makes nothing and names what is there', async () => {
    const out = newFolder();
    const first = await map([TWO_WAVES], out);
    const before = await contentOf(out);
    expect(await map([TWO_WAVES], out)).toEqual(first);
    expect(await contentOf(out)).toEqual(before);
  });

  test('of several at once that make the same, each ends well, and nothing of them is left over', async () => {
    const out = newFolder();
    const args = ['map', TWO_WAVES, '--out', out, '--quiet'];
    const all = await Promise.all(Array.from({ length: 3 }, () => cli.run(args)));
    expect(all.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect((await readdir(out, { recursive: true })).filter((name) => name.includes('.tmp'))).toEqual([]);
    await expectSame([TWO_WAVES], out);
  });

  test('one that was killed while it wrote leaves nothing that counts, and the next one tidies up', async () => {
    const out = newFolder();
    await mkdir(join(out, 'KP'), { recursive: true });
    const child = cli.start(['map', TWO_WAVES, '--out', out, '--quiet']);
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stdout.once('data', () => child.kill('SIGKILL'));
    await ended;
    const host = (await readFile('/etc/hostname', 'utf8').catch(() => 'host')).trim();
    await writeFile(join(out, 'KP', `.torn.extract.${host.replaceAll('.', '-')}.999999999.00.tmp`), 'half');
    expect(await map([TWO_WAVES], out)).toMatchObject({ status: 0 });
    expect((await readdir(join(out, 'KP'))).filter((name) => !name.endsWith('.extract'))).toEqual([]);
    await expectSame([TWO_WAVES], out);
  });

  test('what cannot be written is tried again later: status 75, and nothing is left', async () => {
    const out = newFolder();
    await mkdir(out);
    await writeFile(join(out, 'KP'), 'a file where a folder should be');
    const { status, stderr } = await map([TWO_WAVES], out);
    expect(status).toBe(75);
    expect(stderr).toMatch(/there is a file of this name|a part of the path is a file/);
  });
});

describe('reduce refuses damaged extracts with 65, and says what to do', () => {
  const cases: readonly (readonly [string, (path: string) => Promise<void>, RegExp])[] = [
    ['no extract', (path) => writeFile(path, 'unroutable'), /is not an extract/],
    ['one of another version', (path) => writeFile(path, 'unroutable extract 9\n and more'), /another version.*map/],
    ['one that is cut off', (path) => truncate(path, 500), /is cut off/],
    ['one that something was appended to', (path) => appendFile(path, 'x'), /is cut off/],
    ['a damaged index', (path) => edit(path, '"decoder"', '"decoded"'), /checksum of its index/],
  ];
  test.each(cases)('%s', async (_, damage, words) => {
    const out = newFolder();
    await map([TWO_WAVES], out);
    const [name = ''] = await readdir(join(out, 'KP'));
    await damage(join(out, 'KP', name));
    const { status, stdout, stderr } = await inProcess(['reduce', out]);
    expect(status).toBe(65);
    expect(stdout).toBe('');
    expect(stderr).toMatch(words);
    expect(stderr).toContain(name);
  });

  test('files that changed between two maps', async () => {
    const folder = join(cli.folder, 'changed');
    await cp(join(TWO_WAVES, 'reconstructed-a'), join(folder, 'reconstructed-a'), { recursive: true });
    const out = newFolder();
    await map([folder], out);
    const [file = ''] = await mrtFilesIn(folder);
    await appendFile(file, 'more');
    await map([folder], out);
    const { status, stderr } = await inProcess(['reduce', out]);
    expect(status).toBe(65);
    expect(stderr).toMatch(/were made of different files that are both reconstructed-a\/.*remove/);
  });

  test('extracts that were made for other blocks', async () => {
    const file = join(cli.folder, 'other.yaml');
    await writeFile(file, 'territories:\n  - { id: KP, name: A, blocks: [175.45.176.0/23] }\n');
    const out = newFolder();
    await map([TWO_WAVES], out, ['--territories', file]);
    const { status, stderr } = await inProcess(['reduce', out]);
    expect(status).toBe(65);
    expect(stderr).toMatch(/made for other blocks of KP/);
  });

  test('no extract at all is 4', async () => {
    const out = newFolder();
    await mkdir(out);
    expect(await inProcess(['reduce', out])).toMatchObject({ status: 4 });
  });

  test('a section that is damaged is a gap, and the run partial', async () => {
    const out = newFolder();
    await map([TWO_WAVES], out);
    const name = (await readdir(join(out, 'KP'))).find((file) => file.includes('a-2022-11-16')) ?? '';
    const path = join(out, 'KP', name);
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(5_000) ^ 0xff, 5_000);
    await rm(path);
    await writeFile(path, bytes);
    const { status, stdout, stderr } = await inProcess(['reduce', out, '--quiet']);
    expect(status).toBe(3);
    expect(stderr).toMatch(/reconstructed-a\/.*the extract is damaged/);
    expect(stdout.split('\n')[0]).toContain('"type":"observer.gap","subject":"reconstructed-a"');
  });
});

async function contentOf(folder: string): Promise<readonly (readonly [string, string])[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.extract')).sort();
  return Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'hex')] as const));
}

async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'latin1');
  await writeFile(path, text.replace(from, to), 'latin1');
}
