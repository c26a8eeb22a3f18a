/** Bytes of the unpacked stream that no record was read from: `from` up to, not including, `to`. */
export interface DamagedBytes {
  readonly from: number;
  readonly to: number;
  /** For people. */
  readonly reason: string;
}

/** Takes records as they are found. */
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
  /** Tells what the stream ended in the middle of. `cut` is why it ended early, in words, if it did. */
  end(cut?: string): void;
}

/** Where a framer keeps its bytes, and what looks at them first. */
export interface Passage {
  /** Room for so many bytes, with those that are there. Views given out before end with this call. */
  room(length: number): Uint8Array;
  /** Passes over records of `bytes[from..end)` that need no look; gives back where the first other one begins. */
  pass(from: number, end: number, offset: number): number;
  /** Seconds of the last record passed over. */
  readonly lastSeconds: number;
}

/** Plain memory; passes over nothing. */
export class NoPassage implements Passage {
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
