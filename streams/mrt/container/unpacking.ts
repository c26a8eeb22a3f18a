/** The compression of a file. */
export type ContainerKind = 'gzip' | 'bzip2' | 'plain';

/** An open file, with any compression. */
export interface Unpacking {
  readonly kind: ContainerKind;
  /** Compressed size, bytes. */
  readonly size: number;
  /** Packed bytes consumed so far. */
  readonly offset: number;
  /**
   * Number of unpacked bytes from the start whose checksum is verified. A gzip member has its checksum at its end,
   * after its bytes. Infinite if bytes come out only after verification (bzip2), or there is no checksum.
   */
  readonly verified: number;
  /**
   * The unpacked bytes, in chunks of any size. Each view is valid until the next one. Read it once. Yields all readable
   * bytes, then returns why it ended before the end of the file, in words, or `undefined`. Closes the file.
   */
  chunks(): Generator<Uint8Array, string | undefined>;
  close(): void;
}
