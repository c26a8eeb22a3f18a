import { closeSync, openSync, readSync, statSync, truncateSync } from 'node:fs';

/** Octets of the header of a page, LMDB format 2. */
const PAGE_HEADER = 24;

const MAGIC = 0xbeefc0de;
const FORMAT = 2;

/** Octets that are read of each of the two meta pages of a file. */
const HEAD = 136;

/** The meta page of an LMDB file: `struct MDB_meta` in mdb.c. */
interface Head {
  readonly pageBytes: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/**
 * Octets that the file should have: up to the last page that was ever allocated. `undefined`: not an LMDB file of ours.
 */
export function expectedBytes(file: string): number | undefined {
  const handle = openSync(file, 'r');
  try {
    const first = readHead(handle, 0);
    const second = first && readHead(handle, first.pageBytes);
    if (first === undefined || second === undefined) return undefined;
    const { lastPage, pageBytes } = second.transaction > first.transaction ? second : first;
    return Number(lastPage + 1n) * pageBytes;
  } finally {
    closeSync(handle);
  }
}

function readHead(handle: number, at: number): Head | undefined {
  const head = Buffer.alloc(HEAD);
  if (readSync(handle, head, 0, HEAD, at + PAGE_HEADER) < HEAD) return undefined;
  if (head.readUInt32LE(0) !== MAGIC || head.readUInt32LE(4) !== FORMAT) return undefined;
  const transaction = head.readBigUInt64LE(128);
  return { pageBytes: head.readUInt32LE(24), lastPage: head.readBigUInt64LE(120), transaction };
}

/**
 * Fills a file with zeros up to the length that its meta page names. LMDB maps the file, and touching a page beyond its
 * end kills the process (SIGBUS). A healthy file may lack pages that were allocated and never written. A truncated file
 * lacks pages that matter, which shows when all of it is read. Call this only under the write lock: otherwise a file
 * that grows meanwhile would be cut.
 *
 * @returns how to undo it, also under the lock; `undefined`: nothing was missing.
 */
export function lengthen(file: string): (() => void) | undefined {
  const before = sizeOf(file);
  const wanted = before === 0 ? undefined : expectedBytes(file);
  if (wanted === undefined || wanted <= before) return undefined;
  truncateSync(file, wanted);
  return () => {
    if (sizeOf(file) === wanted) truncateSync(file, before);
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** The parts of a database that are read here. */
interface Part {
  getRange(range: object): Iterable<{ readonly value: string }>;
}

/** Reads everything. @throws when a page does not match the pointer to it, or a value is all zeros. */
export function readThrough(parts: readonly Part[]): void {
  for (const part of parts) {
    for (const { value } of part.getRange({})) {
      if (/^\0+$/.test(value)) throw new Error('a value consists of zeros only');
    }
  }
}
