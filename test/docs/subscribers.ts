import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/cli.ts';
import { theRedis } from '../support/redis/binary.ts';

const run = promisify(execFile);
const file = (name: string): string => join(ROOT, 'docs/examples', name);

/** One of the programs that docs/events.md shows. */
export interface Example {
  readonly name: string;
  /** Why it cannot be run on this machine; `undefined` when it can. */
  readonly lacks: string | undefined;
  /** Whether `follow` says that an event is missing. */
  readonly tellsHoles: boolean;
  /** What it is run with; what it needs for that is made in a folder of the test's. */
  readonly prepare: (folder: string) => Promise<Program>;
}

/** What an example is run with. */
export interface Program {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const GO_REDIS = 'github.com/redis/go-redis/v9';

/** Nothing is fetched: what is not on this machine is not there. */
const OFFLINE = { GOPROXY: 'off', GOSUMDB: 'off', GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' };

/** The programs, and which of them can be run here. */
export async function theExamples(): Promise<readonly Example[]> {
  const [redisCli, bash, python, goRedis] = await Promise.all([
    findRedisCli(),
    answers('bash', ['-c', 'mapfile -t lines </dev/null']),
    answers('python3', ['-c', 'import redis; assert int(redis.__version__.split(".")[0]) >= 5']),
    findGoRedis(),
  ]);
  return [
    {
      name: 'subscribe.mjs',
      lacks: undefined,
      tellsHoles: true,
      prepare: () => asIs(process.execPath, 'subscribe.mjs'),
    },
    {
      name: 'subscribe.sh',
      lacks: redisCli === undefined ? 'there is no redis-cli here' : bash ? undefined : 'there is no bash 4 here',
      tellsHoles: false,
      prepare: async (folder) => ({
        command: ['bash', file('subscribe.sh')],
        env: await withRedisCli(folder, redisCli ?? 'redis-cli'),
      }),
    },
    {
      name: 'subscribe.py',
      lacks: python ? undefined : 'there is no Python with redis-py 5 here',
      tellsHoles: true,
      prepare: () => asIs('python3', 'subscribe.py'),
    },
    {
      name: 'subscribe.go',
      lacks: goRedis === undefined ? 'there is no Go with go-redis v9 in its cache here' : undefined,
      tellsHoles: true,
      prepare: async (folder) => ({ command: [await buildGo(folder, goRedis ?? '')], env: process.env }),
    },
  ];
}

async function asIs(program: string, name: string): Promise<Program> {
  return { command: [program, file(name)], env: process.env };
}

/** The one beside the tests' server, else one on PATH. Of Valkey it has another name. */
async function findRedisCli(): Promise<string | undefined> {
  const redis = await theRedis().catch(() => undefined);
  if (redis === undefined) return undefined;
  if (redis.cli !== undefined) return redis.cli;
  return (await answers('redis-cli', ['--version'])) ? 'redis-cli' : undefined;
}

/** An environment in which `redis-cli` is that program, with the libraries of the tests' own Redis. */
async function withRedisCli(folder: string, cli: string): Promise<NodeJS.ProcessEnv> {
  const { env } = await theRedis();
  if (cli === 'redis-cli') return env;
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await symlink(cli, join(bin, 'redis-cli'));
  return { ...env, PATH: `${bin}:${env['PATH'] ?? ''}` };
}

/** The go.mod that asks for the newest go-redis in Go's cache, when all that it needs is there too. */
async function findGoRedis(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'unroutable-go-'));
  try {
    const { stdout } = await run('go', ['env', 'GOMODCACHE']);
    const names = await readdir(join(stdout.trim(), 'cache/download/github.com/redis/go-redis/v9/@v'));
    const versions = names.flatMap((name) => /^(v9\.\d+\.\d+)\.zip$/.exec(name)?.[1] ?? []);
    const newest = versions.sort(new Intl.Collator('en', { numeric: true }).compare).at(-1);
    const goMod = `module subscribe\n\ngo 1.21\n\nrequire ${GO_REDIS} ${newest}\n`;
    await go(folder, goMod, ['list', '-deps', GO_REDIS]);
    return goMod;
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function buildGo(folder: string, goMod: string): Promise<string> {
  const program = join(folder, 'subscribe');
  await go(folder, goMod, ['build', '-o', program, file('subscribe.go')]);
  return program;
}

async function go(folder: string, goMod: string, args: readonly string[]): Promise<void> {
  await writeFile(join(folder, 'go.mod'), goMod);
  await run('go', args, { cwd: folder, env: { ...process.env, ...OFFLINE } });
}

async function answers(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args).then(
    () => true,
    () => false,
  );
}
