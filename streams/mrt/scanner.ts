import type { ContainerKind } from './container.ts';
import { ScanAhead } from './scan-ahead.ts';
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

/** From so many threads on, scanning is worth more of them than the one that inflating leaves free. */
const SCAN_THREADS = 3;

/**
 * Inflating has threads of its own, and scanning what one or two of them give keeps one more busy: so many gz files are
 * read here. Threads of ours cost their start and code compiled anew; they are for bzip2, which is unpacked where it is
 * scanned, and for more cores. They need compiled code: Node 20 starts no worker from TypeScript.
 */
export function createScanner(files: readonly ContainerKind[], threads: number): Scanner {
  const isCompiled = import.meta.url.endsWith('.js');
  const width = Math.min(files.length, threads);
  if (width <= 1) return { width: 1, open: scanFile, close: () => Promise.resolve() };
  const needsThreads = width >= SCAN_THREADS || files.includes('bzip2');
  return needsThreads && isCompiled ? startScanThreads(width) : scanHere(width);
}

function scanHere(width: number): Scanner {
  const open = new Set<ScanAhead>();
  return {
    width,
    open(job) {
      const batches = new ScanAhead(scanFile(job));
      open.add(batches);
      void batches.closed.then(() => open.delete(batches));
      return batches;
    },
    close: async () => {
      await Promise.all([...open].map((batches) => batches.stop()));
    },
  };
}
