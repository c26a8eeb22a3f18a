import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { readRefusal } from '../../../src/lib/errno.ts';

/** The state of a file when it was chosen. Reading stops at `size`: bytes that are appended later are ignored. */
export interface Snapshot {
  readonly size: number;
  readonly device: number;
  readonly inode: number;
}

/**
 * The snapshot of a file, or why the path cannot be read, in words. Opens nothing: a FIFO would wait for its writer.
 */
export async function snapshotOf(path: string): Promise<Snapshot | string> {
  try {
    const found = await stat(path);
    if (found.isFile()) return { size: found.size, device: found.dev, inode: found.ino };
    if (found.isDirectory()) return 'is a directory';
    if (found.isFIFO()) return 'is a FIFO';
    return found.isSocket() ? 'is a socket' : 'is a device';
  } catch (error) {
    return readRefusal(error);
  }
}

/** The packed bytes of one file, read forward in steps into one buffer; holds one step. */
export class PackedFile {
  readonly size: number;
  readonly #file: number;
  readonly #step: number;
  #bytes: Uint8Array;
  /** The part of `#bytes` that was read and not consumed. */
  #from = 0;
  #to = 0;
  /** Bytes read from the file, including those not consumed. */
  #read = 0;
  /** Why the file has fewer bytes than its size, in words. */
  failure: string | undefined;

  private constructor(file: number, size: number, step: number) {
    this.#file = file;
    this.size = size;
    this.#step = step;
    this.#bytes = new Uint8Array(Math.min(step, size));
  }

  /** `string`: why it cannot be read, or that it has changed. */
  static open(path: string, snapshot: Snapshot, step: number): PackedFile | string {
    let file: number;
    try {
      file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      return readRefusal(error);
    }
    const now = fstatSync(file);
    if (now.isFile() && now.dev === snapshot.device && now.ino === snapshot.inode) {
      return new PackedFile(file, snapshot.size, step);
    }
    closeSync(file);
    return 'was replaced by another file after it was chosen';
  }

  /** Number of consumed compressed bytes. */
  get offset(): number {
    return this.#read - (this.#to - this.#from);
  }

  /**
   * Returns at least `count` bytes if the file has them, at least one before its end, none at its end. It does not
   * consume them. The view is valid until the next call.
   */
  peek(count: number): Uint8Array {
    while (this.#to - this.#from < count && this.#more(count));
    return this.#bytes.subarray(this.#from, this.#to);
  }

  /** The bytes of the next step, none at the end of the file. The view is valid until the next call. */
  some(): Uint8Array {
    return this.peek(1).subarray(0, this.#step);
  }

  consume(count: number): void {
    this.#from += count;
  }

  /** Continues from this offset. */
  rewind(offset: number): void {
    this.#read = offset;
    this.#from = 0;
    this.#to = 0;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Reads on, until `count` bytes are held at most or a step is read. */
  #more(count: number): boolean {
    const held = this.#to - this.#from;
    const wanted = Math.min(Math.max(this.#step, count - held), this.size - this.#read);
    if (wanted <= 0 || this.failure !== undefined) return false;
    if (held + wanted > this.#bytes.length) {
      const grown = new Uint8Array(held + wanted);
      grown.set(this.#bytes.subarray(this.#from, this.#to));
      this.#bytes = grown;
    } else {
      this.#bytes.copyWithin(0, this.#from, this.#to);
    }
    this.#from = 0;
    this.#to = held;
    const bytesRead = this.#readInto(wanted);
    this.#to += bytesRead;
    this.#read += bytesRead;
    return bytesRead > 0;
  }

  #readInto(wanted: number): number {
    try {
      const bytesRead = readSync(this.#file, this.#bytes, this.#to, wanted, this.#read);
      if (bytesRead === 0) this.failure = `the file lost ${this.size - this.#read} bytes while it was read`;
      return bytesRead;
    } catch (error) {
      this.failure = readRefusal(error);
      return 0;
    }
  }
}
