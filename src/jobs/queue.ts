import { aborted } from '../lib/abort.ts';
import { withEither } from '../lib/linked-abort.ts';
import { DelayedError, FlowProducer, Queue, UnrecoverableError, Worker, type Job, type RedisOptions } from 'bullmq';
import { inBatches } from '../lib/batches.ts';
import { inParallel } from '../lib/in-parallel.ts';
import { messageOf } from '../lib/message-of.ts';
import { jobOf, rootOf } from './job-names.ts';
import type { RunFolder } from './run-folder.ts';
import { RedisLocks } from './redis-locks.ts';

/** The data of a job: the run, and one of its tasks or territories. */
interface Data {
  readonly run: string;
  readonly what: string;
}

/** How the child process that did the work ended. `again`: another try may help. */
export type TaskEnd =
  { readonly kind: 'done' } | { readonly kind: 'again' | 'useless'; readonly faults: readonly string[] };

/** The work of workers. Each handler gets a signal that aborts when the job's lock is lost. */
export interface Handlers {
  run(id: string): Promise<RunFolder | string>;
  map(run: RunFolder, task: string, signal: AbortSignal): Promise<TaskEnd>;
  reduce(run: RunFolder, territory: string, signal: AbortSignal): Promise<TaskEnd>;
  report(text: string): void;
}

/** How workers behave. */
export interface WorkOptions {
  /** Tasks at a time. */
  readonly concurrency: number;
  /** After this many milliseconds without a sign of life, another worker takes the job. */
  readonly lockMs: number;
  /** Milliseconds between two comparisons of the runs with their folders. */
  readonly watchdogMs: number;
  /** The runs to compare. */
  readonly runs: () => Promise<readonly string[]>;
}

/** The number of a run's jobs in each state. */
export type JobCounts = Readonly<Record<string, number>>;

const PREFIX = 'unroutable:jobs';
const MAP = 'map';
const REDUCE = 'reduce';
/** Attempts for a task whose disk or network fails, in all. */
const ATTEMPTS = 4;
const FIRST_RETRY_MS = 1_000;
/** Each killed worker costs the job a stall. That is not the job's fault, so many are allowed. */
const MOST_STALLS = 100;
const ASK_AGAIN_MS = 2_000;
const JOBS_A_COMMAND = 1_000;
const REMOVED_AT_ONCE = 50;
/** If the process that removes a run shows no sign of life for so long, another one may go on. */
const REMOVER_LOST_MS = 60_000;

/**
 * Jobs of runs in Redis, with BullMQ. Each run is a flow: its children run `map`; when all have ended, its root adds a
 * job for each territory. Progress is read from the folder, never from the queue: if the queue is lost, `submit` again.
 * Three rules work around known faults of BullMQ's flows: a failed child never blocks its parent; nothing is removed
 * while the flow runs; a watchdog adds the root's jobs if the root is stuck.
 */
export class JobQueue {
  readonly #connection: RedisOptions;
  readonly #prefix: string;
  readonly #map: Queue<Data>;
  readonly #reduce: Queue<Data>;
  readonly #flows: FlowProducer;
  readonly #locks: RedisLocks;

