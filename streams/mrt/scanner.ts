import type { ScanJob, Scanner } from './scan/scan-job.ts';
import { scanFile } from './scan/scan.ts';
import { threadsFor } from './threads/thread-count.ts';
import { ScanThreads } from './threads/scan-threads.ts';

/**
 * @param jobs in the order in which to begin them.
 * @param threads without: the caller reads. They need compiled code: Node 20 starts no worker from TypeScript.
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
