/**
 * How memory that reading threads share is divided. Apart from what uses it, so that threads can be started before any
 * WebAssembly is loaded.
 */

/** Plain bytes of one step of a gzip file, at most: what is read of them at once stays in the processor's cache. */
export const CHUNK_BYTES = 256 * 1024;

/** Chunks of one gzip file under way. */
export const RING_CHUNKS = 6;
/** What both sides of a ring count. */
export const RING_HEAD_BYTES = 64;
/** Of each chunk: how long it is, and what `Unpacking` says as of it. */
export const CHUNK_NUMBERS_BYTES = 32;
/** What one file takes. */
export const RING_BYTES = RING_HEAD_BYTES + RING_CHUNKS * (CHUNK_NUMBERS_BYTES + CHUNK_BYTES);

/** Bytes of a packed block of bzip2 with its place in them. */
export const PACKED_BYTES = 1_250_000;
/** Bytes of what comes out: 900,000 and what runs of equal bytes add. */
export const PLAIN_BYTES = 2_000_000;
/** What is to be known of a block, in numbers of 4 bytes. */
export const BLOCK_NUMBERS = 6;
/** What one block takes. */
export const BLOCK_BYTES = 4 * BLOCK_NUMBERS + PACKED_BYTES + PLAIN_BYTES;
