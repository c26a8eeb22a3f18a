import { createInflateRaw, crc32, type InflateRaw } from 'node:zlib';
import type { PackedFile } from './packed-file.ts';
import type { SizeGuard } from './size-guard.ts';

/** zlib's default of 16 KB halves its speed. Output of the call that meets damaged bytes is lost: so much at most. */
const OUTPUT_BYTES = 512 * 1024;
/** Packed bytes per write: what comes out of them waits in memory, at most 1,032 times as much. */
const INPUT_BYTES = 128 * 1024;
/** A member's header fields are no longer than this. */
const MAX_HEADER_BYTES = 128 * 1024;
const TRAILER_BYTES = 8;

const HAS_CRC = 2;
const HAS_EXTRA = 4;
const HAS_NAME = 8;
const HAS_COMMENT = 16;

/**
 * Unpacks all members of a gzip file (RFC 1952). Members are cut here and not by zlib, so that what follows a member is
 * judged the same wherever a read happened to end: another member, zeros (padding of tapes and tar, accepted), or garbage.
 * Returns why it ended early, in words; what was readable up to there was yielded before.
 */
export async function* gunzip(file: PackedFile, guard: SizeGuard): AsyncGenerator<Uint8Array, string | undefined> {
  for (let member = 1; ; member++) {
    const head = await file.peek(2);
    if (member > 1 && head.length === 0) return undefined;
    if (member > 1 && head[0] === 0) return (await isZeros(file)) ? undefined : garbage(member);
    if (member > 1 && (head[0] !== 0x1f || head[1] !== 0x8b)) return garbage(member);

    const header = await headerBytes(file);
    if (typeof header === 'string') return header;
    file.consume(header);
    const reason = yield* inflateMember(file, guard, member);
    if (reason !== undefined) return reason;
  }
}

async function* inflateMember(
  file: PackedFile,
  guard: SizeGuard,
  member: number,
): AsyncGenerator<Uint8Array, string | undefined> {
  const inflation = new Inflation(file, guard);
  let crc = 0;
  let size = 0;
  try {
    let next = inflation.step();
    for (;;) {
      const { chunks, isLast } = await next;
      // The next step runs in zlib's thread while the chunks of this one are used.
      if (!isLast) next = inflation.step();
      next.catch(() => undefined);
      for (const chunk of chunks) {
        crc = crc32(chunk, crc);
        size += chunk.length;
        yield chunk;
      }
      if (isLast) break;
    }
  } finally {
    inflation.close();
  }
  if (guard.tripped !== undefined) return guard.tripped;
  if (inflation.failure !== undefined) return inflation.failure;

  const trailer = await file.peek(TRAILER_BYTES);
  if (trailer.length < TRAILER_BYTES) return 'gzip: the file ends in the middle';
  const view = new DataView(trailer.buffer, trailer.byteOffset, TRAILER_BYTES);
  if (view.getUint32(0, true) !== crc) return `gzip: the checksum of member ${member} is wrong`;
  if (view.getUint32(4, true) !== size % 2 ** 32) return `gzip: the length of member ${member} is wrong`;
  file.consume(TRAILER_BYTES);
  guard.verified += size;
  return undefined;
}

type Step = { readonly chunks: readonly Uint8Array[]; readonly isLast: boolean };

/** One deflate stream, fed in steps. */
class Inflation {
  readonly #file: PackedFile;
  readonly #guard: SizeGuard;
  readonly #zlib: InflateRaw;
  #chunks: Uint8Array[] = [];
  #wake: () => void = () => undefined;
  #isEnded = false;
  failure: string | undefined;

  constructor(file: PackedFile, guard: SizeGuard) {
    this.#file = file;
    this.#guard = guard;
    this.#zlib = createInflateRaw({ chunkSize: OUTPUT_BYTES });
    this.#zlib.on('data', (chunk: Uint8Array) => this.#take(chunk));
    this.#zlib.on('end', () => this.#end(undefined));
    this.#zlib.on('error', (error: NodeJS.ErrnoException) => {
      this.#end(
        error.code === 'Z_BUF_ERROR'
          ? 'gzip: the file ends in the middle'
          : `gzip: the packed bytes are damaged (${error.message})`,
      );
    });
  }

  async step(): Promise<Step> {
    const packed = (await this.#file.some()).subarray(0, INPUT_BYTES);
    if (packed.length === 0) {
      await this.#run(() => this.#zlib.end());
      return { chunks: this.#chunks, isLast: true };
    }
    const before = this.#zlib.bytesWritten;
    await this.#run(() => this.#zlib.write(packed, () => this.#wake()));
    const used = this.#zlib.bytesWritten - before;
    this.#file.consume(used);
    const chunks = this.#chunks;
    this.#chunks = [];
    return { chunks, isLast: used < packed.length || this.#isEnded };
  }

  close(): void {
    this.#zlib.destroy();
  }

  async #run(start: () => void): Promise<void> {
    if (this.#isEnded) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      start();
    });
  }

  #take(chunk: Uint8Array): void {
    if (this.#guard.tripped !== undefined) return;
    this.#chunks.push(chunk);
    if (this.#guard.add(chunk.length, this.#file.offset + INPUT_BYTES)) return;
    this.#zlib.destroy();
    this.#end(undefined);
  }

  #end(failure: string | undefined): void {
    this.#isEnded = true;
    this.failure ??= failure;
    this.#wake();
  }
}

/** Length of the member's header, RFC 1952 section 2.3, or why there is none. */
async function headerBytes(file: PackedFile): Promise<number | string> {
  const fixed = await file.peek(10);
  if (fixed.length < 10) return 'gzip: the file ends in the middle';
  const head = (fixed[3] ?? 0) === 0 ? fixed : await file.peek(MAX_HEADER_BYTES);
  if (head[2] !== 8) return 'gzip: not packed by deflate';
  const flags = head[3] ?? 0;
  let at = 10;
  if ((flags & HAS_EXTRA) !== 0) at += 2 + (head[at] ?? 0) + (head[at + 1] ?? 0) * 256;
  if ((flags & HAS_NAME) !== 0) at = head.indexOf(0, at) + 1 || head.length + 1;
  if ((flags & HAS_COMMENT) !== 0) at = head.indexOf(0, at) + 1 || head.length + 1;
  if ((flags & HAS_CRC) !== 0) at += 2;
  return at > head.length ? 'gzip: the header does not end' : at;
}

async function isZeros(file: PackedFile): Promise<boolean> {
  for (;;) {
    const held = await file.peek(1);
    if (held.length === 0) return true;
    if (held.some((byte) => byte !== 0)) return false;
    file.consume(held.length);
  }
}

function garbage(member: number): string {
  return `gzip: other bytes follow member ${member - 1}`;
}
