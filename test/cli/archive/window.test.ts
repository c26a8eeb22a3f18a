import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { archiveOf } from '../../support/archive-files.ts';
import { ArchiveServer } from '../../support/archive-server.ts';
import { buildCli, ended, type BuiltCli } from '../../support/cli.ts';

/** Eight hours around the onset, and the day back to the dump before: 390 files of one collector, 130 of the other. */
const WINDOW = ['--from', '2014-12-22T12:00', '--until', '2014-12-22T20:00', '--collectors', 'rrc00,route-views.sg'];
const POLICY = ['--format', 'ndjson', '--quiet'];

let cli: BuiltCli;
let files: ReadonlyMap<string, Uint8Array>;
let server: ArchiveServer;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  cli = await buildCli();
  const ris = await archiveOf('reconstructed-a', () => 'rrc00/2014.12/', { minutes: 5, rib: 'bview', ending: 'gz' });
  const routeViews = await archiveOf(
    'reconstructed-b',
    (kind) => `route-views.sg/bgpdata/2014.12/${kind === 'rib' ? 'RIBS' : 'UPDATES'}/`,
    { minutes: 15, rib: 'rib', ending: 'bz2' },
  );
  files = new Map([...ris, ...routeViews]);
});
afterAll(() => cli.remove());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unroutable-window-'));
  server = new ArchiveServer();
  for (const [path, bytes] of files) server.files.set(path, bytes);
  await server.listen();
  env = {
    HOME: folder,
    UNROUTABLE_CACHE: join(folder, 'cache'),
    UNROUTABLE_RIS_ARCHIVE: server.url,
    UNROUTABLE_ROUTEVIEWS_ARCHIVE: server.url,
  };
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

describe('a window of the public archives', () => {
  test('is replayed as its files would be, and says the same again from the cache alone', async () => {
    const first = await cli.run(['replay', ...WINDOW, ...POLICY], env);
    expect(first.stderr).toBe('');
    expect(first.status).toBe(0);
    expect(first.stdout).toContain('country.unroutable');
    const asked = server.requests.length;

    const folders = ['rrc00', 'route-views.sg'].map((name) => join(folder, 'cache', name));
    const byHand = ['--since', '2014-12-22T12:00', '--until', '2014-12-22T20:00'];
    const local = await cli.run(['replay', ...folders, ...byHand, ...POLICY], env);
    expect(local.stdout).toBe(first.stdout);

    const offline = await cli.run(['replay', ...WINDOW, '--offline', ...POLICY], env);
    expect(offline.stdout).toBe(first.stdout);
    const archive = ['--archive', '--offline', '--collectors', 'rrc00,route-views.sg', '--quiet'];
    const answer = await cli.run(['ask', 'KP', '2014-12-22T11:50', ...archive], env);
    expect([answer.stderr, answer.stdout.replaceAll('\n', ' ')]).toEqual([
      '',
      expect.stringMatching(/^At 2014-12-22 11:50:00 UTC \(.* in Pyongyang\), North Korea was routable\./),
    ]);
    expect(server.requests.length).toBe(asked);
  });

  test('of which a file cannot be had is partial: the file is named, and what it held is not taken for silence', async () => {
    for (const path of server.files.keys()) if (/updates\.20141222\.16[012]/.test(path)) server.files.delete(path);
    server.fail(/UPDATES\/updates\.20141222\.1630/, { kind: 'status', status: 404 }, 99);
    const ran = await cli.run(['replay', ...WINDOW, ...POLICY], env);
    expect(ran.status).toBe(3);
    expect(ran.stderr).toMatch(/updates\.20141222\.1630\.bz2: not fetched: HTTP 404/);
    expect(ran.stdout).toContain('observer.gap');
  });

  test('of a day and four collectors, killed five times, says the same in the end; no file is fetched twice', async () => {
    for (const [path, bytes] of files)
      server.files.set(path.replace('rrc00', 'rrc01').replace('route-views.sg', 'route-views.amsix'), bytes);
    const day = ['--from', '2014-12-22', '--until', '2014-12-23'];
    const collectors = ['--collectors', 'rrc00,rrc01,route-views.sg,route-views.amsix'];
    const args = ['replay', ...day, ...collectors, ...POLICY, '--cache-size'];
    const once = { ...env, UNROUTABLE_CACHE: join(folder, 'once') };
    const whole = await cli.run([...args, '1G'], once);
    expect([whole.status, whole.stderr]).toEqual([0, '']);
    const size = await sizeOf(join(folder, 'once'));

    server.requests.length = 0;
    for (let i = 0; i < 5; i++) {
      const before = server.requests.length;
      const child = cli.start([...args, '1G'], env);
      while (server.requests.length < before + 60 && child.exitCode === null)
        await new Promise((resolve) => setImmediate(resolve));
      child.kill('SIGKILL');
      expect((await ended(child)).status).toBe(null);
    }
    const resumed = await cli.run([...args, '1G'], env);
    expect([resumed.status, resumed.stderr]).toEqual([0, '']);
    expect(resumed.stdout).toBe(whole.stdout);
    const asked = server.requests.filter(({ path }) => !path.endsWith('/')).map(({ path }) => path);
    const twice = asked.filter((path, i) => asked.indexOf(path) !== i);
    // Those that were under way at a kill, three a host at a time, were begun again; none that was whole.
    expect(twice.length).toBeLessThanOrEqual(5 * 3);
    expect(await sizeOf(join(folder, 'cache'))).toBe(size);

    // A run that needs little of it leaves the cache within a limit of half.
    const [from, until] = ['2014-12-22T06:00', '2014-12-22T06:30'];
    const few = ['replay', '--from', from, '--until', until, '--collectors', 'rrc00', ...POLICY];
    const limit = Math.floor(size / 2);
    expect((await cli.run([...few, '--cache-size', `${limit}`], env)).status).toBe(0);
    expect(await sizeOf(join(folder, 'cache'))).toBeLessThanOrEqual(limit);
  }, 180_000);
});

