import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { complain, type Io } from '../../app/io.ts';
import type { Handlers, TaskEnd } from '../../jobs/queue.ts';
import { RunFolder } from '../../jobs/run-folder.ts';
import { provenShelf } from '../../jobs/shelf/open.ts';
import type { Shelf } from '../../jobs/shelf/shelf.ts';
import { systemClock } from '../../app/system-clock.ts';
import { refusal } from '../../lib/errno.ts';
import { bad } from '../../lib/result.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { openQueue } from './queue.ts';

/** The parsed options of `jobs work`. */
export interface WorkerOptions {
  readonly out: string;
  readonly redis?: string;
  /** Tasks at a time. @default one per core */
  readonly tasks?: number;
  /** Milliseconds. */
  readonly lock?: number;
  readonly quiet?: boolean;
}

const LOCK_MS = 30_000;
const WATCHDOG_MS = 30_000;
/** How long a child may take to stop, milliseconds. */
const STOP_WITHIN_MS = 5_000;
/** How long a worker may take to stop, milliseconds: first its children, then its connections. */
const LEAVE_WITHIN_MS = STOP_WITHIN_MS + 2_000;
/** Most characters of a child's stderr that are stored, from the end. */
const MOST_WORDS = 4_096;

/**
 * `unroutable jobs work`: takes tasks from the queue until it is stopped. Each task runs in its own process, so that a
 * busy task does not delay the renewal of locks, and a task whose lock was lost can be killed.
 */
export async function work(options: WorkerOptions, io: Io): Promise<ExitStatus> {
  const proven = await provenShelf(options.out, io.env);
  if (!proven.ok) return failed(proven, io);
  const shelf = proven.value;
  const opened = await openQueue(shelf, options, io);
  if (!opened.ok) return failed(opened, io);
  const { queue, name } = opened.value;
  const say = options.quiet === true ? () => undefined : (text: string): void => complain(io, text);
  await shelf.tidy(systemClock.wallMs());
  const concurrency = options.tasks ?? availableParallelism();
  say(`takes tasks from ${name} for ${options.out}, ${concurrency} at a time; stop it with a signal`);
  const child = childOf(options.out, say);
  // Connections to Redis may never close, see `work` of the queue.
  const leave = (): void => void setTimeout(() => process.exit(EXIT.interrupted), LEAVE_WITHIN_MS).unref();
  io.signal.addEventListener('abort', leave, { once: true });
  try {
    await queue.work(
      { run: runs(shelf), map: child, reduce: child, report: (text) => complain(io, text) },
      {
        concurrency,
        lockMs: options.lock ?? LOCK_MS,
        watchdogMs: Math.min(WATCHDOG_MS, options.lock ?? WATCHDOG_MS),
        runs: async () => {
          await shelf.tidy(systemClock.wallMs());
          return RunFolder.list(shelf);
        },
      },
      io.signal,
    );
    return EXIT.interrupted;
  } catch (error) {
    return failed(bad('store', `${name}: ${refusal(error)}`), io);
  } finally {
    await queue.close();
  }
}

/** Opens runs, each once: a manifest can be large, and never changes. */
function runs(shelf: Shelf): (id: string) => Promise<RunFolder | string> {
  const opened = new Map<string, RunFolder>();
  return async (id) => {
    const run = opened.get(id) ?? (await RunFolder.open(shelf, id));
    if (typeof run !== 'string') opened.set(id, run);
    return run;
  };
}

function childOf(out: string, say: (text: string) => void): Handlers['map'] {
  return async (run, what, signal) => {
    say(`${run.id}: ${what} begins`);
    const ended = await runTask(run, what, out, signal);
    say(`${run.id}: ${what} ${ended.kind === 'done' ? 'is done' : `failed: ${ended.faults.join('; ')}`}`);
    return ended;
  };
}

async function runTask(run: RunFolder, what: string, out: string, signal: AbortSignal): Promise<TaskEnd> {
  const [, main = ''] = process.argv;
  // A child notices by its IPC channel that this process has ended.
  const child = spawn(process.execPath, [...process.execArgv, main, 'jobs', 'task', run.id, what, '--out', out], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-MOST_WORDS)));
  const status = await endOf(child, signal);
  // A task with bad input still counts as done: its record names the input.
  const isTask = run.manifest.tasks.some(({ id }) => id === what);
  if (status === EXIT.done || (isTask && status === EXIT.data)) return { kind: 'done' };
  const faults = words.trim() === '' ? [`its process ended with ${String(status)}`] : words.trim().split('\n');
  const isUseful = status === EXIT.again || status === EXIT.interrupted || typeof status === 'string';
  return { kind: isUseful ? 'again' : 'useless', faults };
}

/** The exit status, or the signal that ended it. */
async function endOf(child: ChildProcess, signal: AbortSignal): Promise<number | string> {
  const stop = (): void => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS).unref();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, name) => resolve(code ?? name ?? 'nothing'));
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
