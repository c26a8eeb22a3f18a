import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createServer as createTls } from 'node:tls';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { archiveOf } from '../../support/archive-files.ts';
import { ArchiveServer } from '../../support/archive-server.ts';
import { brokerRow, brokerServer } from '../../support/broker-server.ts';
import { dnsName, makeAuthority } from '../../support/certificates.ts';
import { buildCli, ended, type BuiltCli } from '../../support/cli.ts';
import { commandHere, type CommandHere } from '../../support/in-process.ts';
import { connectProxy } from '../../support/proxy.ts';

/** Two outages. */
const day = { name: '2022-11-17', from: '2022-11-16T12:00:00Z', until: '2022-11-18T00:00:00Z' };
/** Around the first, and two hours back to the dump before: 39 files of one collector, 13 of the other. */
const WINDOW = ['--from', '2022-11-17T02:00', '--until', '2022-11-17T03:10', '--collectors', 'rrc00,route-views.sg'];
const POLICY = ['--format', 'ndjson', '--quiet'];

let cli: CommandHere;
/** The command in processes of its own: for what is killed, run at once, or reads the standard input or what Node.js takes from the environment. */
let built: BuiltCli;
let files: ReadonlyMap<string, Uint8Array>;
let server: ArchiveServer;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  [cli, built] = await Promise.all([commandHere(), buildCli()]);
  const ris = await archiveOf('reconstructed-a', () => 'rrc00/2022.11/', {
    minutes: 5,
    rib: 'bview',
    ending: 'gz',
    day,
  });
  const routeViews = await archiveOf(
    'reconstructed-b',
    (kind) => `route-views.sg/bgpdata/2022.11/${kind === 'rib' ? 'RIBS' : 'UPDATES'}/`,
    { minutes: 15, rib: 'rib', ending: 'bz2', day },
  );
  files = new Map([...ris, ...routeViews]);
});
afterAll(() => Promise.all([cli.remove(), built.remove()]));

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
    const byHand = ['--since', '2022-11-17T02:00', '--until', '2022-11-17T03:10'];
    const local = await cli.run(['replay', ...folders, ...byHand, ...POLICY], env);
    expect(local.stdout).toBe(first.stdout);

    const offline = await cli.run(['replay', ...WINDOW, '--offline', ...POLICY], env);
    expect(offline.stdout).toBe(first.stdout);
    const archive = ['--archive', '--offline', '--collectors', 'rrc00,route-views.sg', '--quiet'];
    const report = ['report', '--format', 'csv', '--quiet'];
    const ofWindow = await cli.run([...report, ...WINDOW, '--offline'], env);
    const ofFiles = await cli.run([...report, ...folders, ...byHand], env);
    expect([ofWindow.status, ofWindow.stderr, ofWindow.stdout]).toEqual([0, '', ofFiles.stdout]);
    expect(ofWindow.stdout).toContain('2022-11-17T02:31:00.000Z,60,KP,ipv4,,route-views.sg,');
    const answer = await cli.run(['ask', 'KP', '2022-11-17T01:00', ...archive], env);
    expect([answer.stderr, answer.stdout.replaceAll('\n', ' ')]).toEqual([
      '',
      expect.stringMatching(/^At 2022-11-17 01:00:00 UTC \(.* in Pyongyang\), North Korea was routable\./),
    ]);
    expect(server.requests.length).toBe(asked);
  });

  test('of which a file cannot be had is partial: the file is named, and what it held is not taken for silence', async () => {
    for (const path of server.files.keys()) if (/updates\.20221117\.02[123]/.test(path)) server.files.delete(path);
    server.fail(/UPDATES\/updates\.20221117\.0245/, { kind: 'status', status: 404 }, 99);
    const ran = await cli.run(['replay', ...WINDOW, ...POLICY], env);
    expect(ran.status).toBe(3);
    expect(ran.stderr).toMatch(/updates\.20221117\.0245\.bz2: not fetched: HTTP 404/);
    expect(ran.stdout).toContain('observer.gap');
  });

  test('of which the archive lists only the beginning has a gap to its end, from the archive and from the cache', async () => {
    for (const path of server.files.keys())
      if (/rrc00.*updates\.20221117\.(02[3-5]|0[3-9]|[12])/.test(path)) server.files.delete(path);
    const args = ['replay', ...WINDOW.slice(0, 4), '--collectors', 'rrc00', ...POLICY];
    const ran = await cli.run(args, env);
    expect(ran.status).toBe(3);
    expect(ran.stderr).toContain('rrc00: no file covers 2022-11-17 02:30:00 UTC to 2022-11-17 03:10:00 UTC');
    const events = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; time: string });
    expect(events.find(({ type }) => type.endsWith('observer.gap'))?.time).toBe('2022-11-17T02:30:00.000Z');
    expect(events.find(({ type }) => type.endsWith('country.unknown'))?.time).toBe('2022-11-17T02:30:10.000Z');
    expect(await cli.run([...args, '--offline'], env)).toEqual(ran);
    const fetched = await cli.run(['fetch', ...args.slice(1, 7), '--quiet'], env);
    expect([fetched.status, fetched.stderr]).toEqual([
      3,
      'unroutable: rrc00: no file covers 2022-11-17 02:30:00 UTC to 2022-11-17 03:10:00 UTC\n',
    ]);
  });

  test('of which a collector has no file, or no dump in the cache, says so', async () => {
    for (const path of server.files.keys())
      if (/rrc00/.test(path) && /202211(16|17\.0[0-9])/.test(path)) server.files.delete(path);
    const ran = await cli.run(['replay', ...WINDOW, ...POLICY], env);
    expect([ran.status, ran.stderr]).toEqual([3, expect.stringContaining('rrc00: there is no file of this window')]);
    await rm(join(folder, 'cache/route-views.sg/bgpdata/2022.11/rib.20221117.0000.bz2'));
    const few = [...WINDOW.slice(0, 4), '--collectors', 'route-views.sg', ...POLICY, '--offline'];
    const offline = await cli.run(['replay', ...few], env);
    expect([offline.status, offline.stderr]).toEqual([
      3,
      expect.stringContaining('route-views.sg: no table dump from before the window can be read'),
    ]);
  });

  test('of hours and four collectors, killed three times, gives the same in the end; no file is fetched twice', async () => {
    for (const name of ['route-views.amsix', 'route-views.wide'])
      for (const [path, bytes] of files) server.files.set(path.replace('route-views.sg', name), bytes);
    const hours = ['--from', '2022-11-17T00:05', '--until', '2022-11-17T05:00'];
    const collectors = ['--collectors', 'rrc00,route-views.sg,route-views.amsix,route-views.wide'];
    const args = ['replay', ...hours, ...collectors, ...POLICY, '--cache-size'];
    const undisturbed = { ...env, UNROUTABLE_CACHE: join(folder, 'once') };
    const whole = await cli.run([...args, '1G'], undisturbed);
    expect([whole.status, whole.stderr]).toEqual([0, '']);
    const size = await sizeOf(join(folder, 'once'));

    server.requests.length = 0;
    for (let i = 0; i < 3; i++) {
      const before = server.requests.length;
      const child = built.start([...args, '1G'], env);
      await Promise.race([server.askedTimes(before + 30), once(child, 'exit')]);
      child.kill('SIGKILL');
      expect((await ended(child)).status).toBe(null);
    }
    const resumed = await cli.run([...args, '1G'], env);
    expect([resumed.status, resumed.stderr]).toEqual([0, '']);
    expect(resumed.stdout).toBe(whole.stdout);
    const asked = server.requests.filter(({ path }) => !path.endsWith('/')).map(({ path }) => path);
    const twice = asked.filter((path, i) => asked.indexOf(path) !== i);
    // Those that were under way at a kill, three a host at a time, were begun again; none that was whole.
    expect(twice.length).toBeLessThanOrEqual(3 * 3);
    expect(await sizeOf(join(folder, 'cache'))).toBe(size);

    // A run that needs little of it leaves the cache within a limit of half.
    const [from, until] = ['2022-11-17T03:00', '2022-11-17T03:30'];
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

describe('a window that cannot be meant is refused', () => {
  test.each([
    [['replay', '--quiet'], /name files to read, or a window of the archives: --from and --until/],
    [['replay', '--from', '2014-12-22', '--quiet'], /--from needs --until/],
    [['replay', 'x.gz', '--from', '2014-12-22', '--until', '2014-12-23'], /do not name other files/],
    [['replay', '--from', '2014-12-23', '--until', '2014-12-22'], /--from must be before --until/],
    [['replay', '--from', '2010-12-23', '--until', '2014-12-22'], /at most 366 days/],
    [['replay', 'x.gz', '--collectors', 'rrc00'], /choose from the archives/],
    [['fetch', ...WINDOW, '--project', 'ris'], /route-views\.sg belongs to the other archive/],
    [['fetch', ...WINDOW, '--offline'], /nothing of this window is in/],
    [['fetch', ...WINDOW, '--broker', 'example'], /It must be a URL like/],
    [['fetch', 'https://'], /https:\/\/: this is not a URL/],
    [['fetch', 'ftp://127.0.0.1/rrc00.gz'], /fetch downloads URLs/],
    [['fetch', '-'], /fetch downloads URLs/],
    [['replay', '--from', '2100-01-01', '--until', '2100-01-02'], /is in the future/],
  ])('%s', async (args, words) => {
    const ran = await cli.run(args, env);
    expect(ran.stderr).toMatch(words);
    expect([2, 4]).toContain(ran.status);
  });
});

test('a password in a URL is refused and not printed', async () => {
  const url = 'http://me:secret@127.0.0.1/rrc00/updates.20221117.0000.gz';
  for (const [args, more] of [
    [['fetch', url], {}],
    [['fetch', ...WINDOW], { UNROUTABLE_RIS_ARCHIVE: url }],
  ] as const) {
    const ran = await cli.run(args, { ...env, ...more });
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining('with a user name or a password')]);
    expect(ran.stderr).not.toContain('secret');
  }
});

