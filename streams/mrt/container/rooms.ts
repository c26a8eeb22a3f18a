/**
 * The layout of the memory that reading threads share. It is separate from its users, so that threads can start before
 * any WebAssembly is loaded.
 */

/**
 * Most unpacked bytes of one step of a gzip file: small enough to stay in the processor's cache while they are read.
 */
export const CHUNK_BYTES = 256 * 1024;

/** Chunks of one gzip file in its ring. */
export const RING_CHUNKS = 6;
/** Counters of both sides of a ring. */
export const RING_HEAD_BYTES = 64;
/** Fields of each chunk: its length, and the state of `Unpacking` after it. */
export const CHUNK_NUMBERS_BYTES = 32;
/** Bytes of one ring. */
export const RING_BYTES = RING_HEAD_BYTES + RING_CHUNKS * (CHUNK_NUMBERS_BYTES + CHUNK_BYTES);

/** Bytes for a compressed bzip2 block and its position. */
export const PACKED_BYTES = 1_250_000;
/** Bytes for an unpacked block: 900,000, and the expansion of runs of equal bytes. */
export const PLAIN_BYTES = 2_000_000;
/** Fields of a block, 4 bytes each. */
export const BLOCK_NUMBERS = 6;
/** Bytes of one slot. */
export const BLOCK_BYTES = 4 * BLOCK_NUMBERS + PACKED_BYTES + PLAIN_BYTES;
