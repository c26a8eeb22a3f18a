import { Worker } from 'node:worker_threads';
import { AsyncQueue } from '../../../src/lib/async-queue.ts';
import { BLOCK_BYTES, RING_BYTES } from '../container/rooms.ts';
import { ScanControl } from './scan-control.ts';
import type { ScanBatch, ScanJob, Scanner } from '../scan/scan-job.ts';

/** The message to a new thread: all files in the order in which to begin them. */
export interface ToThread {
  readonly jobs: readonly ScanJob[];
  readonly shared: SharedArrayBuffer;
  /** Room for blocks of bzip2, where there are more threads than files. */
  readonly blocks: { readonly count: number; readonly shared: SharedArrayBuffer } | undefined;
  /** Room for plain bytes of gzip, where there are two threads for each file. */
  readonly rings: SharedArrayBuffer | undefined;
}

/** A message from a thread. The last batch of a file carries its end. */
export interface FromThread {
  readonly file: number;
  readonly batches: readonly ScanBatch[];
}

/** Most threads. Each costs 14 MB and a start; the user cannot use the output of more. */
const MOST_THREADS = 8;
/** Slots for bzip2 blocks, so that blocks that wait for their turn do not stop threads. */
const BLOCKS_PER_THREAD = 2;

/**
 * Threads that read files. Each takes one file after the other, and does everything from opening it to selecting its
 * records. The waiting batches are bounded, see `ScanControl`. Threads may be started before their files are known,
 * because a start takes 50 ms.
 */
export class ScanThreads {
  readonly #workers: readonly Worker[];
  #fail: (error: Error) => void = () => undefined;
  #failure: Error | undefined;
  #isClosed = false;

  constructor(count: number) {
    this.#workers = Array.from({ length: Math.min(count, MOST_THREADS) }, () => this.#start());
  }

  /** Call it once. */
  read(jobs: readonly ScanJob[]): Scanner {
    const control = new ScanControl(jobs.length);
    const blocks = this.#blocksFor(jobs);
    const rings = blocks === undefined ? this.#ringsFor(jobs) : undefined;
    const runs = new Map<number, Run>();
    const runOf = (file: number): Run => {
      const run = runs.get(file) ?? new Run(file, control);
      runs.set(file, run);
      return run;
    };
    this.#fail = (error) => {
      for (const file of jobs.keys()) runOf(file).end(error);
    };
    if (this.#failure !== undefined) this.#fail(this.#failure);
    for (const worker of this.#workers) {
      worker.ref();
      worker.on('message', ({ file, batches }: FromThread) => runOf(file).receive(batches));
      worker.postMessage({ jobs, shared: control.shared, blocks, rings } satisfies ToThread);
    }
    const indexes = new Map(jobs.map((job, file) => [job.path, file]));
    return {
      open: (job) => runOf(indexes.get(job.path) ?? 0).batches(() => runs.delete(indexes.get(job.path) ?? 0)),
      close: async () => {
        this.#isClosed = true;
        for (const run of runs.values()) run.end();
        await this.close();
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #blocksFor(jobs: readonly ScanJob[]): ToThread['blocks'] {
    const { length } = this.#workers;
    if (jobs.length >= length || !jobs.some(({ container }) => container === 'bzip2')) return undefined;
    const count = BLOCKS_PER_THREAD * length;
    return { count, shared: new SharedArrayBuffer(count * BLOCK_BYTES) };
  }

  #ringsFor(jobs: readonly ScanJob[]): ToThread['rings'] {
    const isDivided = jobs.length > 0 && 2 * jobs.length <= this.#workers.length;
    if (!isDivided || !jobs.some(({ container }) => container === 'gzip')) return undefined;
    return new SharedArrayBuffer(jobs.length * RING_BYTES);
  }

  #start(): Worker {
    // The flags of the process are for its entry (`--input-type` ends a thread at once), not for this one.
    const worker = new Worker(new URL('scan-worker.js', import.meta.url), { execArgv: [] });
    const failed = (error: Error): void => {
      this.#failure ??= error;
      if (!this.#isClosed) this.#fail(this.#failure);
    };
    // A thread without work must not keep the process alive.
    worker.unref();
    worker.on('error', failed);
    worker.on('exit', (status) => status !== 0 && failed(new Error('a reading thread ended')));
    return worker;
  }
}

/** The waiting batches of one file, and the callers that wait for them. */
class Run {
  readonly #file: number;
  readonly #control: ScanControl;
  readonly #waiting = new AsyncQueue<ScanBatch>();

  constructor(file: number, control: ScanControl) {
    this.#file = file;
    this.#control = control;
  }

  receive(batches: readonly ScanBatch[]): void {
    for (const batch of batches) this.#waiting.push(batch);
  }

  end(error?: Error): void {
    if (error === undefined) this.#waiting.end();
    else this.#waiting.fail(error);
  }

  /** Once. Leaving early ends the reading of the file. */
  async *batches(done: () => void): AsyncGenerator<ScanBatch, void> {
    this.#control.ask(this.#file);
    try {
      for (;;) {
        const batch = await this.#waiting.next();
        if (batch === undefined) return;
        this.#control.use(this.#file, batch);
        yield batch;
        if (batch.end !== undefined) return;
      }
    } finally {
      this.#control.stop(this.#file);
      for (const batch of this.#waiting.drop(Number.POSITIVE_INFINITY)) this.#control.use(this.#file, batch);
      done();
    }
  }
}
