import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The compiled command, started like by a person. */
export interface Command {
  /** Path of `main.js`. */
  readonly main: string;
  /** Where it runs: tapes and stores lie there. */
  readonly folder: string;
}

export type Env = Readonly<Record<string, string>>;

/** A process of the command, with its output so far. */
export interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  /** Lines of stdout. */
  readonly lines: readonly string[];
  /** The end of stderr. */
  readonly stderr: () => string;
  /** Called with the number of lines so far. */
  readonly onLine: (then: (lines: number) => void) => void;
  /** Resolves when all its output was read. */
  readonly ended: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>;
}

const MAX_STDERR = 16_384;

export function start({ main, folder }: Command, args: readonly string[], env: Env = {}): Started {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ...env },
  });
  const lines: string[] = [];
  let stderr = '';
  const watchers: ((lines: number) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const watcher of watchers) watcher(lines.length);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-MAX_STDERR)));
  return {
    child,
    lines,
    stderr: () => stderr,
    onLine: (then) => watchers.push(then),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (status, signal) => resolve({ status, signal }));
    }),
  };
}

/** Runs it to its end. @throws unless it ends well. */
export async function ran(command: Command, args: readonly string[], env: Env = {}): Promise<readonly string[]> {
  const { ended, lines, stderr } = start(command, args, env);
  const { status, signal } = await ended;
  if (status !== 0) throw new Error(`unroutable ${args.join(' ')} ended with ${status ?? signal}: ${stderr()}`);
  return lines;
}

/** The result of an undisturbed run. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end, however that is. */
export async function calmly(command: Command, args: readonly string[], env: Env = {}): Promise<Ran> {
  const { ended, lines, stderr } = start(command, args, env);
  const { status } = await ended;
  return { status, stdout: lines.map((line) => `${line}\n`).join(''), stderr: stderr() };
}
