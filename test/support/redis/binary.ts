import { execFile } from 'node:child_process';
import { access, constants, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isAlive } from '../../../src/lib/process.ts';

/** A Redis (or Valkey) that runs on this machine. It is a Sentinel, too: `redis-server FILE --sentinel`. */
export interface RedisBinary {
  /** Path of redis-server. */
  readonly server: string;
  /** Path of redis-cli; `undefined`: it is not beside the server. */
  readonly cli: string | undefined;
  /** The version that the server reports: `7.0.15`. */
  readonly version: string;
  /** The environment for the programs, with the path of their libraries. */
  readonly env: NodeJS.ProcessEnv;
}

/** Cluster slots by range and sharded channels came with 7.0. */
const OLDEST_MAJOR = 7;
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/redis', import.meta.url));
const APT_TIMEOUT_MS = 100_000;
const LOCK_HOLDS_MS = 2 * APT_TIMEOUT_MS;
const run = promisify(execFile);

/**
 * Finds a Redis: `$UNROUTABLE_REDIS_SERVER`, then PATH, then Debian's (or Ubuntu's) own packages, which apt fetches from
 * the machine's own sources and which are unpacked, without root, below `cache`: once, however many ask at a time.
 *
 * @throws when none of the ways works, with the reason of each and what to do.
 */
export async function findRedis(env: NodeJS.ProcessEnv = process.env, cache: string = CACHE): Promise<RedisBinary> {
  const chosen = env['UNROUTABLE_REDIS_SERVER'];
  if (chosen !== undefined && chosen !== '') return await usable(chosen, env);

  const reasons = ['UNROUTABLE_REDIS_SERVER is not set'];
  for (const name of ['redis-server', 'valkey-server']) {
    try {
      return await usable(await onPath(name, env), env);
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  try {
    return await fromPackages(env, cache);
  } catch (error) {
    reasons.push(`the distribution's packages, unpacked without root: ${reasonOf(error)}`);
  }
  throw new Error(
    `there is no Redis for the tests to talk to:\n${reasons.map((reason) => `  - ${reason}\n`).join('')}` +
      `Install Redis ${OLDEST_MAJOR} or newer (Debian, Ubuntu: apt install redis-server; macOS: brew install redis; ` +
      'Alpine: apk add redis; Fedora: dnf install valkey), or set UNROUTABLE_REDIS_SERVER to the path of a redis-server.',
  );
}

let found: Promise<RedisBinary> | undefined;

/** `findRedis`, once in this process. */
export function theRedis(): Promise<RedisBinary> {
  found ??= findRedis();
  return found;
}

/**
 * Creates the folder `target` with `make`, unless it exists. If many processes need it at once, one creates it and the
 * others wait; if that one dies, the next continues. `make` fills a folder that is then renamed, so `target` is never
 * incomplete.
 */
export async function unlessThere(target: string, make: (partial: string) => Promise<void>): Promise<void> {
  const lock = `${target}.lock`;
  await mkdir(dirname(target), { recursive: true });
  while (!(await isThere(target))) {
    if (!(await takeLock(lock))) {
      await sleep(50);
      continue;
    }
    const partial = `${target}.partial-${process.pid}`;
    try {
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial);
      await make(partial);
      await rename(partial, target).catch(ignore('ENOTEMPTY', 'EEXIST'));
    } finally {
      await rm(partial, { recursive: true, force: true });
      await rm(lock, { force: true });
    }
  }
}

/** The lock only saves work: if it were taken twice, the second rename would find the first one's folder. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    ignore('EEXIST')(error);
  }
  const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
  const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Infinity }));
  // Another process may have got the same id; the creator of an empty file may have died before it wrote.
  const isStale = Date.now() - mtimeMs > LOCK_HOLDS_MS || (holder !== 0 && !isAlive(holder));
  if (isStale) await rm(lock, { force: true });
  return false;
}

async function usable(server: string, env: NodeJS.ProcessEnv): Promise<RedisBinary> {
  const { stdout } = await run(server, ['--version'], { env, timeout: 10_000 });
  const version = /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`${server} does not say its version as a Redis does`);
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    throw new Error(`${server} is Redis ${version}, older than ${OLDEST_MAJOR}`);
  }
  const cli = join(dirname(server), server.endsWith('valkey-server') ? 'valkey-cli' : 'redis-cli');
  return { server, cli: (await isThere(cli)) ? cli : undefined, version, env };
}

async function onPath(name: string, env: NodeJS.ProcessEnv): Promise<string> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, name);
    if (folder !== '' && (await isThere(file))) return file;
  }
  throw new Error(`${name} is not on PATH`);
}

async function fromPackages(env: NodeJS.ProcessEnv, cache: string): Promise<RedisBinary> {
  await Promise.all(
    ['apt-get', 'dpkg-deb'].map(async (tool) => {
      await onPath(tool, env);
    }),
  );
  const target = join(cache, await distribution());
  await unlessThere(target, (partial) => unpackPackages(partial, env));

  const libraries = (await Promise.all(['usr/lib', 'lib'].map((folder) => librariesIn(join(target, folder))))).flat();
  const path = [...libraries, env['LD_LIBRARY_PATH'] ?? ''].filter((folder) => folder !== '').join(delimiter);
  return await usable(join(target, 'usr/bin/redis-server'), { ...env, LD_LIBRARY_PATH: path });
}

/** A checkout may be shared with a container of another release. */
async function distribution(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([\\w.-]+)`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`;
}

async function librariesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.includes('-linux-')).map((name) => join(folder, name));
}

/** With the machine's package lists if they serve, else with fresh ones of our own. */
async function unpackPackages(partial: string, env: NodeJS.ProcessEnv): Promise<void> {
  const work = join(partial, 'apt');
  await mkdir(join(work, 'lists/partial'), { recursive: true });
  // apt's own user need not be able to write here.
  const options = ['APT::Sandbox::User=root', 'Acquire::Retries=2', `Dir::Cache=${work}`].flatMap((o) => ['-o', o]);
  const ownLists = [...options, '-o', `Dir::State::lists=${join(work, 'lists')}`];
  const apt = (...args: readonly string[]) =>
    run('apt-get', args, { cwd: work, env: { ...env, LC_ALL: 'C' }, timeout: APT_TIMEOUT_MS, maxBuffer: 16 * 2 ** 20 });

  try {
    await download(apt, options);
  } catch {
    // A failing source of other packages does not matter; a missing source of Redis is noticed below.
    await apt(...ownLists, 'update').catch(() => undefined);
    await download(apt, ownLists);
  }
  const packages = (await readdir(work)).filter((name) => name.endsWith('.deb'));
  for (const file of packages) await run('dpkg-deb', ['-x', join(work, file), partial]);
  await rm(work, { recursive: true });
}

/** The packages that an installation would add: Redis, and its missing libraries. */
async function download(
  apt: (...args: readonly string[]) => Promise<{ readonly stdout: string }>,
  options: readonly string[],
): Promise<void> {
  const { stdout } = await apt(...options, 'install', '--simulate', '--no-install-recommends', 'redis-server');
  const names = [...stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
  await apt(...options, 'download', ...names);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function ignore(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
  };
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** The last line of a failed command names the reason. */
function reasonOf(error: unknown): string {
  const stderr = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
  return stderr === undefined || stderr === '' ? (error as Error).message : stderr;
}
