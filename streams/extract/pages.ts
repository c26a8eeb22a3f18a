import { open } from 'node:fs/promises';

/** A file that can be read at any position, on disk or in a store. */
export interface Pages {
  /** Bytes. */
  readonly size: number;
  /** Reads `length` bytes from this position; fewer at the end of the file. Throws when they cannot be read. */
  at(from: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Opens a file of this machine. @throws an error of the file system. */
export async function openFile(path: string): Promise<Pages> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return {
      size,
      async at(from, length) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
        return buffer.subarray(0, bytesRead);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
