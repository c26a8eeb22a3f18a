import { Inflater, wasmMemory } from '#bgpkit-parser-wasm';
import { crc32 } from 'node:zlib';
import type { PackedFile } from './packed-file.ts';
import { CHUNK_BYTES } from './rooms.ts';
import type { SizeGuard } from './size-guard.ts';

/** Packed bytes given to the decoder at once. */
const INPUT_BYTES = 128 * 1024;
/** A member's header fields are no longer than this. */
const MAX_HEADER_BYTES = 128 * 1024;
const TRAILER_BYTES = 8;
const ENDS_EARLY = 'gzip: the file ends in the middle';

const HAS_CRC = 2;
const HAS_EXTRA = 4;
const HAS_NAME = 8;
const HAS_COMMENT = 16;

/**
 * Unpacks all members of a gzip file (RFC 1952). Members are cut here and not by zlib, so that what follows a member is
 * treated the same wherever a read happened to end: another member, zeros (padding of tapes and tar, accepted), or
 * garbage. Each chunk is a view that ends with the next one. Returns why it ended early, in words; what was readable up
 * to there was yielded before.
 */
export function* gunzip(file: PackedFile, guard: SizeGuard): Generator<Uint8Array, string | undefined> {
  const inflater = new Inflater(CHUNK_BYTES);
  try {
    for (let member = 1; ; member++) {
      const head = file.peek(2);
      if (member > 1 && head.length === 0) return undefined;
      if (member > 1 && head[0] === 0) return isZeros(file) ? undefined : garbage(member);
      if (member > 1 && (head[0] !== 0x1f || head[1] !== 0x8b)) return garbage(member);

      const header = headerBytes(file);
      if (typeof header === 'string') return header;
      file.consume(header);
      const reason = yield* inflateMember(file, guard, inflater, member);
      if (reason !== undefined) return reason;
    }
  } finally {
    inflater.free();
  }
}

function* inflateMember(
  file: PackedFile,
  guard: SizeGuard,
  inflater: Inflater,
  member: number,
): Generator<Uint8Array, string | undefined> {
  let crc = 0;
  let size = 0;
  inflater.reset();
  while (!inflater.isEnded) {
    const packed = file.some().subarray(0, INPUT_BYTES);
    if (packed.length === 0) return ENDS_EARLY;
    inflater.push(packed);
    for (let count = inflater.pull(); count > 0; count = inflater.pull()) {
      const isHonest = guard.add(count, file.offset + INPUT_BYTES);
      const chunk = new Uint8Array(wasmMemory().buffer, inflater.output, count);
      crc = crc32(chunk, crc);
      size += count;
      yield chunk;
      if (!isHonest) return guard.tripped;
    }
    const { failure } = inflater;
    if (failure !== undefined) return `gzip: the packed bytes are damaged (${failure})`;
    file.consume(inflater.used);
  }

  const trailer = file.peek(TRAILER_BYTES);
  if (trailer.length < TRAILER_BYTES) return ENDS_EARLY;
  const view = new DataView(trailer.buffer, trailer.byteOffset, TRAILER_BYTES);
  if (view.getUint32(0, true) !== crc) return `gzip: the checksum of member ${member} is wrong`;
  if (view.getUint32(4, true) !== size % 2 ** 32) return `gzip: the length of member ${member} is wrong`;
  file.consume(TRAILER_BYTES);
  guard.verified += size;
  return undefined;
}

/** Length of the member's header, RFC 1952 section 2.3, or why there is none. */
function headerBytes(file: PackedFile): number | string {
  const fixed = file.peek(10);
  if (fixed.length < 10) return ENDS_EARLY;
  const head = (fixed[3] ?? 0) === 0 ? fixed : file.peek(MAX_HEADER_BYTES);
  if (head[2] !== 8) return 'gzip: not packed by deflate';
  const flags = head[3] ?? 0;
  let at = 10;
  if ((flags & HAS_EXTRA) !== 0) at += 2 + (head[at] ?? 0) + (head[at + 1] ?? 0) * 256;
  if ((flags & HAS_NAME) !== 0) at = head.indexOf(0, at) + 1 || head.length + 1;
  if ((flags & HAS_COMMENT) !== 0) at = head.indexOf(0, at) + 1 || head.length + 1;
  if ((flags & HAS_CRC) !== 0) at += 2;
  return at > head.length ? 'gzip: the header does not end' : at;
}

function isZeros(file: PackedFile): boolean {
  for (;;) {
    const held = file.peek(1);
    if (held.length === 0) return true;
    if (held.some((byte) => byte !== 0)) return false;
    file.consume(held.length);
  }
}

function garbage(member: number): string {
  return `gzip: other bytes follow member ${member - 1}`;
}
