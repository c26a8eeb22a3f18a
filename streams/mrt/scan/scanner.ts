import { availableParallelism } from 'node:os';
import type { ScanJob, Scanner } from './scan-job.ts';
import { scanFile } from './scan.ts';
import { ScanThreads } from '../threads/scan-threads.ts';

/** Packed bytes of a single file that are read here sooner than a thread starts. */
const SMALL_BYTES = 256 * 1024;

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
  return hasBlocks ? threads : Math.min(files, threads);
}

/** One thread a core. With one core a thread of its own would only cost. */
export function defaultThreads(): number {
  const cores = availableParallelism();
  return cores === 1 ? 0 : cores;
}

/**
 * @param jobs in the order in which they are to be begun.
 * @param threads none: the caller reads. They need compiled code: Node 20 starts no worker from TypeScript.
 */
export function createScanner(jobs: readonly ScanJob[], threads: number | ScanThreads): Scanner {
  const isCompiled = import.meta.url.endsWith('.js');
  const bytes = jobs.reduce((sum, { snapshot }) => sum + snapshot.size, 0);
  const hasBlocks = jobs.some(({ container }) => container === 'bzip2');
  if (typeof threads === 'object') return threads.read(jobs);
  const count = isCompiled ? threadsFor({ files: jobs.length, bytes, hasBlocks }, threads) : 0;
  if (count === 0) return { open: scanFile, close: () => Promise.resolve() };
  return new ScanThreads(count).read(jobs);
}
