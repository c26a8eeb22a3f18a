import { Worker } from 'node:worker_threads';
import { AsyncQueue } from '../../../src/lib/async-queue.ts';
import { BLOCK_BYTES, RING_BYTES } from '../container/rooms.ts';
import { ScanControl } from './scan-control.ts';
import type { ScanBatch, ScanJob, Scanner } from '../scan/scan-job.ts';

/** To a thread, once: all files in the order in which they are to be begun. */
export interface ToThread {
  readonly jobs: readonly ScanJob[];
  readonly shared: SharedArrayBuffer;
  /** Room for blocks of bzip2, where there are more threads than files. */
  readonly blocks: { readonly count: number; readonly shared: SharedArrayBuffer } | undefined;
  /** Room for plain bytes of gzip, where there are two threads for each file. */
  readonly rings: SharedArrayBuffer | undefined;
}

/** From a thread. The last batch of a file has its end. */
export interface FromThread {
  readonly file: number;
  readonly batches: readonly ScanBatch[];
}

/** Each costs 14 MB and its start; one file in eight is more than one user can take. */
const MOST_THREADS = 8;
/** Blocks of bzip2 under way: what waits for its turn keeps no thread from the next one. */
const BLOCKS_PER_THREAD = 2;

/**
 * Threads that read files: each takes one after the other and owns it from its opening to the records that passed. What waits
 * to be used is bounded, see `ScanControl`. They may be started before it is known what they are to read: a start takes 50 ms.
 */
export class ScanThreads {
  readonly #workers: readonly Worker[];
  #fail: (error: Error) => void = () => undefined;
  #failure: Error | undefined;
  #isClosed = false;

  constructor(count: number) {
    this.#workers = Array.from({ length: Math.min(count, MOST_THREADS) }, () => this.#start());
  }

  /** To be called once. */
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
    // Until it has something to read, it does not keep the process.
    worker.unref();
    worker.on('error', failed);
    worker.on('exit', (status) => status !== 0 && failed(new Error('a reading thread ended')));
    return worker;
  }
}

/** The batches of one file that wait here, and who waits for them. */
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
