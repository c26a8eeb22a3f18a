import { withEither } from '../lib/linked-abort.ts';
import { DelayedError, FlowProducer, Queue, UnrecoverableError, Worker, type Job, type RedisOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { inBatches, inParallel } from '../lib/in-parallel.ts';
import { jobOf, rootOf } from './job-names.ts';
import type { RunFolder } from './run-folder.ts';

/** What a job carries: which run, and which of its tasks or territories. */
interface Data {
  readonly run: string;
  readonly what: string;
}

/** How a child process that did the work ended. `again`: another try may help. */
export type TaskEnd =
  { readonly kind: 'done' } | { readonly kind: 'again' | 'useless'; readonly faults: readonly string[] };

/** What workers do; each is given a signal that aborts when the lock of the job was lost. */
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
  /** After so long without a sign of life a job is another worker's, in milliseconds. */
  readonly lockMs: number;
  /** How often runs are compared with what lies in their folder, in milliseconds. */
  readonly watchdogMs: number;
  /** The runs that may need it. */
  readonly runs: () => Promise<readonly string[]>;
}

/** How many of a run's jobs are where. */
export type JobCounts = Readonly<Record<string, number>>;

const PREFIX = 'unroutable:jobs';
const MAP = 'map';
const REDUCE = 'reduce';
/** A task whose disk or network fails is begun so often in all. */
const ATTEMPTS = 4;
const FIRST_RETRY_MS = 1_000;
/** Workers that are killed cost a job a stall each; that is no fault of the job. */
const MOST_STALLS = 100;
const ASK_AGAIN_MS = 2_000;
const REMOVED_AT_ONCE = 50;

/**
 * Jobs of runs in Redis, by BullMQ: a flow for each run, whose children map and whose root, when all ended, adds a job for
 * each territory. What is done is read from the folder and never from here: a queue that lost everything costs a new `submit`.
 * Known faults of flows are met so: a child that fails never blocks its parent; nothing is removed while the flow lives; a
 * watchdog adds the root's work where the root is stuck.
 */
export class JobQueue {
  readonly #connection: RedisOptions;
  readonly #prefix: string;
  readonly #map: Queue<Data>;
  readonly #reduce: Queue<Data>;
  readonly #flows: FlowProducer;

