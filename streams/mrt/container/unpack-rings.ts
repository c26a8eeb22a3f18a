import { CHUNK_BYTES, CHUNK_NUMBERS_BYTES, RING_BYTES, RING_CHUNKS, RING_HEAD_BYTES } from './rooms.ts';
import type { Unpacking } from './unpacking.ts';

const STATE = 0;
const WRITTEN = 1;
const READ = 2;

/** States of a ring. 0, the initial state: its file is not wanted yet. */
const WANTED = 1;
const TAKEN = 2;
const STOPPED = 3;

const LENGTH = 0;
const VERIFIED = 1;
const OFFSET = 2;
/** Most bytes of a reason. */
const WORDS = 3;
/** Special values instead of a length: the bytes are the reason for an early end, or the file has ended normally. */
const ENDS_EARLY = -1;
const ENDED = -2;

/** Unpacks a file by its index; `string`: why it cannot. */
export type Unpack = (file: number) => Unpacking | string;

/**
 * Rings of unpacked bytes in shared memory: one thread unpacks a file while another reads it. Deflate cannot be split,
 * but reading its output can run in parallel. The thread that reads a file requests it, and a thread without a file
 * unpacks it.
 */
export class UnpackRings {
  readonly shared: SharedArrayBuffer;
  readonly #files: number;
  readonly #notify: () => void;
  readonly #unpack: Unpack;

  /**
   * @param files one ring for each.
   * @param notify wakes idle threads.
   * @param shared `RING_BYTES` for each file, zero at first.
   */
  constructor(files: number, unpack: Unpack, notify: () => void, shared: SharedArrayBuffer) {
    this.#files = files;
    this.#unpack = unpack;
    this.#notify = notify;
    this.shared = shared;
  }

  /** The ring of one file, for the thread that reads it. */
  ring(file: number): UnpackRing {
    return new UnpackRing(this.shared, file, this.#notify);
  }

  /** Unpacks one wanted file to its end; false: there is none. */
  help(): boolean {
    for (let file = 0; file < this.#files; file++) {
      const ring = this.ring(file);
      if (!ring.take()) continue;
      ring.fill(this.#unpack(file));
      return true;
    }
    return false;
  }
}

/** The ring of one file: chunks in order, then the reason for its end. */
export class UnpackRing {
  readonly #shared: SharedArrayBuffer;
  readonly #at: number;
  readonly #numbers: Int32Array;
  readonly #notify: () => void;
  #verified = 0;
  #offset = 0;

  constructor(shared: SharedArrayBuffer, file: number, notify: () => void) {
    this.#shared = shared;
    this.#at = file * RING_BYTES;
    this.#numbers = new Int32Array(shared, this.#at, RING_HEAD_BYTES / 4);
    this.#notify = notify;
  }

  /** As in `Unpacking`, after the last chunk that was read. */
  get verified(): number {
    return this.#verified;
  }

  /** As in `Unpacking`, after the last chunk that was read. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Claims the file for unpacking; only one other thread may do so. True: the file is wanted, and the caller unpacks
   * it.
   */
  take(): boolean {
    return Atomics.compareExchange(this.#numbers, STATE, WANTED, TAKEN) === WANTED;
  }

  /** Writes all chunks, and waits for room if needed. Ends early if the reader has stopped. */
  fill(unpacking: Unpacking | string): void {
    if (typeof unpacking === 'string') {
      this.#put(ENDS_EARLY, new TextEncoder().encode(unpacking), { verified: 0, offset: 0 });
      return;
    }
    const chunks = unpacking.chunks();
    try {
      for (;;) {
        const { done, value } = chunks.next();
        if (done === true) {
          if (value === undefined) this.#put(ENDED, new Uint8Array(0), unpacking);
          else this.#put(ENDS_EARLY, new TextEncoder().encode(value), unpacking);
          return;
        }
        if (!this.#put(value.length, value, unpacking)) return;
      }
    } finally {
      chunks.return(undefined);
      unpacking.close();
    }
  }

  /** The chunks. Each view is valid until the next one. Returns like `Unpacking.chunks`. */
  *chunks(): Generator<Uint8Array, string | undefined> {
    Atomics.store(this.#numbers, STATE, WANTED);
    this.#notify();
    try {
      for (let read = 0; ; read++) {
        while (Atomics.load(this.#numbers, WRITTEN) <= read) Atomics.wait(this.#numbers, WRITTEN, read);
        const [length = 0, verified = 0, offset = 0] = this.#chunkNumbers(read);
        this.#verified = verified;
        this.#offset = offset;
        if (length === ENDED) return undefined;
        if (length === ENDS_EARLY) return this.#words(read);
        yield this.#bytes(read).subarray(0, length);
        Atomics.store(this.#numbers, READ, read + 1);
        Atomics.notify(this.#numbers, READ);
      }
    } finally {
      Atomics.store(this.#numbers, STATE, STOPPED);
      // A thread that waits for room wakes up and reads the state.
      Atomics.add(this.#numbers, READ, RING_CHUNKS);
      Atomics.notify(this.#numbers, READ);
    }
  }

  /** Waits for room, and writes one chunk; false when the reader has stopped. */
  #put(length: number, bytes: Uint8Array, { verified, offset }: Pick<Unpacking, 'verified' | 'offset'>): boolean {
    const written = Atomics.load(this.#numbers, WRITTEN);
    for (let read = this.#chunksRead(); written - read >= RING_CHUNKS; read = this.#chunksRead())
      Atomics.wait(this.#numbers, READ, read);
    if (Atomics.load(this.#numbers, STATE) === STOPPED) return false;
    const numbers = this.#chunkNumbers(written);
    numbers[LENGTH] = length;
    numbers[VERIFIED] = verified;
    numbers[OFFSET] = offset;
    if (length < 0) numbers[WORDS] = bytes.length;
    this.#bytes(written).set(bytes);
    Atomics.store(this.#numbers, WRITTEN, written + 1);
    Atomics.notify(this.#numbers, WRITTEN);
    return true;
  }

  #chunksRead(): number {
    return Atomics.load(this.#numbers, READ);
  }

  #words(chunk: number): string {
    // A decoder of text does not read shared memory.
    return new TextDecoder().decode(this.#bytes(chunk).slice(0, this.#chunkNumbers(chunk)[WORDS] ?? 0));
  }

  #chunkNumbers(chunk: number): Float64Array {
    return new Float64Array(
      this.#shared,
      this.#at + RING_HEAD_BYTES + (chunk % RING_CHUNKS) * CHUNK_NUMBERS_BYTES,
      CHUNK_NUMBERS_BYTES / 8,
    );
  }

  #bytes(chunk: number): Uint8Array {
    const from = this.#at + RING_HEAD_BYTES + RING_CHUNKS * CHUNK_NUMBERS_BYTES + (chunk % RING_CHUNKS) * CHUNK_BYTES;
    return new Uint8Array(this.#shared, from, CHUNK_BYTES);
  }
}
