import { availableParallelism } from 'node:os';

/** A single file of this size, compressed, is read faster here than a thread starts. Bytes. */
const SMALL_BYTES = 256 * 1024;
/** From this average file size on, compressed, one thread unpacks while another reads. Bytes. */
const DIVIDED_BYTES = 2 * 2 ** 20;

/** The input to read. */
interface Amount {
  readonly files: number;
  /** Packed. */
  readonly bytes: number;
  /** Whether bzip2 is among it: blocks of one file are unpacked by several threads. */
  readonly hasBlocks: boolean;
}

/** The useful number of threads, up to the available number. */
export function threadsFor({ files, bytes, hasBlocks }: Amount, threads: number): number {
  if (files === 1 && bytes <= SMALL_BYTES) return 0;
  if (hasBlocks) return threads;
  return Math.min(bytes >= files * DIVIDED_BYTES ? 2 * files : files, threads);
}

/** One thread per core. On a single core, a separate thread would only cost time. */
export function defaultThreads(): number {
  const cores = availableParallelism();
  return cores === 1 ? 0 : cores;
}
