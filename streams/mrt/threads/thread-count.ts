import { availableParallelism } from 'node:os';

/** Packed bytes of a single file that are read here sooner than a thread starts. */
const SMALL_BYTES = 256 * 1024;
/** From so many packed bytes a file on, on average, one thread unpacks and another one reads. */
const DIVIDED_BYTES = 2 * 2 ** 20;

/** What there is to read. */
interface Amount {
  readonly files: number;
  /** Packed. */
  readonly bytes: number;
  /** Whether bzip2 is among it: blocks of one file are unpacked by several threads. */
  readonly hasBlocks: boolean;
}

/** How many threads are worth it, of those that are to be had. */
export function threadsFor({ files, bytes, hasBlocks }: Amount, threads: number): number {
  if (files === 1 && bytes <= SMALL_BYTES) return 0;
  if (hasBlocks) return threads;
  return Math.min(bytes >= files * DIVIDED_BYTES ? 2 * files : files, threads);
}

/** One thread a core. With one core a thread of its own would only cost. */
export function defaultThreads(): number {
  const cores = availableParallelism();
  return cores === 1 ? 0 : cores;
}
