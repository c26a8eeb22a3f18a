import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';

/** Fits into a processor's cache, where the hash finds it again. */
const READ_BYTES = 256 * 1024;

/** The hash of a file, and a mark that shows later whether the file is still the same. */
export interface HashedFile {
  /** In hex. */
  readonly sha256: string;
  /** The result of `markOf` before the file was read. */
  readonly mark: string;
}

/** Hashes a file. Throws as the file system does. */
export async function hashedFile(path: string, signal: AbortSignal): Promise<HashedFile> {
  const mark = await markOf(path);
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    // One buffer for all reads: a stream takes a new one for each, which cost three times as much as the hash.
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
  return { sha256: hash.digest('hex'), mark };
}

/** A text that changes when the file does: size, time of the last change, device, inode. Throws as the file system does. */
export async function markOf(path: string): Promise<string> {
  const { size, mtimeMs, dev, ino } = await stat(path);
  return [size, mtimeMs, dev, ino].join(' ');
}