  /** @param folder name of the shared folder's queue */
  constructor(connection: RedisOptions, folder: string) {
    this.#prefix = `${PREFIX}:${folder}`;
    // A worker waits for Redis as long as it takes (BullMQ asks for this).
    this.#connection = { ...connection, maxRetriesPerRequest: null };
    this.#locks = new RedisLocks(this.#connection, this.#prefix);
    const options = { connection: this.#connection, prefix: this.#prefix, streams: { events: { maxLen: 100 } } };
    this.#map = new Queue(MAP, options);
    this.#reduce = new Queue(REDUCE, options);
    this.#flows = new FlowProducer({ connection: this.#connection, prefix: this.#prefix });
    // Each command reports its own failure. Without this listener an error would end the process.
    this.#map.on('error', () => undefined);
    this.#reduce.on('error', () => undefined);
    this.#flows.on('error', () => undefined);
  }

  /** Resolves when it is connected. */
  async ready(): Promise<void> {
    await this.#map.waitUntilReady();
  }

  /** Adds the open tasks of a run. Jobs that are already in the queue are not added twice. */
  async submit(run: RunFolder): Promise<void> {
    const root = await this.#reduce.getJob(rootOf(run));
    const state = root === undefined ? 'none' : await root.getState();
    if (root !== undefined && (state === 'completed' || state === 'failed')) {
      await this.#removeTasks(run);
      await root.remove({ removeChildren: false });
    }
    const withoutResult = await run.withoutResult();
    if (withoutResult.length === 0) return;
    for (const territory of withoutResult) {
      const job = await this.#reduce.getJob(jobOf(run, territory));
      if (job !== undefined && (await job.isFailed())) await job.remove();
    }
    const [first, ...others] = inBatches(await run.left(), JOBS_A_COMMAND);
    await this.#flows.add({
      name: REDUCE,
      queueName: REDUCE,
      data: { run: run.id, what: '' },
      opts: { jobId: rootOf(run), attempts: ATTEMPTS, backoff: { type: 'fixed', delay: FIRST_RETRY_MS } },
      children: (first ?? []).map((task) => ({
        name: MAP,
        queueName: MAP,
        data: { run: run.id, what: task },
        opts: childOptions(run, task),
      })),
    });
    const parent = { id: rootOf(run), queue: `${this.#prefix}:${REDUCE}` };
    for (const batch of others)
      await this.#map.addBulk(
        batch.map((task) => ({
          name: MAP,
          data: { run: run.id, what: task },
          opts: { ...childOptions(run, task), parent },
        })),
      );
  }

  /** Removes the open jobs of a run from the queue. Running jobs continue to their end. */
  async remove(run: RunFolder): Promise<void> {
    await this.#removeTasks(run);
    for (const territory of run.manifest.territories) await this.#reduce.remove(jobOf(run, territory)).catch(() => 0);
    await this.#reduce.remove(rootOf(run), { removeChildren: false }).catch(() => 0);
  }

  /** In steps: one script for all children of a large run, even of removed ones, blocks Redis for many seconds. */
  async #removeTasks(run: RunFolder, goesOn: () => Promise<unknown> = async () => undefined): Promise<void> {
    const remove = ({ id }: { readonly id: string }) => this.#map.remove(jobOf(run, id)).catch(() => 0);
    for (const batch of inBatches(run.manifest.tasks, JOBS_A_COMMAND)) {
      await goesOn();
      await inParallel(batch, REMOVED_AT_ONCE, remove);
    }
  }

  /** Jobs by their state, of all runs. */
  async counts(): Promise<JobCounts> {
    const all = await Promise.all([this.#map.getJobCounts(), this.#reduce.getJobCounts()]);
    const sum: Record<string, number> = {};
    for (const counts of all)
      for (const [state, count] of Object.entries(counts)) sum[state] = (sum[state] ?? 0) + count;
    return sum;
  }

  /**
   * Works until `signal` aborts. Then it stops its running jobs, and other workers take them. A connection that waited
   * for a job while Redis was emptied or restarted may never close, so callers must limit their wait.
   */
  async work(handlers: Handlers, options: WorkOptions, signal: AbortSignal): Promise<void> {
    const settings = {
      connection: this.#connection,
      prefix: this.#prefix,
      concurrency: options.concurrency,
      lockDuration: options.lockMs,
      stalledInterval: options.lockMs,
      maxStalledCount: MOST_STALLS,
    };
    const mapper = new Worker<Data>(
      MAP,
      (job, _, lost) => withEither(signal, lost, (either) => this.#mapped(job, handlers, either)),
      settings,
    );
    const reducer = new Worker<Data>(
      REDUCE,
      (job, token, lost) => withEither(signal, lost, (either) => this.#reduced(job, token, handlers, either)),
      settings,
    );
    for (const worker of [mapper, reducer]) {
      worker.on('error', (error) => handlers.report(`Redis: ${error.message}`));
      worker.on('lockRenewalFailed', (ids) => {
        for (const id of ids) worker.cancelJob(id, 'the lock was lost');
      });
    }
    const watchdog = setInterval(() => void this.#watch(handlers, options), options.watchdogMs);
    await aborted(signal);
    clearInterval(watchdog);
    this.#locks.close();
    await Promise.all([mapper.close(), reducer.close()]);
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    this.#locks.close();
    await Promise.allSettled([this.#map.close(), this.#reduce.close(), this.#flows.close()]);
  }

  async #mapped({ data, attemptsMade }: Job<Data>, handlers: Handlers, signal: AbortSignal): Promise<string> {
    const run = await handlers.run(data.run);
    if (typeof run === 'string') throw new UnrecoverableError(run);
    if (await run.isCancelled()) return 'cancelled';
    if (await run.isSettled(data.what)) return 'was done';
    const ended = await handlers.map(run, data.what, signal);
    if (ended.kind === 'done') return 'done';
    const words = ended.faults.join('; ');
    if (ended.kind === 'again' && attemptsMade + 1 < ATTEMPTS) throw new Error(words);
    await run.failed(data.what, ended);
    throw new UnrecoverableError(words);
  }

  async #reduced(job: Job<Data>, token: string | undefined, handlers: Handlers, signal: AbortSignal): Promise<string> {
    const { data, attemptsMade } = job;
    const run = await handlers.run(data.run);
    if (typeof run === 'string') throw new UnrecoverableError(run);
    if (await run.isCancelled()) return 'cancelled';
    if (data.what === '') return this.#gathered(job, token, run);
    if ((await run.withoutResult()).includes(data.what)) {
      const ended = await handlers.reduce(run, data.what, signal);
      if (ended.kind !== 'done') {
        const words = ended.faults.join('; ');
        if (ended.kind === 'again' && attemptsMade + 1 < ATTEMPTS) throw new Error(words);
        await run.failed(data.what, ended);
        throw new UnrecoverableError(words);
      }
    }
    if ((await run.withoutResult()).length === 0) await this.#forget(run);
    return 'done';
  }

  /** All children have ended, or the watchdog assumes it. The folder shows whether it is true. */
  async #gathered(job: Job<Data>, token: string | undefined, run: RunFolder): Promise<string> {
    if ((await run.left()).length > 0) {
      await job.moveToDelayed(Date.now() + ASK_AGAIN_MS, token);
      throw new DelayedError();
    }
    await this.#addReduce(run);
    return 'gathered';
  }

  async #addReduce(run: RunFolder): Promise<void> {
    await this.#reduce.addBulk(
      (await run.withoutResult()).map((territory) => ({
        name: REDUCE,
        data: { run: run.id, what: territory },
        opts: {
          jobId: jobOf(run, territory),
          attempts: ATTEMPTS,
          backoff: { type: 'exponential', delay: FIRST_RETRY_MS },
          removeOnComplete: true,
        },
      })),
    );
  }

  /** Removes a finished run from Redis. One process at a time: a large run takes minutes, and watchdogs look meanwhile. */
  async #forget(run: RunFolder): Promise<void> {
    const root = await this.#reduce.getJob(rootOf(run));
    if (root === undefined) return;
    const lock = `removing:${run.id}`;
    if (!(await this.#locks.take(lock, REMOVER_LOST_MS))) return;
    try {
      await this.#removeTasks(run, () => this.#locks.renew(lock, REMOVER_LOST_MS));
      await root.remove({ removeChildren: false }).catch(() => undefined);
    } finally {
      await this.#locks.release(lock).catch(() => undefined);
    }
  }

  /**
   * The watchdog: if all tasks of a run have ended and territories have no job, the root may be stuck, so it adds these
   * jobs. Only one of all workers runs it each time: a thousand workers that list the same folder would be a load.
   */
  async #watch(handlers: Handlers, { runs, watchdogMs }: WorkOptions): Promise<void> {
    try {
      if (!(await this.#locks.take('watch', watchdogMs * 0.9))) return;
      for (const id of await runs()) {
        const run = await handlers.run(id);
        if (typeof run === 'string' || (await run.isCancelled())) continue;
        if ((await run.withoutResult()).length === 0) {
          await this.#forget(run);
          continue;
        }
        if ((await run.left()).length === 0) await this.#addReduce(run);
      }
    } catch (error) {
      handlers.report(`the watchdog: ${messageOf(error)}`);
    }
  }
}

function childOptions(run: RunFolder, task: string) {
  return {
    jobId: jobOf(run, task),
    attempts: ATTEMPTS,
    backoff: { type: 'exponential', delay: FIRST_RETRY_MS },
    // By default a failed child leaves its parent waiting forever.
    ignoreDependencyOnFailure: true,
  };
}
