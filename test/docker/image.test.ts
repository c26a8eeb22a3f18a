import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, onTestFinished, test as anyTest } from 'vitest';
import { ROOT, TWO_WAVES } from '../support/cli.ts';
import { startRedis, type RedisServer } from '../support/redis/server.ts';
import { readCompose, redisConfig } from './compose.ts';
import { DOCKERFILE, stagesOf } from './dockerfile.ts';
import { buildNatively, type NativeImage, type Running } from './native-build.ts';
import { usersOfTheDocs } from './users.ts';
import { noRedis } from '../support/redis/tests.ts';
import { hasShell } from '../support/shell.ts';

/**
 * The image, built by the Dockerfile's own steps in a folder, with this machine for its base image: what would be in it,
 * and that its entry command runs from that alone.
 */
/* oxlint-disable vitest/no-disabled-tests -- they are skipped where they cannot run */
const test = anyTest.skipIf(!hasShell);
const redisTest = anyTest.skipIf(!hasShell || noRedis !== undefined);
/* oxlint-enable vitest/no-disabled-tests */

let image: NativeImage;

/** Three turns of two programs, on a machine that may be busy. */
const PATIENT = { timeout: 400_000 };

/** What the programs logged, for a failure. */
const said: string[] = [];

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

beforeAll(async () => {
  image = await buildNatively(stagesOf(DOCKERFILE));
  return () => image.remove();
});

describe('the image holds', () => {
  test('all that the package holds, but for the library, which nothing there imports', () => {
    const isNeeded = (file: string): boolean => !file.startsWith('!') && !/^dist\/(?:src|streams)$/.test(file);
    const wanted = ['package.json', 'README.md', 'LICENSE', ...manifest.files.filter(isNeeded)];
    const held = filesOf(image.workdir);
    expect(wanted.filter((path) => !held.some((file) => `${file}/`.startsWith(`${path}/`)))).toEqual([]);
  });

  test('no source, test, script or golden, and nothing of the Rust crate but what was built', () => {
    const isKnown = (path: string): boolean => path.startsWith('docs/') || path === 'scripts/prepare.cjs';
    const own = filesOf(image.workdir).filter((path) => !path.startsWith('node_modules/') && !isKnown(path));
    const isOdd = (path: string): boolean =>
      /(?:^|\/)(?:test|scripts|target)\/|\.test\.|golden|\.rs$|Cargo|\.map$|package-lock/.test(path) ||
      (path.endsWith('.ts') && !path.endsWith('.d.ts'));
    expect(own.filter(isOdd)).toEqual([]);
  });

  test('every dependency, and none of those for development', () => {
    const isThere = (name: string) =>
      readdirSync(join(image.workdir, 'node_modules', name, '..')).includes(lastPart(name));
    expect(Object.keys(manifest.dependencies).filter((name) => !isThere(name))).toEqual([]);
    const folders = new Set(readdirSync(join(image.workdir, 'node_modules')));
    expect(Object.keys(manifest.devDependencies).filter((name) => folders.has(name))).toEqual([]);
  });

  test('an empty folder for state', () => {
    expect(readdirSync(join(image.root, 'var/lib/unroutable'))).toEqual([]);
  });
});