  /** `folder`: the name of the queue of the shared folder. */
  constructor(connection: RedisOptions, folder: string) {
    this.#prefix = `${PREFIX}:${folder}`;
    // A worker waits for Redis as long as it takes (BullMQ asks for this).
    this.#connection = { ...connection, maxRetriesPerRequest: null };
    const options = { connection: this.#connection, prefix: this.#prefix, streams: { events: { maxLen: 100 } } };
    this.#map = new Queue(MAP, options);
    this.#reduce = new Queue(REDUCE, options);
    this.#flows = new FlowProducer({ connection: this.#connection, prefix: this.#prefix });
    // Each command fails by itself; an error without a listener would end the process.
    this.#map.on('error', () => undefined);
    this.#reduce.on('error', () => undefined);
    this.#flows.on('error', () => undefined);
  }

  /** Resolves when it is connected. */
  async ready(): Promise<void> {
    await this.#map.waitUntilReady();
  }

  /** Adds what is left of a run. What is in the queue already stays there once. */
  async submit(run: RunFolder): Promise<void> {
    const root = await this.#reduce.getJob(rootOf(run));
    const state = root === undefined ? 'none' : await root.getState();
    if (root !== undefined && (state === 'completed' || state === 'failed'))
      await root.remove({ removeChildren: true });
    const unjudged = await run.unjudged();
    if (unjudged.length === 0) return;
    for (const territory of unjudged) {
      const judging = await this.#reduce.getJob(jobOf(run, territory));
      if (judging !== undefined && (await judging.isFailed())) await judging.remove();
    }
    const left = await run.left();
    const [first, ...others] = inBatches(left);
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

  /** Takes what is left of a run out of the queue. What runs at this moment goes on to its end. */
  async remove(run: RunFolder): Promise<void> {
    await this.#removeTasks(run);
    for (const territory of run.manifest.territories) await this.#reduce.remove(jobOf(run, territory)).catch(() => 0);
    await this.#reduce.remove(rootOf(run)).catch(() => 0);
  }

  async #removeTasks(run: RunFolder): Promise<void> {
    const remove = ({ id }: { readonly id: string }) => this.#map.remove(jobOf(run, id)).catch(() => 0);
    await inParallel(run.manifest.tasks, REMOVED_AT_ONCE, remove);
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
   * Works until `signal` aborts; then what it runs is stopped and is another worker's. A connection that waited for a job
   * while Redis was emptied or restarted may never close: whoever calls this must not wait for ever.
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
    const turns = new Redis({ ...this.#connection, lazyConnect: true });
    turns.on('error', () => undefined);
    const watchdog = setInterval(() => void this.#watch(turns, handlers, options), options.watchdogMs);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    clearInterval(watchdog);
    turns.disconnect();
    await Promise.all([mapper.close(), reducer.close()]);
  }

  /** Ends the connections. */
  async close(): Promise<void> {
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
    if ((await run.unjudged()).includes(data.what)) {
      const ended = await handlers.reduce(run, data.what, signal);
      if (ended.kind !== 'done') {
        const words = ended.faults.join('; ');
        if (ended.kind === 'again' && attemptsMade + 1 < ATTEMPTS) throw new Error(words);
        await run.failed(data.what, ended);
        throw new UnrecoverableError(words);
      }
    }
    if ((await run.unjudged()).length === 0) await this.#forget(run);
    return 'done';
  }

  /** All children ended, or the watchdog says so; the folder tells whether it is true. */
  async #gathered(job: Job<Data>, token: string | undefined, run: RunFolder): Promise<string> {
    if ((await run.left()).length > 0) {
      await job.moveToDelayed(Date.now() + ASK_AGAIN_MS, token);
      throw new DelayedError();
    }
    await this.#judge(run);
    return 'gathered';
  }

  async #judge(run: RunFolder): Promise<void> {
    await this.#reduce.addBulk(
      (await run.unjudged()).map((territory) => ({
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

  /** Nothing of a run that is over stays in Redis. */
  async #forget(run: RunFolder): Promise<void> {
    const root = await this.#reduce.getJob(rootOf(run));
    if (root === undefined) return;
    // Redis would do nothing else while one script removed all children of a large run.
    await this.#removeTasks(run);
    await root.remove({ removeChildren: true }).catch(() => undefined);
  }

  /** Of all workers one looks each time: a thousand that list the same folder would be a load of its own. */
  async #isTurn(client: Redis, watchdogMs: number): Promise<boolean> {
    return (await client.set(`${this.#prefix}:watch`, '1', 'PX', Math.ceil(watchdogMs * 0.9), 'NX')) === 'OK';
  }

  /** Where all tasks of a run are settled and it is not judged, its root may be stuck: its work is added without it. */
  async #watch(client: Redis, handlers: Handlers, { runs, watchdogMs }: WorkOptions): Promise<void> {
    try {
      if (!(await this.#isTurn(client, watchdogMs))) return;
      for (const id of await runs()) {
        const run = await handlers.run(id);
        if (typeof run === 'string' || (await run.isCancelled())) continue;
        if ((await run.unjudged()).length === 0) {
          await this.#forget(run);
          continue;
        }
        if ((await run.left()).length === 0) await this.#judge(run);
      }
    } catch (error) {
      handlers.report(`the watchdog: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function childOptions(run: RunFolder, task: string) {
  return {
    jobId: jobOf(run, task),
    attempts: ATTEMPTS,
    backoff: { type: 'exponential', delay: FIRST_RETRY_MS },
    // By default a child that fails leaves its parent waiting for ever.
    ignoreDependencyOnFailure: true,
  };
}
