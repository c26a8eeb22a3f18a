/** Bytes of the unpacked stream that no record was read from: `from` up to, not including, `to`. */
export interface DamagedBytes {
  readonly from: number;
  readonly to: number;
  /** For people. */
  readonly reason: string;
}

/** Receives records as they are found. */
export interface RecordSink {
  /**
   * One whole record: `bytes[start..end)`, header included, to be read before this returns. `offset` is its place in the
   * stream, `next` the seconds of the header after it, -1 when there is none.
   */
  record(bytes: Uint8Array, start: number, end: number, offset: number, next: number): void;
  damage(damage: DamagedBytes): void;
}

/** Cuts a stream of bytes into MRT records. */
export interface Framer {
  push(chunk: Uint8Array): void;
  /** Ends the stream, and reports an incomplete record at its end. `cut`: why the stream ended early, in words. */
  end(cut?: string): void;
}

/** The memory of a framer, and the fast path that skips records. */
export interface Passage {
  /** Bytes of room to begin with: it doubles for larger chunks and records. */
  readonly firstRoom: number;
  /** Makes room for `size` bytes and keeps the present ones. Earlier views become invalid. */
  room(length: number): Uint8Array;
  /** Skips records of `bytes[from..end)` that need not be read, and returns the start of the first other one. */
  pass(from: number, end: number, offset: number): number;
  /** Seconds of the last skipped record. */
  readonly lastSeconds: number;
}

/** Plain memory; skips nothing. It begins with none: most of its framers look at the start of a file and end there. */
export class NoPassage implements Passage {
  readonly firstRoom = 0;
  #bytes = new Uint8Array(0);
  readonly lastSeconds = -1;

  room(length: number): Uint8Array {
    if (length <= this.#bytes.length) return this.#bytes;
    const grown = new Uint8Array(length);
    grown.set(this.#bytes);
    this.#bytes = grown;
    return grown;
  }

  pass(from: number): number {
    return from;
  }
}
