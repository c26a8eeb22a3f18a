import { Bz2Decoder, bz2Marks, wasmMemory } from '#bgpkit-parser-wasm';
import type { Bz2Slots } from './bz2-slots.ts';
import { PACKED_BYTES } from './rooms.ts';
import { u32 } from '../record/octets.ts';
import type { PackedFile } from './packed-file.ts';
import type { SizeGuard } from './size-guard.ts';

/** Unpacked bytes per step. */
const OUTPUT_BYTES = 512 * 1024;
/** Compressed bytes that are searched for blocks per step: a few blocks. */
const SEARCHED_BYTES = 4 * 2 ** 20;
/** Bits of a mark, and of the checksum after it. */
const MARK_BITS = 48;
const CRC_BITS = 32;
/** Bytes of a stream's header: `BZh` and its level. */
const HEADER_BYTES = 4;

const ENDS = {
  clean: undefined,
  padding: undefined,
  garbage: 'bzip2: other bytes follow the last stream',
  truncated: 'bzip2: the file ends in the middle',
  corrupt: 'bzip2: a block is damaged',
  'not-bzip2': 'bzip2: no stream begins here',
} as const;

type Chunks = Generator<Uint8Array, string | undefined>;

/**
 * Unpacks all streams of a bzip2 file, in order. Never yields a byte of a block with a wrong checksum.
 *
 * @param slots in which other threads unpack blocks, if there are any.
 */
export function* bunzip(file: PackedFile, guard: SizeGuard, slots?: Bz2Slots): Chunks {
  if (slots === undefined) return yield* inSequence(file, guard);
  const blocks = new Blocks(file, guard, slots);
  const isWhole = yield* blocks.chunks();
  if (isWhole) return undefined;
  // From the stream with an irregularity on, use the sequential decoder, which reports what is wrong.
  const { start, given } = blocks.stream;
  file.rewind(start);
  return yield* inSequence(file, guard, given);
}

/** @param given bytes that were already yielded. */
function* inSequence(file: PackedFile, guard: SizeGuard, given = 0): Chunks {
  const decoder = new Bz2Decoder();
  let left = given;
  try {
    for (;;) {
      const packed = file.some();
      if (packed.length === 0) decoder.finish();
      else decoder.push(packed);
      file.consume(packed.length);
      for (let count = decoder.pull(OUTPUT_BYTES); count > 0; count = decoder.pull(OUTPUT_BYTES)) {
        const old = Math.min(left, count);
        left -= old;
        if (old === count) continue;
        if (!guard.add(count - old, file.offset)) return guard.tripped;
        yield new Uint8Array(wasmMemory().buffer, decoder.output + old, count - old);
      }
      if (decoder.end !== 'open') return ENDS[decoder.end];
    }
  } finally {
    decoder.free();
  }
}

/** A stream of the file: its start, and the number of its bytes that were yielded. */
interface Stream {
  readonly start: number;
  given: number;
  readonly level: number;
  /** Combined checksum of its blocks so far. */
  crc: number;
}

interface Waiting {
  readonly slot: number;
  readonly stream: Stream;
  /** Compressed bytes of the file up to the end of the stream. */
  readonly offset: number;
}

/** Finds the blocks of a file, has them unpacked, and yields them in order, as long as the file is regular. */
class Blocks {
  readonly #file: PackedFile;
  readonly #guard: SizeGuard;
  readonly #slots: Bz2Slots;
  readonly #waiting: Waiting[] = [];
  /** Bits of the present bytes that were already read: less than 8, or a header. */
  #bit = 0;
  #reading: Stream | undefined;
  /** The stream of the last yielded bytes, or of the irregularity. */
  stream: Stream = { start: 0, given: 0, level: 0, crc: 0 };

  constructor(file: PackedFile, guard: SizeGuard, slots: Bz2Slots) {
    this.#file = file;
    this.#guard = guard;
    this.#slots = slots;
  }

