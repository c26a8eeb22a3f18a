import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';

/** What a file was when it was looked at. Reading stops at `size`: what is appended later is not ours. */
export interface Snapshot {
  readonly size: number;
  readonly device: number;
  readonly inode: number;
}

/** Why a path is no file to read, in words, or its snapshot. Opens nothing: a FIFO would wait for its writer. */
export async function snapshotOf(path: string): Promise<Snapshot | string> {
  try {
    const found = await stat(path);
    if (found.isFile()) return { size: found.size, device: found.dev, inode: found.ino };
    if (found.isDirectory()) return 'is a directory';
    if (found.isFIFO()) return 'is a FIFO';
    return found.isSocket() ? 'is a socket' : 'is a device';
  } catch (error) {
    return reasonOf(error);
  }
}

/** The packed bytes of one file, read forward in steps; holds one step. */
export class PackedFile {
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #step: number;
  #held = new Uint8Array(0);
  /** Bytes read from the file, held ones included. */
  #read = 0;
  /** Why the file gives less than it promised, in words. */
  failure: string | undefined;

  private constructor(handle: FileHandle, size: number, step: number) {
    this.#handle = handle;
    this.size = size;
    this.#step = step;
  }

  /** `string`: why it cannot be read, or not as what it was. */
  static async open(path: string, snapshot: Snapshot, step: number): Promise<PackedFile | string> {
    let handle: FileHandle;
    try {
      handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      return reasonOf(error);
    }
    const now = await handle.stat();
    if (now.isFile() && now.dev === snapshot.device && now.ino === snapshot.inode) {
      return new PackedFile(handle, snapshot.size, step);
    }
    await handle.close();
    return 'was replaced by another file after it was chosen';
  }

  /** How many packed bytes were consumed. */
  get offset(): number {
    return this.#read - this.#held.length;
  }

  /** At least `count` bytes when the file has them, at least one before its end, none at its end. They stay. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.#held.length < count && (await this.#more(count - this.#held.length)));
    return this.#held;
  }

  /** The next step's bytes, none at the end of the file. They stay. */
  async some(): Promise<Uint8Array> {
    return (await this.peek(1)).subarray(0, this.#step);
  }

  consume(count: number): void {
    this.#held = this.#held.subarray(count);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #more(count: number): Promise<boolean> {
    const wanted = Math.min(Math.max(this.#step, count), this.size - this.#read);
    if (wanted <= 0 || this.failure !== undefined) return false;
    const bytes = new Uint8Array(this.#held.length + wanted);
    bytes.set(this.#held);
    const bytesRead = await this.#readInto(bytes, this.#held.length, wanted);
    if (bytesRead === 0) return false;
    this.#held = bytes.subarray(0, this.#held.length + bytesRead);
    this.#read += bytesRead;
    return true;
  }

  async #readInto(bytes: Uint8Array, at: number, wanted: number): Promise<number> {
    try {
      const { bytesRead } = await this.#handle.read(bytes, at, wanted, this.#read);
      if (bytesRead === 0) this.failure = `the file lost ${this.size - this.#read} bytes while it was read`;
      return bytesRead;
    } catch (error) {
      this.failure = reasonOf(error);
      return 0;
    }
  }
}

/** Why the system does not let a file be read, for people: `may not be read`. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read';
  return `cannot be read (${code === '' ? String(error) : code})`;
}
