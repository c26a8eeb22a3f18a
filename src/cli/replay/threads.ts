import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defaultThreads, threadsFor } from '../../../streams/mrt/threads/thread-count.ts';
import { ScanThreads } from '../../../streams/mrt/threads/scan-threads.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';

/** Most files of a folder to look at: with more, threads are certainly worth it. */
const FEW = 8;
const MANY: readonly number[] = Array.from({ length: FEW + 1 }, () => Number.POSITIVE_INFINITY);

/**
 * Starts the reader threads while the rest of the program loads, because both take equally long. `undefined`: no
 * threads are wanted, or the input is not known yet.
 */
export function startThreads(paths: readonly string[], { threads, from }: ReplayOptions): ScanThreads | undefined {
  // Worker threads need compiled code; a tape is read in the main thread.
  if (!import.meta.url.endsWith('.js') || from !== undefined || paths.some((path) => path.endsWith('.tape'))) {
    return undefined;
  }
  const wanted = threads ?? defaultThreads();
  const count = typeof wanted === 'number' ? threadsFor(amountOf(paths), wanted) : 0;
  return count === 0 ? undefined : new ScanThreads(count);
}

/**
 * The number of these files and their size. Patterns and nested folders are not resolved yet: they count as many files.
 */
function amountOf(paths: readonly string[]): Parameters<typeof threadsFor>[0] {
  const sizes = paths.flatMap(sizesOf);
  // The compression of a file is not known yet; its name is a good guess.
  const hasBlocks = paths.some((path) => path.endsWith('.bz2'));
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0), hasBlocks };
}

/** Reading the path later reports why it is not a file. */
function sizesOf(path: string): readonly number[] {
  try {
    const found = statSync(path);
    if (found.isFile()) return [found.size];
    const entries = found.isDirectory() ? readdirSync(path, { withFileTypes: true }) : [];
    const isFlat = entries.length > 0 && entries.every((entry) => entry.isFile());
    if (isFlat && entries.length <= FEW) return entries.map(({ name }) => statSync(join(path, name)).size);
  } catch {
    // Counts as many.
  }
  return MANY;
}
