import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defaultThreads, threadsFor } from '../../../streams/mrt/threads/thread-count.ts';
import { ScanThreads } from '../../../streams/mrt/threads/scan-threads.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';

/** So many files of a folder are looked at; with more, it is clear that threads are worth it. */
const FEW = 8;
const MANY: readonly number[] = Array.from({ length: FEW + 1 }, () => Number.POSITIVE_INFINITY);

/**
 * Starts the threads that will read, before the rest of the program is loaded: both take as long. `undefined` where none are
 * wanted, or where it is not known yet what there is to read.
 */
export function startThreads(paths: readonly string[], { threads, from }: ReplayOptions): ScanThreads | undefined {
  // Workers are made of compiled code, and a tape is read here.
  if (!import.meta.url.endsWith('.js') || from !== undefined || paths.some((path) => path.endsWith('.tape'))) {
    return undefined;
  }
  const wanted = threads ?? defaultThreads();
  const count = typeof wanted === 'number' ? threadsFor(amountOf(paths), wanted) : 0;
  return count === 0 ? undefined : new ScanThreads(count);
}

/** How many files these are, and how large. Of patterns and folders of folders nothing is known yet: they count as many. */
function amountOf(paths: readonly string[]): Parameters<typeof threadsFor>[0] {
  const sizes = paths.flatMap(sizesOf);
  // What a file is packed in is not known yet, but its name is a good guess.
  const hasBlocks = paths.some((path) => path.endsWith('.bz2'));
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0), hasBlocks };
}

/** Why a path is no file is told where it is read. */
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
