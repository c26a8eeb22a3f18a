import { execFile, spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { onceForAll } from './once.ts';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The incident that the tests replay. */
export const BLACKOUT = join(ROOT, 'incidents/2014-12-22');

/** A short incident with two outages, for tests with another subject. */
export const TWO_WAVES = join(ROOT, 'incidents/2022-11-17');

/** The result of a run of the command. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BuiltCli {
  /** A folder that is removed after the tests. */
  readonly folder: string;
  /** Path of the program, for Node.js. */
  readonly main: string;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** The same with stdout sent to a file, by a shell. */
  runInto(file: string, args: readonly string[]): Promise<Ran>;
  /** For tests that talk to it while it runs. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcessWithoutNullStreams;
  remove(): Promise<void>;
}

/** The command, bundled as in the package and run as a process. `npm run typecheck` checks types. */
export async function buildCli(): Promise<BuiltCli> {
  const main = await bundledMain();
  const folder = await mkdtemp(join(tmpdir(), 'unroutable-cli-'));

  const path = { PATH: process.env['PATH'] };
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    spawn(process.execPath, [main, ...args], { cwd: folder, env: { ...path, ...env } });
  return {
    folder,
    main,
    start,
    run: (args, env) => ended(start(args, env)),
    runInto: async (file, args) => {
      const output = await open(resolve(folder, file), 'w');
      try {
        const stdio = ['ignore', output.fd, 'pipe'] as const;
        return await ended(spawn(process.execPath, [main, ...args], { cwd: folder, env: path, stdio: [...stdio] }));
      } finally {
        await output.close();
      }
    },
    async remove() {
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * The one of `dist`, if that is of these sources. Else the first test file that asks bundles it, the others wait for that.
 * @returns the program
 */
export async function bundledMain(): Promise<string> {
  if (inject('isBuilt')) return join(ROOT, 'dist/cli/main.js');
  // Within the checkout, where its dependencies are found.
  const folder = inject('bundle');
  const rolldown = join(ROOT, 'node_modules/.bin/rolldown');
  await onceForAll(folder, 'main.js', () => promisify(execFile)(rolldown, ['-c', '--dir', folder], { cwd: ROOT }));
  return join(folder, 'main.js');
}

/** Resolves when the process has ended and all its output was read. */
export function ended(child: ChildProcess): Promise<Ran> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject).once('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** MRT files in a folder and below, in order of their path. */
export async function mrtFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => /\.(?:gz|bz2)$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}
