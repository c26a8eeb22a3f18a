/** The rows of one call, column by column; `rows` long each. Row `i` is `kind[i]`, `time[i]` and so on. */
export interface Batch {
  /** How many records were framed. */
  readonly records: number;
  readonly rows: number;
  /** 0 rib, 1 announcement, 2 withdrawal, 3 peer state, 4 end of RIB. */
  readonly kind: Uint8Array;
  /** Bits: 1 `detail` is an ADD-PATH path identifier, 2 the collector itself sent it (*_LOCAL), 4 multicast (SAFI 2). */
  readonly flags: Uint8Array;
  /** Microseconds since 1970-01-01T00:00:00Z: the record's own time, for RIB entries that of the dump. */
  readonly time: Float64Array;
  /** Index into `peers`. */
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
  /** Each distinct session that a record named, be it in a row or not; all those of a peer index table. */
  readonly peers: readonly BatchPeer[];
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

/** One session, as records name it. 4 or 16 bytes of address; what a record does not say is 0. */
export interface BatchPeer {
  readonly address: Uint8Array;
  readonly asn: number;
  readonly localAddress: Uint8Array;
  readonly localAsn: number;
  /** A message of the peer or a peer index table named it, not a state record alone. */
  readonly isHeard: boolean;
}

/** How the input ended: `open` while more can come, `padding` zero bytes after the last stream, `garbage` others. */
export type Bz2End = 'open' | 'clean' | 'padding' | 'garbage' | 'truncated' | 'corrupt' | 'not-bzip2';
