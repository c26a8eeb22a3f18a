import { scanFile, type ScanBatch, type ScanJob } from './scan.ts';
import { startScanThreads } from './scan-threads.ts';

/** Reads files, here or in threads. */
export interface Scanner {
  /** How many files are worth opening at once, of all streams together. */
  readonly width: number;
  /** Begins to read a file, ahead of its use where there are threads. Its batches are read once; leaving early ends it. */
  open(job: ScanJob): AsyncIterable<ScanBatch>;
  /** Ends all reading; batches under way end. Resolves when no thread or file of it is left. */
  close(): Promise<void>;
}

/**
 * Threads of ours need compiled code: Node 20 starts no worker from TypeScript. With fewer than two, or for a single file,
 * the caller reads.
 */
export function createScanner(files: number, threads: number): Scanner {
  const isCompiled = import.meta.url.endsWith('.js');
  const width = Math.min(files, threads);
  if (width <= 1 || !isCompiled) return { width: 1, open: scanFile, close: () => Promise.resolve() };
  return startScanThreads(width);
}
