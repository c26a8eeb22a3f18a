import { availableParallelism } from 'node:os';
import { complain, type Io } from '../../app/io.ts';
import type { Handlers } from '../../jobs/queue.ts';
import { RunFolder } from '../../jobs/run-folder.ts';
import { openShelf, provenShelf } from '../../jobs/shelf/open.ts';
import type { Shelf } from '../../jobs/shelf/shelf.ts';
import { systemClock } from '../../app/system-clock.ts';
import { refusal } from '../../lib/errno.ts';
import { bad } from '../../lib/result.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { openQueue } from './queue.ts';
import { shelfMeans } from './shelf-means.ts';
import { STOP_WITHIN_MS, TaskProcesses } from './task-processes.ts';

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
/** How long a worker may take to stop, milliseconds: first its processes, then its connections. */
const LEAVE_WITHIN_MS = STOP_WITHIN_MS + 2_000;

/**
 * `unroutable jobs work`: takes tasks from the queue until it is stopped. The tasks run in processes of
 * their own, see `TaskProcesses`.
 */
export async function work(options: WorkerOptions, io: Io): Promise<ExitStatus> {
  const proven = await provenShelf(options.out, shelfMeans(io));
  if (!proven.ok) return failed(proven, io);
  // A worker that stops still records what its tasks came to, within the time of `leave`.
  const lasting = openShelf(options.out, shelfMeans({ env: io.env, signal: new AbortController().signal }));
  if (!lasting.ok) return failed(lasting, io);
  const shelf = lasting.value;
  const opened = await openQueue(proven.value, options, io);
  if (!opened.ok) return failed(opened, io);
  const { queue, name } = opened.value;
  const say = options.quiet === true ? () => undefined : (text: string): void => complain(io, text);
  await shelf.tidy(systemClock.wallMs());
  const concurrency = options.tasks ?? availableParallelism();
  say(`takes tasks from ${name} for ${options.out}, ${concurrency} at a time; stop it with a signal`);
  const processes = processesFor(options.out);
  const task = reported(processes, say);
  // Connections to Redis may never close, see `work` of the queue.
  const leave = (): void => void setTimeout(() => process.exit(EXIT.interrupted), LEAVE_WITHIN_MS).unref();
  io.signal.addEventListener('abort', leave, { once: true });
  try {
    await queue.work(
      { run: runs(shelf), map: task, reduce: task, report: (text) => complain(io, text) },
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
    await processes.close();
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

/** Processes of this same program. */
function processesFor(out: string): TaskProcesses {
  const [, main = ''] = process.argv;
  return new TaskProcesses([process.execPath, ...process.execArgv, main, 'jobs', 'task', '--out', out]);
}

function reported(processes: TaskProcesses, say: (text: string) => void): Handlers['map'] {
  return async (run, what, signal) => {
    say(`${run.id}: ${what} begins`);
    const ended = await processes.run(run, what, signal);
    say(`${run.id}: ${what} ${ended.kind === 'done' ? 'is done' : `failed: ${ended.faults.join('; ')}`}`);
    return ended;
  };
}
