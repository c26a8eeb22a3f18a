import { Bz2Blocks, wasmMemory } from '#bgpkit-parser-wasm';
import { BLOCK_NUMBERS as NUMBERS, PACKED_BYTES, PLAIN_BYTES } from './rooms.ts';

const STATE = 0;
const FROM = 1;
const TO = 2;
const LEVEL = 3;
const LENGTH = 4;
const PACKED = 5;

const FREE = 0;
const FILLING = 1;
const READY = 2;
const WORKING = 3;
const DONE = 4;
const FAILED = 5;

/** One block of a bzip2 file. */
export interface PackedBlock {
  readonly bytes: Uint8Array;
  /** Bits of `bytes` at which it begins, and at which what follows it does. */
  readonly from: number;
  readonly to: number;
  /** Block size level of its stream, as the code of a digit. */
  readonly level: number;
}

/**
 * Slots for bzip2 blocks and their unpacked bytes, in memory that the reading threads share. The thread that reads the
 * file adds blocks and takes the results in order. Threads without a file unpack them.
 */
export class Bz2Slots {
  readonly shared: SharedArrayBuffer;
  readonly #count: number;
  readonly #numbers: Int32Array;
  readonly #notify: () => void;
  readonly #blocks = new Bz2Blocks();

  /**
   * @param shared `BLOCK_BYTES` for each block, zero at first.
   * @param notify wakes idle threads.
   */
  constructor(count: number, notify: () => void, shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#count = count;
    this.#notify = notify;
    this.#numbers = new Int32Array(shared, 0, count * NUMBERS);
  }

  /** Adds a block if there is room, and returns its slot. */
  put({ bytes, from, to, level }: PackedBlock): number | undefined {
    const slot = this.#claim(FREE, FILLING);
    if (slot === undefined) return undefined;
    const first = from >> 3;
    const end = (to + 7) >> 3;
    this.#packed(slot).set(bytes.subarray(first, end));
    this.#set(slot, FROM, from - 8 * first);
    this.#set(slot, TO, to - 8 * first);
    this.#set(slot, LEVEL, level);
    this.#set(slot, PACKED, end - first);
    this.#set(slot, STATE, READY);
    this.#notify();
    return slot;
  }

  /** Waits for the result of a block, and unpacks this or another block meanwhile. `undefined`: it is not a block. */
  take(slot: number): Uint8Array | undefined {
    for (;;) {
      const state = Atomics.load(this.#numbers, slot * NUMBERS + STATE);
      if (state === DONE) return this.#plain(slot).subarray(0, this.#get(slot, LENGTH));
      if (state === FAILED) return undefined;
      if (state === READY && this.#claimAt(slot, READY, WORKING)) this.#unpack(slot);
      else if (!this.help()) Atomics.wait(this.#numbers, slot * NUMBERS + STATE, WORKING);
    }
  }

  /** Frees the slot: its result was used, or is not wanted. */
  free(slot: number): void {
    // A thread that is unpacking it must finish first.
    this.take(slot);
    this.#set(slot, STATE, FREE);
  }

  /** Unpacks one waiting block; false: there is none. */
  help(): boolean {
    const slot = this.#claim(READY, WORKING);
    if (slot === undefined) return false;
    this.#unpack(slot);
    return true;
  }

  #unpack(slot: number): void {
    const size = this.#get(slot, PACKED);
    const at = this.#blocks.reserve(size);
    new Uint8Array(wasmMemory().buffer, at, size).set(this.#packed(slot).subarray(0, size));
    const [from, to, level] = [this.#get(slot, FROM), this.#get(slot, TO), this.#get(slot, LEVEL)];
    const length = this.#blocks.unpack(from, to, level, PLAIN_BYTES);
    if (length !== undefined) this.#plain(slot).set(new Uint8Array(wasmMemory().buffer, this.#blocks.output, length));
    this.#set(slot, LENGTH, length ?? 0);
    this.#set(slot, STATE, length === undefined ? FAILED : DONE);
    Atomics.notify(this.#numbers, slot * NUMBERS + STATE);
  }

  #claim(from: number, to: number): number | undefined {
    for (let slot = 0; slot < this.#count; slot++) if (this.#claimAt(slot, from, to)) return slot;
    return undefined;
  }

  #claimAt(slot: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#numbers, slot * NUMBERS + STATE, from, to) === from;
  }

  #set(slot: number, number: number, value: number): void {
    Atomics.store(this.#numbers, slot * NUMBERS + number, value);
  }

  #get(slot: number, number: number): number {
    return Atomics.load(this.#numbers, slot * NUMBERS + number);
  }

  #packed(slot: number): Uint8Array {
    return new Uint8Array(this.shared, 4 * NUMBERS * this.#count + slot * (PACKED_BYTES + PLAIN_BYTES), PACKED_BYTES);
  }

  #plain(slot: number): Uint8Array {
    const at = 4 * NUMBERS * this.#count + slot * (PACKED_BYTES + PLAIN_BYTES) + PACKED_BYTES;
    return new Uint8Array(this.shared, at, PLAIN_BYTES);
  }
}
