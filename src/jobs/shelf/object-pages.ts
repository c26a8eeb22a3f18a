import type { Pages } from '../../../streams/extract/pages.ts';

/**
 * Reads a part of an object, by its name and a range such as `bytes=-100`. Also returns the size of the whole object.
 */
export type ReadPart = (name: string, range: string) => Promise<{ readonly bytes: Buffer; readonly size: number }>;

/** Bytes per request. */
const WINDOW_BYTES = 2 ** 20;
/** Windows held in memory. Collectors are read in parallel, each at its own position. */
const MOST_WINDOWS = 128;

/**
 * Objects that are read one window at a time. Objects never change, so windows are cached: an extract is opened once
 * for each of its hundreds of sections, and most extracts fit into one window.
 */
export class ObjectWindows {
  readonly #read: ReadPart;
  readonly #sizes = new Map<string, number>();
  readonly #windows = new Map<string, Promise<Buffer>>();

  constructor(read: ReadPart) {
    this.#read = read;
  }

  /** Opens an object. Throws when it does not exist. */
  async open(name: string): Promise<Pages> {
    const size = this.#sizes.get(name) ?? (await this.#openEnd(name));
    return {
      size,
      at: async (from, length) => {
        const parts: Buffer[] = [];
        for (let at = from, end = Math.min(size, from + length); at < end;) {
          const start = startOf(at, size);
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
    const { bytes, size } = await this.#read(name, `bytes=-${WINDOW_BYTES}`);
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
    const end = Math.min(start + WINDOW_BYTES, start < endStart(size) ? endStart(size) : size);
    const read = this.#read(name, `bytes=${start}-${end - 1}`).then(({ bytes }) => bytes);
    read.catch(() => this.#windows.delete(key));
    this.#keep(key, read);
    return read;
  }

  #keep(key: string, window: Promise<Buffer>): void {
    this.#windows.set(key, window);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > MOST_WINDOWS && oldest !== undefined) this.#windows.delete(oldest);
  }
}

/** Where the last window begins. */
function endStart(size: number): number {
  return Math.max(0, size - WINDOW_BYTES);
}

function startOf(at: number, size: number): number {
  return at >= endStart(size) ? endStart(size) : Math.floor(at / WINDOW_BYTES) * WINDOW_BYTES;
}

function keyOf(name: string, start: number): string {
  return `${start} ${name}`;
}
