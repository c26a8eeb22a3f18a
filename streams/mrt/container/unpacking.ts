/** How a file is packed. */
export type ContainerKind = 'gzip' | 'bzip2' | 'plain';

/** An open file, whatever it is packed in. */
export interface Unpacking {
  readonly kind: ContainerKind;
  /** Packed bytes. */
  readonly size: number;
  /** Packed bytes consumed so far. */
  readonly offset: number;
  /**
   * So many plain bytes, from the start, have a checksum that was found right: gzip's stands at the end of each member,
   * after its bytes. Infinite where no byte comes out before that: bzip2, and files that have none.
   */
  readonly verified: number;
  /**
   * The plain bytes, in chunks of no particular size, each a view that ends with the next one. Read once. Returns why it
   * ended before the end of the file, in words, or `undefined`; what was readable was yielded before. Closes the file.
   */
  chunks(): Generator<Uint8Array, string | undefined>;
  close(): void;
}