describe('fetch', () => {
  /** Half an hour: a dump, and what follows it, of one collector. */
  const FEW = ['--from', '2022-11-17T00:05', '--until', '2022-11-17T00:29', '--collectors', 'rrc00', '--quiet'];
  const names = ({ stdout }: { stdout: string }): string[] =>
    stdout
      .trim()
      .split('\n')
      .map((path) => basename(path));

  test('only brings the files: it prints their paths, and asks for nothing that is here', async () => {
    const first = await cli.run(['fetch', ...FEW, '--contact', 'me@example.org'], env);
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(names(first)).toEqual([
      'bview.20221117.0000.gz',
      ...['0000', '0005', '0010', '0015', '0020', '0025'].map((time) => `updates.20221117.${time}.gz`),
    ]);
    expect(server.requests.every(({ agent }) => /^unroutable\/\S+ \(.*; me@example\.org\)$/.test(agent ?? ''))).toBe(
      true,
    );
    const asked = server.asked(/gz$/);
    const again = await cli.run(['fetch', ...FEW], env);
    expect([again.stdout, server.asked(/gz$/)]).toEqual([first.stdout, asked]);
  });

  test('names what is not to be had or broken, with status 3, and brings the rest', async () => {
    server.files.set('rrc00/2022.11/updates.20221117.0005.gz', (bytesOf('0005') ?? new Uint8Array()).slice(0, -9));
    server.fail(/0010/, { kind: 'html' }, 99);
    server.fail(/0015/, { kind: 'status', status: 403 }, 99);
    server.files.delete('rrc00/2022.11/updates.20221117.0020.gz');
    const ran = await cli.run(['fetch', ...FEW], env);
    expect(ran.status).toBe(3);
    expect(names(ran)).toHaveLength(4);
    expect(ran.stderr).toMatch(/updates\.20221117\.0005\.gz: damaged: /);
    expect(ran.stderr).toMatch(/updates\.20221117\.0010\.gz: not fetched: what the server sent .*web page/);
    expect(ran.stderr).toMatch(/updates\.20221117\.0015\.gz: not fetched: HTTP 403/);
  }, 60_000);

  test('goes through the proxy of the environment, and is sent on by redirects', async () => {
    const proxy = await connectProxy(Number(new URL(server.url).port));
    const archive = 'http://archive.example';
    server.fail(/0005/, { kind: 'redirect', to: `http://mirror.example/rrc00/2022.11/updates.20221117.0010.gz` });
    const through = { ...env, HTTP_PROXY: proxy.url, UNROUTABLE_RIS_ARCHIVE: archive };
    const ran = await built.run(['fetch', ...FEW], through);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    expect(new Set(proxy.asked)).toEqual(new Set(['archive.example:80', 'mirror.example:80']));
  });

  test('of an archive over TLS goes through HTTPS_PROXY', async () => {
    const authority = makeAuthority('an authority of this test');
    const front = createTls(
      authority.issue({ name: 'archive.example', names: [dnsName('archive.example')] }),
      (socket) => {
        const behind = connect(Number(new URL(server.url).port), '127.0.0.1');
        socket
          .on('error', () => behind.destroy())
          .pipe(behind)
          .on('error', () => socket.destroy())
          .pipe(socket);
      },
    );
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void front.close());
    const proxy = await connectProxy((front.address() as AddressInfo).port);
    const trusted = join(folder, 'authority.pem');
    await writeFile(trusted, authority.cert);
    const through = { ...env, HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: trusted };
    const ran = await built.run(['fetch', ...FEW], { ...through, UNROUTABLE_RIS_ARCHIVE: 'https://archive.example' });
    expect([ran.status, ran.stderr, names(ran).length]).toEqual([0, '', 7]);
    expect(new Set(proxy.asked)).toEqual(new Set(['archive.example:443']));
  });

  test('by several commands at a time into one cache: each file is fetched once, and all of them have all', async () => {
    const all = await Promise.all([1, 2, 3].map(() => built.run(['fetch', ...FEW], env)));
    expect(all.map(({ status, stderr, stdout }) => [status, stderr, stdout])).toEqual(
      all.map(() => [0, '', all[0]?.stdout]),
    );
    expect([names(all[0] ?? { stdout: '' }).length, server.asked(/gz$/)]).toEqual([7, 7]);
  });

  test('of a broker, it is the same window', async () => {
    const rows = [...server.files.keys()].map((path) => {
      const isRis = path.startsWith('rrc00');
      return brokerRow(`${server.url}/${path}`, isRis ? 'rrc00' : 'route-views.sg', isRis ? 5 : 15);
    });
    const broker = await brokerServer(rows);
    const args = ['replay', ...WINDOW, ...POLICY];
    const listed = await cli.run(args, env);
    const found = await cli.run([...args, '--broker', broker.url], {
      ...env,
      UNROUTABLE_CACHE: join(folder, 'other'),
    });
    expect([found.status, found.stderr, found.stdout]).toEqual([0, '', listed.stdout]);
    expect(await sizeOf(join(folder, 'other'))).toBe(await sizeOf(join(folder, 'cache')));
  }, 60_000);

  test('from the cache alone, a collector of which nothing is there is named', async () => {
    await cli.run(['fetch', ...FEW], env);
    const [, , , , , , ...quiet] = FEW;
    const ran = await cli.run(
      ['replay', ...FEW.slice(0, 4), '--collectors', 'rrc00,rrc01', ...quiet, '--offline'],
      env,
    );
    expect(ran.status).toBe(3);
    expect(ran.stderr).toContain('rrc01: nothing of this window is in the cache');
  });
});

