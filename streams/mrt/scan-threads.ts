import { Worker } from 'node:worker_threads';
import type { ScanBatch, ScanJob } from './scan.ts';
import type { Scanner } from './scanner.ts';

/** To a thread. `credit` is bytes that were used up and may be filled again. */
export type ToThread =
  | { readonly type: 'start'; readonly id: number; readonly job: ScanJob }
  | { readonly type: 'credit'; readonly id: number; readonly bytes: number }
  | { readonly type: 'stop'; readonly id: number };

/** From a thread. A failure is a bug: bad input is a batch. */
export type FromThread =
  | { readonly type: 'batch'; readonly id: number; readonly batch: ScanBatch }
  | { readonly type: 'end'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly reason: string };

/** Bytes of batches that a file may have waiting. */
export const WINDOW_BYTES = 2 * 2 ** 20;
/** What a batch costs beside its records: an empty one is not free. */
export function costOf(batch: ScanBatch): number {
  return batch.records.length + batch.places.byteLength + 256 * batch.marks.length + 4_096;
}

/**
 * Reads files in worker threads. A file belongs to the thread with the fewest; a thread reads several in turns. What a
 * file has waiting is bounded by `WINDOW_BYTES`, whatever its size, so memory is bounded by the files that are open.
 */
export function startScanThreads(count: number): Scanner {
  const threads = Array.from({ length: count }, () => new Thread());
  let nextId = 0;
  return {
    width: count,
    open(job) {
      const thread = threads.reduce((least, other) => (other.open < least.open ? other : least));
      return thread.start(nextId++, job);
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

class Thread {
  // The flags of the process are for its entry (`--input-type` ends a thread at once), not for this one.
  readonly #worker = new Worker(new URL('scan-worker.js', import.meta.url), { execArgv: [] });
  readonly #runs = new Map<number, Run>();
  #isClosed = false;
  /** Files it still reads; those that wait here to be used are done with. */
  open = 0;

  constructor() {
    this.#worker.on('message', (message: FromThread) => {
      if (message.type !== 'batch') this.open--;
      this.#runs.get(message.id)?.receive(message);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('a reading thread ended')));
  }

  start(id: number, job: ScanJob): AsyncIterable<ScanBatch> {
    const run = new Run();
    if (this.#isClosed) run.end();
    this.#runs.set(id, run);
    this.open++;
    this.#post({ type: 'start', id, job });
    return this.#batches(id, run);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const run of this.#runs.values()) run.end();
    await this.#worker.terminate();
  }

  async *#batches(id: number, run: Run): AsyncGenerator<ScanBatch, void> {
    try {
      for (;;) {
        const batch = await run.next();
        if (batch === undefined) return;
        this.#post({ type: 'credit', id, bytes: costOf(batch) });
        yield batch;
      }
    } finally {
      this.#runs.delete(id);
      this.#post({ type: 'stop', id });
    }
  }

  #post(message: ToThread): void {
    if (!this.#isClosed) this.#worker.postMessage(message);
  }

  #fail(error: Error): void {
    if (this.#isClosed) return;
    for (const run of this.#runs.values()) run.end(error);
  }
}

/** The batches of one file that wait here, and who waits for them. */
class Run {
  readonly #waiting: ScanBatch[] = [];
  #wake: () => void = () => undefined;
  #isEnded = false;
  #error: Error | undefined;

  receive(message: FromThread): void {
    if (message.type === 'batch') this.#waiting.push(message.batch);
    else if (message.type === 'failed') this.end(new Error(message.reason));
    else this.end();
    this.#wake();
  }

  end(error?: Error): void {
    this.#isEnded = true;
    this.#error ??= error;
    this.#wake();
  }

  async next(): Promise<ScanBatch | undefined> {
    for (;;) {
      const batch = this.#waiting.shift();
      if (batch !== undefined) return batch;
      if (this.#error !== undefined) throw this.#error;
      if (this.#isEnded) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
