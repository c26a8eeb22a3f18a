import { execFile, spawn, type ChildProcessByStdio, type ExecFileOptions } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { inject } from 'vitest';
import { ROOT } from '../support/cli.ts';
import { isThorough } from '../support/thorough.ts';
import { isIgnored } from './context.ts';
import { environmentOf, execForm, lastOf, type Stage, type Step } from './dockerfile.ts';

/** The image's own files, in a folder: the base image is this machine. */
export interface NativeImage {
  /** What `/` is in the image. */
  readonly root: string;
  readonly workdir: string;
  /** Runs ENTRYPOINT with these words, or CMD's, in the image's environment and nothing of ours. */
  run(words?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** The same, for those that go on until they are stopped. */
  start(words: readonly string[], env?: Readonly<Record<string, string>>): Running;
  /** Runs any program so, as HEALTHCHECK and `docker exec` do. */
  exec(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  remove(): Promise<void>;
}

export type Running = ChildProcessByStdio<null, Readable, Readable>;

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Built {
  readonly stage: Stage;
  readonly root: string;
  workdir: string;
}

/** Of the instructions that say how the image is run, not what is in it. */
const SAID_ONLY = new Set(['CMD', 'ENTRYPOINT', 'ENV', 'HEALTHCHECK', 'LABEL', 'STOPSIGNAL', 'USER']);

/**
 * Does what the Dockerfile says without an engine: each stage is a folder, COPY copies, RUN runs in the stage's working
 * directory; only what is installed in this checkout already is taken from there. Owners are left as they are.
 *
 * @throws on whatever would not stay in its folder, or is not known here.
 */
export async function buildNatively(stages: readonly Stage[]): Promise<NativeImage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'unroutable-image-')));
  const built: Built[] = [];
  try {
    for (const stage of stages) {
      const one: Built = { stage, root: join(folder, String(built.length)), workdir: '/' };
      await mkdir(one.root);
      for (const step of stage.steps) await take(step, one, built);
      built.push(one);
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const image = built.at(-1);
  if (image === undefined) throw new Error('a Dockerfile without FROM');
  return imageOf(image, () => rm(folder, { recursive: true, force: true }));
}

async function take(step: Step, to: Built, before: readonly Built[]): Promise<void> {
  switch (step.keyword) {
    case 'WORKDIR':
      to.workdir = posix.resolve(to.workdir, step.text);
      await mkdir(join(to.root, to.workdir), { recursive: true });
      return;
    case 'COPY':
      return await copy(step, to, before);
    case 'RUN':
      return await runStep(step.text, to);
    default:
      if (!SAID_ONLY.has(step.keyword)) throw new Error(`${step.keyword} is not known here`);
  }
}

async function runStep(text: string, to: Built): Promise<void> {
  const { stage, root, workdir } = to;
  if (/(?:^|[\s=:'"])\//.test(text)) throw new Error(`RUN would leave its folder: ${text}`);
  if (text === INSTALL_ALL && (await isInstalledHere(join(root, workdir)))) {
    return await symlink(join(ROOT, 'node_modules'), join(root, workdir, 'node_modules'));
  }
  if (text.startsWith(BUILD) && !isThorough && inject('isBuilt')) {
    await cp(join(ROOT, 'dist'), join(root, workdir, 'dist'), { recursive: true });
    return await runStep(text.slice(BUILD.length), to);
  }
  const env = { ...ourEnvironment(), ...environmentOf(stage) };
  const { status, stdout, stderr } = await ran('sh', ['-c', text], { cwd: join(root, workdir), env });
  if (status !== 0) throw new Error(`RUN ${text} ended with ${status}:\n${stdout}${stderr}`);
}

/** What `npm ci` did for this checkout before there was a test: 350 MB of which the image gets nothing. */
const INSTALL_ALL = 'npm ci --ignore-scripts';

/** Only a thorough run builds what `npm ci` has built of the same sources: it shows that they are all copied into the image. */
const BUILD = 'npm run build && ';

/** Whether the checkout has just what the lock file of this folder says. */
async function isInstalledHere(folder: string): Promise<boolean> {
  const [locked, installed] = await Promise.all([
    packagesOf(join(folder, 'package-lock.json')),
    packagesOf(join(ROOT, 'node_modules/.package-lock.json')),
  ]);
  return Object.entries(installed).every(([path, { integrity }]) => locked[path]?.integrity === integrity);
}

async function packagesOf(lockFile: string): Promise<Readonly<Record<string, { readonly integrity?: string }>>> {
  const text = await readFile(lockFile, 'utf8');
  return (JSON.parse(text) as { readonly packages: Awaited<ReturnType<typeof packagesOf>> }).packages;
}

async function copy(step: Step, to: Built, before: readonly Built[]): Promise<void> {
  const words = step.text.split(/\s+/);
  const target = words.pop() ?? '';
  const from = step.flags['from'];
  const source = before.find(({ stage }) => stage.name === from);
  if (from !== undefined && source === undefined) throw new Error(`COPY from a stage that is none: ${from}`);
  const root = source?.root ?? ROOT;
  const into = join(to.root, posix.resolve(to.workdir, target));
  await mkdir(target.endsWith('/') ? into : dirname(into), { recursive: true });
  for (const word of words) {
    const isFolder = (await stat(join(root, word))).isDirectory();
    await cp(join(root, word), isFolder || !target.endsWith('/') ? into : join(into, basename(word)), {
      recursive: true,
      // As docker does: a link stays the link that it is.
      verbatimSymlinks: true,
      filter: async (path) => source !== undefined || (await stat(path)).isDirectory() || !ignored(path),
    });
  }
}

function ignored(path: string): boolean {
  return isIgnored(path.slice(ROOT.length).replace(/^\//, ''));
}

function imageOf({ stage, root, workdir }: Built, remove: () => Promise<void>): NativeImage {
  const own = nativeEnvironment(environmentOf(stage), root);
  const exec: NativeImage['exec'] = ([program = '', ...words], env = {}) =>
    ran(program, words, { cwd: join(root, workdir), env: { ...own, ...env } });
  const words = (keyword: string) => execForm(lastOf(stage, keyword)?.text ?? '') ?? [];
  return {
    root,
    workdir: join(root, workdir),
    exec,
    run: (given = words('CMD'), env) => exec([...words('ENTRYPOINT'), ...given], env),
    start(given, env = {}) {
      const [program = '', ...rest] = [...words('ENTRYPOINT'), ...given];
      return spawn(program, rest, {
        cwd: join(root, workdir),
        env: { ...own, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    },
    remove,
  };
}

function ran(program: string, words: readonly string[], options: ExecFileOptions): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, words, { ...options, encoding: 'utf8', maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** The image's variables, what it names of its own files found in its folder; Node.js is the one that runs the test. */
function nativeEnvironment(env: Readonly<Record<string, string>>, root: string): Record<string, string> {
  const own = /^\/(?:app|var\/lib\/unroutable)(?=\/|$)/;
  const native = Object.entries(env).map(([name, value]) => [
    name,
    value
      .split(':')
      .map((path) => (own.test(path) ? join(root, path) : path))
      .join(':'),
  ]);
  const all = Object.fromEntries(native) as Record<string, string>;
  const [first, ...rest] = (all['PATH'] ?? '').split(':');
  return { ...all, PATH: [first, dirname(process.execPath), ...rest].join(':') };
}

/** Ours, for npm's settings, without what `npm test` passes to its children about this checkout. */
function ourEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_(?!config_)|npm_config_local|INIT_CWD|NODE_)/.test(name),
  );
  return { ...Object.fromEntries(kept), npm_config_prefer_offline: 'true' };
}
