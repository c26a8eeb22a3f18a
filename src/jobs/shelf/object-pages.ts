import type { Pages } from '../../../streams/extract/pages.ts';

/** A part of an object: from one byte to another, both included, or the last bytes. */
export type Part = { readonly from: number; readonly to: number } | { readonly last: number };

/** Reads a part of an object. Also returns the size of the whole object. */
export type ReadPart = (name: string, part: Part) => Promise<{ readonly bytes: Buffer; readonly size: number }>;

/** Bytes per request to a store that answers after a while. */
const WINDOW_BYTES = 2 ** 20;
/** Windows held in memory. Collectors are read in parallel, each at its own position. */
const MOST_WINDOWS = 128;

/**
 * Objects, or files, that are read one window at a time. They never change, so windows are cached: an extract is opened once
 * for each of its hundreds of sections, and most extracts fit into one window.
 */
export class ObjectWindows {
  readonly #read: ReadPart;
  readonly #windowBytes: number;
  readonly #sizes = new Map<string, number>();
  readonly #windows = new Map<string, Promise<Buffer>>();

  constructor(read: ReadPart, windowBytes = WINDOW_BYTES) {
    this.#read = read;
    this.#windowBytes = windowBytes;
  }

  /** Opens an object. Throws when it does not exist. */
  async open(name: string): Promise<Pages> {
    const size = this.#sizes.get(name) ?? (await this.#openEnd(name));
    return {
      size,
      at: async (from, length) => {
        const parts: Buffer[] = [];
        for (let at = from, end = Math.min(size, from + length); at < end;) {
          const start = this.#startOf(at, size);
          const bytes = await this.#window(name, start, size);
          const part = bytes.subarray(at - start, end - start);
          if (part.length === 0) break;
          parts.push(part);
          at += part.length;
        }
        return Buffer.concat(parts);
      },
      close: async () => undefined,
    };
  }

  /** The index of an extract is at its end. */
  async #openEnd(name: string): Promise<number> {
    const { bytes, size } = await this.#read(name, { last: this.#windowBytes });
    this.#sizes.set(name, size);
    this.#keep(keyOf(name, size - bytes.length), Promise.resolve(bytes));
    return size;
  }

  #window(name: string, start: number, size: number): Promise<Buffer> {
    const key = keyOf(name, start);
    const known = this.#windows.get(key);
    if (known !== undefined) {
      this.#windows.delete(key);
      this.#windows.set(key, known);
      return known;
    }
    const endStart = this.#endStart(size);
    const end = Math.min(start + this.#windowBytes, start < endStart ? endStart : size);
    const read = this.#read(name, { from: start, to: end - 1 }).then(({ bytes }) => bytes);
    read.catch(() => this.#windows.delete(key));
    this.#keep(key, read);
    return read;
  }

  #keep(key: string, window: Promise<Buffer>): void {
    this.#windows.set(key, window);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > MOST_WINDOWS && oldest !== undefined) this.#windows.delete(oldest);
  }

  /** Where the last window begins. */
  #endStart(size: number): number {
    return Math.max(0, size - this.#windowBytes);
  }

  #startOf(at: number, size: number): number {
    const endStart = this.#endStart(size);
    return at >= endStart ? endStart : Math.floor(at / this.#windowBytes) * this.#windowBytes;
  }
}

function keyOf(name: string, start: number): string {
  return `${start} ${name}`;
}