  /** Returns false at an irregularity. Bytes from there on were not yielded. */
  *chunks(): Generator<Uint8Array, boolean> {
    try {
      for (;;) {
        const end = yield* this.#window();
        if (end === undefined) continue;
        while (this.#waiting.length > 0) if (!(yield* this.#next())) return false;
        if (!end) this.stream = this.#reading ?? this.stream;
        return end;
      }
    } finally {
      for (const { slot } of this.#waiting) this.#slots.free(slot);
    }
  }

  /** Adds the blocks in the present bytes to the slots. True: end of the file; false: an irregularity. */
  *#window(): Generator<Uint8Array, boolean | undefined> {
    const bytes = this.#file.peek(SEARCHED_BYTES);
    const marks = bz2Marks(bytes);
    let at = 0;
    for (;;) {
      if (this.#reading === undefined) {
        const begun = this.#begin(bytes);
        if (begun !== undefined) return begun;
      }
      while (at < marks.length && (marks[at] ?? 0) >> 1 < this.#bit) at++;
      const mark = marks[at] ?? 0;
      if (at >= marks.length || mark >> 1 !== this.#bit) return this.#more(bytes);
      if ((mark & 1) === 1) {
        const isWhole = this.#endStream(bytes);
        if (isWhole !== true) return isWhole === 'more' ? this.#more(bytes) : false;
        continue;
      }
      const next = marks[at + 1];
      if (next === undefined) return this.#more(bytes);
      if ((next >> 1) - this.#bit > 8 * (PACKED_BYTES - 2)) return false;
      if (!(yield* this.#put(bytes, next >> 1))) return false;
    }
  }

  /** Drops the bytes before the current block. False: there are no more bytes. */
  #more(bytes: Uint8Array): false | undefined {
    const done = this.#bit >> 3;
    if (done === 0) return false;
    // The bytes reach the end of the file without a whole block: the file is cut short, or unusual.
    if (this.#file.offset + bytes.length >= this.#file.size) return false;
    this.#file.consume(done);
    this.#bit -= 8 * done;
    return undefined;
  }

  /** Begins the next stream, and returns `undefined`. True: end of the file. */
  #begin(bytes: Uint8Array): boolean | undefined {
    const at = this.#bit >> 3;
    const start = this.#file.offset + at;
    if (start === this.#file.size && this.#file.failure === undefined) return true;
    const level = bytes[at + 3] ?? 0;
    const isHeader = bytes[at] === 0x42 && bytes[at + 1] === 0x5a && bytes[at + 2] === 0x68;
    if (!isHeader || level < 0x31 || level > 0x39) return at + HEADER_BYTES > bytes.length ? this.#more(bytes) : false;
    this.#reading = { start, given: 0, level, crc: 0 };
    this.#bit += 8 * HEADER_BYTES;
    return undefined;
  }

  /** Reads the end mark of a stream, and the combined checksum after it. */
  #endStream(bytes: Uint8Array): boolean | 'more' {
    const end = this.#bit + MARK_BITS + CRC_BITS;
    if (end > 8 * bytes.length) return 'more';
    if (crcAt(bytes, this.#bit + MARK_BITS) !== this.#reading?.crc) return false;
    this.#bit = 8 * ((end + 7) >> 3);
    this.#reading = undefined;
    return true;
  }

  *#put(bytes: Uint8Array, to: number): Generator<Uint8Array, boolean> {
    const stream = this.#reading ?? this.stream;
    const block = { bytes, from: this.#bit, to, level: stream.level };
    let slot = this.#slots.put(block);
    for (; slot === undefined; slot = this.#slots.put(block)) {
      if (this.#waiting.length === 0) return false;
      if (!(yield* this.#next())) return false;
    }
    stream.crc = ((stream.crc << 1) | (stream.crc >>> 31)) ^ crcAt(bytes, this.#bit + MARK_BITS);
    stream.crc >>>= 0;
    this.#waiting.push({ slot, stream, offset: this.#file.offset + (to >> 3) });
    this.#bit = to;
    return true;
  }

  /** Yields the next block. */
  *#next(): Generator<Uint8Array, boolean> {
    const [first] = this.#waiting;
    if (first === undefined) return true;
    const plain = this.#slots.take(first.slot);
    this.stream = first.stream;
    if (plain === undefined || !this.#guard.allows(plain.length, first.offset)) return false;
    this.#guard.add(plain.length, first.offset);
    yield plain;
    first.stream.given += plain.length;
    this.#waiting.shift();
    this.#slots.free(first.slot);
    return true;
  }
}

/** 32 bits from this bit on. */
function crcAt(bytes: Uint8Array, bit: number): number {
  const at = bit >> 3;
  const shift = bit & 7;
  if (shift === 0) return u32(bytes, at);
  return ((u32(bytes, at) << shift) | ((bytes[at + 4] ?? 0) >> (8 - shift))) >>> 0;
}
