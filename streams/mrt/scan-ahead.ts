import type { ScanBatch } from './scan.ts';
import { costOf, WINDOW_BYTES } from './scan-threads.ts';

/**
 * Batches of one file, read ahead of their use in the caller's thread: while one file is scanned, the next ones inflate in
 * zlib's threads. Begins when it is made; what waits is bounded by `WINDOW_BYTES`.
 */
export class ScanAhead implements AsyncIterable<ScanBatch> {
  readonly #source: AsyncIterable<ScanBatch>;
  /** Resolves when the file is closed. */
  readonly closed: Promise<void>;
  readonly #waiting: ScanBatch[] = [];
  #cost = 0;
  #isEnded = false;
  #isStopped = false;
  #error: unknown;
  #wakeReader: () => void = () => undefined;
  #wakeUser: () => void = () => undefined;

  constructor(source: AsyncIterable<ScanBatch>) {
    this.#source = source;
    this.closed = this.#read();
  }

  /** Ends the reading. Who waits for a batch finds the end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wakeReader();
    this.#wakeUser();
    await this.closed;
  }

  /** The batches, once. Leaving early stops the reading. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ScanBatch, void> {
    try {
      while (!this.#isStopped) {
        const batch = this.#waiting.shift();
        if (batch !== undefined) {
          this.#cost -= costOf(batch);
          this.#wakeReader();
          yield batch;
        } else if (this.#isEnded) {
          if (this.#error !== undefined) throw this.#error;
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wakeUser = resolve));
        }
      }
    } finally {
      await this.stop();
    }
  }

  /** Never rejects: an error, which is a bug, is thrown to the user. */
  async #read(): Promise<void> {
    try {
      for await (const batch of this.#source) {
        this.#waiting.push(batch);
        this.#cost += costOf(batch);
        this.#wakeUser();
        while (this.#cost > WINDOW_BYTES && !this.#isStopped) {
          await new Promise<void>((resolve) => (this.#wakeReader = resolve));
        }
        if (this.#isStopped) break;
      }
    } catch (error) {
      this.#error = error;
    }
    this.#isEnded = true;
    this.#wakeUser();
  }
}