describe('its entry command', () => {
  test('says its version', async () => {
    expect(await image.run(['--version'])).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  test('without words says how it is used', async () => {
    const { status, stdout } = await image.run();
    expect(status).toBe(0);
    expect(stdout).toContain('Usage: unroutable');
  });

  test('knows how to watch', async () => {
    const { status, stdout } = await image.run(['watch', '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('Usage: unroutable watch');
  });

  test('replays a shipped incident, decides what the checkout decides, and leaves no file behind', async () => {
    const before = filesOf(image.root).map((file) => stampOf(file));
    const { status, stdout } = await image.run(['replay', 'incidents/2022-11-17', '--format', 'ndjson', '--quiet']);
    expect(status).toBe(0);
    expect(decidedIn(stdout)).toEqual(decidedIn(readFileSync(join(TWO_WAVES, 'events.golden.ndjson'), 'utf8')));
    expect(stdout).toContain('"country.unroutable"');
    expect(filesOf(image.root).map((file) => stampOf(file))).toEqual(before);
  });

  test('has stores that load, though no install script ran: Redis and LMDB', async () => {
    const script = `
      const [{ Redis }, { open }] = await Promise.all([import('ioredis'), import('lmdb')]);
      const store = open({ path: process.env.UNROUTABLE_STORE });
      await store.put('kept', typeof Redis);
      console.log(store.get('kept'));
      await store.close();`;
    const ran = await image.exec(['node', '--input-type=module', '--eval', script]);
    expect(ran).toEqual({ status: 0, stdout: 'function\n', stderr: '' });
  });
});

const mayMount = spawnSync('unshare', ['-m', 'mount', '-o', 'remount,bind,ro', '/']).status === 0;

/** One after the other, with nothing to write to but the store's volume, as `read_only: true` and a user without a home have it. */
const READ_ONLY = `mount -t tmpfs none /mnt && mount -o remount,bind,ro / && { mount -o remount,bind,ro /dev/shm; true; } || exit 90
if touch "$PWD/written" 2> /dev/null; then exit 91; fi
export HOME=/nonexistent UNROUTABLE_STORE=/mnt/state UNROUTABLE_NAME=KP
set -e
run() { node dist/cli/main.js "$@"; }
run replay incidents/2022-11-17 --store "$UNROUTABLE_STORE" --quiet --format ndjson | wc -l
run events --format ndjson | wc -l
run status > /dev/null && run store check > /dev/null && run webhook list > /dev/null && run uptime > /dev/null
run webhook add desk http://127.0.0.1:9/hook --http --port 9 --allow 127.0.0.0/8 > /dev/null
run report incidents/2022-11-17 -o /mnt/report.png --resolution hour --picture messages --quiet
run history --territory KP incidents/2022-11-17 > /dev/null
echo done`;

anyTest.skipIf(!hasShell || !mayMount)(
  '28: with a read-only root and no home every command of the docs does its work',
  async () => {
    const { status, stdout, stderr } = await image.exec(['unshare', '-m', 'sh', '-c', READ_ONLY]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const [replayed, stored, end] = stdout.trim().split('\n');
    expect(Number(stored)).toBe(Number(replayed));
    expect(end).toBe('done');
  },
);

/**
 * docker-compose.yml without Docker: its Redis by its settings, its analyzers by its commands, asked by its health check.
 * Only what it listens to is ours: a recording, served by the same image.
 */
describe('the services together', () => {
  const { services } = readCompose();
  const healthcheck = (services['analyzer']?.healthcheck?.test ?? []).slice(1);

  redisTest(
    'an analyzer leads and is well; it is stopped, and the standby leads; without it, none is well',
    PATIENT,
    async () => {
      const redis = await startRedis({ config: { ...redisConfig(), include: join(image.root, 'no-users', '*.conf') } });
      onTestFinished(redis.stop);
      const env = { UNROUTABLE_STORE: storeUrl(redis) };
      // Well is who can see: the first table gives the peers of the recording their votes.
      const seed = 'mrt:incidents/2022-11-17/reconstructed-a/bgpdata/bview.20221116.1200.gz';
      const feed = ['--url', await served(), '--history', '--seed', seed, '--store', env.UNROUTABLE_STORE];
      const isWell = async () => (await image.exec(healthcheck, env)).status === 0;
      const leader = async () => leaderIn((await image.run(['status', '--format', 'json'], env)).stdout);
      expect(await isWell()).toBe(false);

      const analyzer = started([...(services['analyzer']?.command ?? []), ...feed], env);
      await until(isWell);
      expect(await leader()).toContain(`:${analyzer.pid}`);

      // A container has a network of its own; here both would listen on one port.
      const words = (services['standby']?.command ?? []).map((word) => word.replace(/:\d+$/, ':0'));
      const standby = started([...words, ...feed], env);
      await until(async () => (await instances(env)) === 2);
      expect(await leader()).toContain(`:${analyzer.pid}`);
      expect(await stopped(analyzer)).toBe(0);
      // While the lease changes hands a look may find no answer: it is asked again. Whether it sees is another matter: the
      // recording may be over by then, and without a feed we are blind.
      await until(async () => ((await leader().catch(() => undefined)) ?? '').includes(`:${standby.pid}`));

      expect(await stopped(standby)).toBe(0);
      expect(await isWell()).toBe(false);
    },
  );

  redisTest(
    'with the users of the docs: what is decided is stored, reported and exported, and no other user can read it',
    async () => {
      const redis = await redisWithUsers();
      const env = { UNROUTABLE_STORE: storeUrl(redis, 'unroutable@', `?password-file=${redis.passwordFile}`) };
      expect((await image.run(['store', 'check'], env)).status).toBe(0);
      const words = [
        'replay',
        'incidents/2022-11-17',
        '--format',
        'ndjson',
        '--quiet',
        '--store',
        env.UNROUTABLE_STORE,
      ];
      const replayed = await image.run(words, env);
      expect(replayed.status).toBe(0);
      const reported = await image.run(['events', '--format', 'ndjson'], env);
      expect(decidedIn(reported.stdout)).toEqual(decidedIn(replayed.stdout));
      const written = await image.run(['store', 'export'], env);
      expect(written.stdout.split('\n').length).toBeGreaterThan(decidedIn(reported.stdout).length);
      expect((await image.run(['events'], { UNROUTABLE_STORE: storeUrl(redis) })).status).not.toBe(0);
    },
  );
});

function storeUrl({ host, port }: RedisServer, user = '', query = ''): string {
  return `redis://${user}${host}:${port}${query}`;
}

/** As deploy/docker-compose.login.yml has it. */
async function redisWithUsers(): Promise<RedisServer & { readonly passwordFile: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'unroutable-users-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const password = 'a password of a test';
  const passwordFile = join(folder, 'redis-password');
  await writeFile(passwordFile, `${password}\n`);
  await writeFile(join(folder, 'redis-users.conf'), usersOfTheDocs(password));
  const config = { ...redisConfig(), include: join(folder, '*.conf') };
  const redis = await startRedis({ config, as: { username: 'unroutable', password } });
  onTestFinished(redis.stop);
  return { ...redis, passwordFile };
}

/** Serves the incident as RIS Live would have, and stays. @returns its URL */
async function served(): Promise<string> {
  const words = ['serve-ris', 'incidents/2022-11-17/**/updates.*', '--port', '0', '--at-end', 'idle', '--speed', 'max'];
  const serving = started(words);
  return await new Promise((resolve, reject) => {
    let said = '';
    const collect = (chunk: Buffer) => {
      said += chunk.toString();
      const url = /ws:\/\/\S+/.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    };
    serving.stdout.on('data', collect);
    serving.stderr.on('data', collect);
    serving.once('exit', () => reject(new Error(`serve-ris ended: ${said}`)));
  });
}

/** It ends with the test, whatever becomes of it. */
function started(words: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = image.start(words, env);
  child.stdout.resume();
  child.stderr.on('data', (chunk: Buffer) => said.push(`${child.pid}: ${chunk.toString()}`));
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** By STOPSIGNAL, within the time that docker would give. @returns the exit status; `null` when it had to be killed */
async function stopped(child: Running): Promise<number | null> {
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const [status] = await ended;
  clearTimeout(killer);
  return status;
}

/** Each try starts a program, or two; those that are waited for need the processor as well. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`it never came to that:\n${said.join('')}`);
    await sleep(1000);
  }
}

function leaderIn(status: string): string | undefined {
  return (JSON.parse(status) as { readonly leader?: { readonly id: string } }).leader?.id;
}

async function instances(env: Readonly<Record<string, string>>): Promise<number> {
  const { stdout, stderr } = await image.run(['status', '--format', 'json'], env);
  if (stdout === '') throw new Error(`status printed nothing: ${stderr}`);
  return (JSON.parse(stdout) as { readonly instances: readonly unknown[] }).instances.length;
}

/** Each event's id, which is a hash of what was decided. */
function decidedIn(ndjson: string): readonly string[] {
  const lines = ndjson.trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { readonly id: string }).id);
}

function stampOf(file: string): string {
  return `${file} ${statSync(join(image.root, file)).mtimeMs}`;
}

function lastPart(name: string): string {
  return name.split('/').at(-1) ?? name;
}

function filesOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
