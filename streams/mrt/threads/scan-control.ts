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

/** Bytes that a batch costs besides its records. */
function costOf(batch: ScanBatch): number {
  return batch.records.length + batch.places.byteLength + 256 * batch.marks.length + 4_096;
}

/**
 * Shared memory for the coordination of reading threads with the thread that uses their batches (the user). A thread
 * can take its next file even while the user is busy. Files are identified by their index in a common list.
 */
export class ScanControl {
  readonly #numbers: Int32Array;
  readonly #files: number;

  constructor(files: number, shared = new SharedArrayBuffer(4 * (FILES + 2 * files))) {
    this.shared = shared;
    this.#numbers = new Int32Array(shared);
    this.#files = files;
  }

  /** The memory to share with the other threads. */
  readonly shared: SharedArrayBuffer;

  /** Takes the next file for a thread, if one may be begun. */
  take(): number | undefined {
    const numbers = this.#numbers;
    for (;;) {
      const next = Atomics.load(numbers, NEXT);
      const isAsked = next < Atomics.load(numbers, ASKED);
      if (next >= this.#files || (!isAsked && Atomics.load(numbers, WAITING) >= AHEAD_BYTES)) return undefined;
      if (Atomics.compareExchange(numbers, NEXT, next, next + 1) === next) return next;
    }
  }

  /** Call when a thread has finished a file. */
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

  /** Call when a batch of this file waits for the user. */
  give(file: number, batch: ScanBatch): void {
    this.#add(file, costOf(batch));
  }

  /** Whether so much of a file waits that its thread must pause. */
  isFull(file: number): boolean {
    return Atomics.load(this.#numbers, FILES + 2 * file) >= FILE_BYTES && !this.isStopped(file);
  }

  isStopped(file: number): boolean {
    return Atomics.load(this.#numbers, FILES + 2 * file + 1) === 1;
  }

  /** A counter that changes with each action of the user. Idle threads wait for its change. */
  get changes(): number {
    return Atomics.load(this.#numbers, CHANGES);
  }

  waitAfter(changes: number): void {
    Atomics.wait(this.#numbers, CHANGES, changes);
  }

  /** Call when the user waits for this file: it may be begun, and all files before it. */
  ask(file: number): void {
    // Only the user writes it.
    if (Atomics.load(this.#numbers, ASKED) > file) return;
    Atomics.store(this.#numbers, ASKED, file + 1);
    this.changed();
  }

  /** Call when the user has taken a batch. */
  use(file: number, batch: ScanBatch): void {
    this.#add(file, -costOf(batch));
    this.changed();
  }

  /** Call when the rest of this file is not needed. */
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
