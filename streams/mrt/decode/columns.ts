/** Bytes of a prefix in `prefixes`. */
export const PREFIX_BYTES = 18;
/** Bytes of a session in `peers`: the peer's end, then the collector's. */
export const SESSION_BYTES = 42;
/** Numbers before the columns. */
const HEADER_WORDS = 8;

/** The rows of one call, column by column; `rows` long each. Row `i` is `kind[i]`, `time[i]` and so on. */
export interface DecodedColumns {
  /** How many records were framed. */
  readonly records: number;
  readonly rows: number;
  /** 0 rib, 1 announcement, 2 withdrawal, 3 peer state, 4 end of RIB. */
  readonly kind: Uint8Array;
  /** Bits: 1 `detail` is an ADD-PATH path identifier, 2 the collector itself sent it (*_LOCAL), 4 multicast (SAFI 2). */
  readonly flags: Uint8Array;
  /** Microseconds since 1970-01-01T00:00:00Z: the record's own time, for RIB entries that of the dump. */
  readonly time: Float64Array;
  /** Index into `peers`, in steps of 42 bytes. */
  readonly peer: Uint32Array;
  /** Index into `prefixes`, in steps of 18 bytes; 0xffffffff for kinds 3 and 4. */
  readonly prefix: Uint32Array;
  /** Index into `pathStarts`; 0xffffffff where there is no path. */
  readonly path: Uint32Array;
  /** Routes: path identifier. Peer state: old state << 16 | new state. End of RIB: 4 or 6. */
  readonly detail: Uint32Array;
  /** Byte offset of the record's header in the bytes given to `decode`. */
  readonly offset: Uint32Array;
  /** 18 bytes each: 4 or 6, length in bits, 16 bytes of address; host bits are 0. */
  readonly prefixes: Uint8Array;
  /** Path `p` is `pathWords` from `pathStarts[p]` to `pathStarts[p + 1]`. */
  readonly pathStarts: Uint32Array;
  /**
   * Segments, each: type << 24 | count, then `count` AS numbers. Types: 1 AS_SET, 2 AS_SEQUENCE, 3 AS_CONFED_SEQUENCE,
   * 4 AS_CONFED_SET (RFC 4271 section 4.3, RFC 5065 section 3).
   */
  readonly pathWords: Uint32Array;
  /**
   * Each distinct session that a record named, be it in a row or not; all those of a peer index table. 42 bytes each:
   * the peer's end, then the collector's. An end is 4 or 6, 16 bytes of address, and the AS number, big-endian; what a
   * record does not say is 0.
   */
  readonly peers: Uint8Array;
  /** By session: 1 when a message of the peer or a peer index table named it, 0 when only state records did. */
  readonly peerNamed: Uint8Array;
  /** Problems, in the order of the records; column by column too. */
  readonly problemOffset: Uint32Array;
  /** Index into `peers`; 0xffffffff where the record does not say. */
  readonly problemPeer: Uint32Array;
  /** Microseconds since 1970-01-01T00:00:00Z. */
  readonly problemTime: Float64Array;
  /** For `reasonText`. */
  readonly problemReason: Uint8Array;
  /** 0 skipped, 1 attribute discarded, 2 routes unknown, 3 peer unknown. */
  readonly problemTreatment: Uint8Array;
  /** Records skipped by their length, in threes: MRT type, subtype, how many. */
  readonly unused: Uint32Array;
}

/**
 * The columns of what the decoder returned: views of these bytes, whose layout `Packed` in `bgpkit-parser-wasm/src/packed.rs`
 * describes.
 */
export function readColumns(packed: Uint8Array): DecodedColumns {
  const columns = new Cursor(packed);
  const [records = 0, rows = 0, prefixes = 0, paths = 0, pathWords = 0, peers = 0, problems = 0, unused = 0] =
    columns.words(HEADER_WORDS);
  return {
    records,
    rows,
    // The widest first, so that each column is aligned. An object literal is evaluated in this order.
    time: columns.floats(rows),
    problemTime: columns.floats(problems),
    peer: columns.words(rows),
    prefix: columns.words(rows),
    path: columns.words(rows),
    detail: columns.words(rows),
    offset: columns.words(rows),
    pathStarts: columns.words(paths + 1),
    pathWords: columns.words(pathWords),
    problemOffset: columns.words(problems),
    problemPeer: columns.words(problems),
    unused: columns.words(3 * unused),
    kind: columns.bytes(rows),
    flags: columns.bytes(rows),
    prefixes: columns.bytes(PREFIX_BYTES * prefixes),
    peers: columns.bytes(SESSION_BYTES * peers),
    peerNamed: columns.bytes(peers),
    problemReason: columns.bytes(problems),
    problemTreatment: columns.bytes(problems),
  };
}

/** One column after the other. */
class Cursor {
  readonly #packed: Uint8Array;
  #at: number;

  constructor(packed: Uint8Array) {
    this.#packed = packed;
    this.#at = packed.byteOffset;
  }

  floats(length: number): Float64Array {
    return new Float64Array(this.#packed.buffer, this.#pass(8 * length), length);
  }

  words(length: number): Uint32Array {
    return new Uint32Array(this.#packed.buffer, this.#pass(4 * length), length);
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#packed.buffer, this.#pass(length), length);
  }

  #pass(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}