/** Bytes of all files below a folder. */
async function sizeOf(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, one) => sum + one, 0);
}

describe('what cannot be meant is said', () => {
  test.each([
    [['replay', '--quiet'], /name files to read, or a window of the archives: --from and --until/],
    [['replay', '--from', '2014-12-22', '--quiet'], /--from needs --until/],
    [['replay', 'x.gz', '--from', '2014-12-22', '--until', '2014-12-23'], /do not name other files/],
    [['replay', '--from', '2014-12-23', '--until', '2014-12-22'], /--from must be before --until/],
    [['replay', '--from', '2010-12-23', '--until', '2014-12-22'], /at most 366 days/],
    [['replay', 'x.gz', '--collectors', 'rrc00'], /choose from the archives/],
    [['fetch', ...WINDOW, '--project', 'ris'], /route-views\.sg belongs to the other archive/],
    [['fetch', ...WINDOW, '--offline'], /nothing of this window is in/],
  ])('%s', async (args, words) => {
    const ran = await cli.run(args, env);
    expect(ran.stderr).toMatch(words);
    expect([2, 4]).toContain(ran.status);
  });
});

describe('other inputs', () => {
  test('a URL and the standard input are read as files are', async () => {
    const path = [...files.keys()].find((name) => name.includes('bview')) ?? '';
    const ran = await cli.run(['replay', `${server.url}/${path}`, ...POLICY, '--collector', 'rrc00'], env);
    expect(ran.status).toBe(0);
    const child = cli.start(['replay', '-', ...POLICY, '--collector', 'rrc00']);
    child.stdin.end(files.get(path));
    const piped = await ended(child);
    expect(piped.status).toBe(0);
    expect(piped.stdout).toBe(ran.stdout);
  });
});
