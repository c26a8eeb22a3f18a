import type { ScanBatch } from '../scan/scan-job.ts';

/** Bytes of batches of one file that may wait before its thread continues with another file. */
const FILE_BYTES = 2 * 2 ** 20;
/** Bytes of batches of all files that may wait before threads begin files that are not needed yet. */
const AHEAD_BYTES = 8 * 2 ** 20;

const NEXT = 0;
const ASKED = 1;
const WAITING = 2;
const CHANGES = 3;
const ENDED = 4;
const FILES = 5;

/** What a batch costs beside its records: an empty one is not free. */
function costOf(batch: ScanBatch): number {
  return batch.records.length + batch.places.byteLength + 256 * batch.marks.length + 4_096;
}

/**
 * What reading threads and the thread that uses their batches tell each other, in shared memory: so that a thread takes
 * its next file by itself, however busy the user is. Files go by their index in the list that all of them have.
 */
export class ScanControl {
  readonly #numbers: Int32Array;
  readonly #files: number;

  constructor(files: number, shared = new SharedArrayBuffer(4 * (FILES + 2 * files))) {
    this.shared = shared;
    this.#numbers = new Int32Array(shared);
    this.#files = files;
  }

  /** To be given to the other threads. */
  readonly shared: SharedArrayBuffer;

  /** A thread takes the next file, if there is one and it may be begun. */
  take(): number | undefined {
    const numbers = this.#numbers;
    for (;;) {
      const next = Atomics.load(numbers, NEXT);
      const isAsked = next < Atomics.load(numbers, ASKED);
      if (next >= this.#files || (!isAsked && Atomics.load(numbers, WAITING) >= AHEAD_BYTES)) return undefined;
      if (Atomics.compareExchange(numbers, NEXT, next, next + 1) === next) return next;
    }
  }

  /** A thread is through with a file. */
  ended(): void {
    Atomics.add(this.#numbers, ENDED, 1);
    this.changed();
  }

  get isAllEnded(): boolean {
    return Atomics.load(this.#numbers, ENDED) >= this.#files;
  }

  get isAllTaken(): boolean {
    return Atomics.load(this.#numbers, NEXT) >= this.#files;
  }

  /** A batch of this file waits to be used. */
  give(file: number, batch: ScanBatch): void {
    this.#add(file, costOf(batch));
  }

  /** Whether a file has so much waiting that its thread reads no further. */
  isFull(file: number): boolean {
    return Atomics.load(this.#numbers, FILES + 2 * file) >= FILE_BYTES && !this.isStopped(file);
  }

  isStopped(file: number): boolean {
    return Atomics.load(this.#numbers, FILES + 2 * file + 1) === 1;
  }

  /** Changes whenever the user does anything: a thread that found nothing to do waits for that. */
  get changes(): number {
    return Atomics.load(this.#numbers, CHANGES);
  }

  waitAfter(changes: number): void {
    Atomics.wait(this.#numbers, CHANGES, changes);
  }

  /** The user waits for this file: it may be begun, and all before it. */
  ask(file: number): void {
    // Only the user writes it.
    if (Atomics.load(this.#numbers, ASKED) > file) return;
    Atomics.store(this.#numbers, ASKED, file + 1);
    this.changed();
  }

  /** The user has a batch. */
  use(file: number, batch: ScanBatch): void {
    this.#add(file, -costOf(batch));
    this.changed();
  }

  /** Nobody uses the rest of this file. */
  stop(file: number): void {
    Atomics.store(this.#numbers, FILES + 2 * file + 1, 1);
    this.changed();
  }

  #add(file: number, bytes: number): void {
    Atomics.add(this.#numbers, WAITING, bytes);
    Atomics.add(this.#numbers, FILES + 2 * file, bytes);
  }

  /** Wakes the threads that wait. */
  changed(): void {
    Atomics.add(this.#numbers, CHANGES, 1);
    Atomics.notify(this.#numbers, CHANGES);
  }
}