/** A file of rrc00 by its time. */
function bytesOf(time: string): Uint8Array | undefined {
  return server.files.get(`rrc00/2022.11/updates.20221117.${time}.gz`);
}

describe('other inputs', () => {
  test('a URL that cannot be had is named with its reason', async () => {
    const ran = await cli.run(['replay', `${server.url}/nothing.gz`, ...POLICY], env);
    expect([ran.status, ran.stderr]).toEqual([4, `unroutable: ${server.url}/nothing.gz: not fetched: HTTP 404\n`]);
  });

  test('of a signed URL, whose name is longer than that of a file may be', async () => {
    const path = [...files.keys()].find((name) => name.includes('bview')) ?? '';
    const signed = (by: string) => `${server.url}/${path}?X-Amz-Signature=${by.repeat(400)}`;
    const ran = await cli.run(['fetch', signed('a'), signed('b'), '--quiet'], env);
    expect([ran.status, ran.stderr, new Set(ran.stdout.trim().split('\n')).size]).toEqual([0, '', 2]);
  });

  test('a URL and the standard input are read as files are', async () => {
    const path = [...files.keys()].find((name) => name.includes('bview')) ?? '';
    const ran = await cli.run(['replay', `${server.url}/${path}`, ...POLICY, '--collector', 'rrc00'], env);
    expect(ran.status).toBe(0);
    const child = built.start(['replay', '-', ...POLICY, '--collector', 'rrc00']);
    child.stdin.end(files.get(path));
    const piped = await ended(child);
    expect(piped.status).toBe(0);
    expect(piped.stdout).toBe(ran.stdout);
  });
});
