import { closeSync, openSync, readSync, statSync, truncateSync } from 'node:fs';

/** Octets before what a page of LMDB's format 2 holds. */
const PAGE_HEADER = 24;

const MAGIC = 0xbeefc0de;
const FORMAT = 2;

/** Octets of one of the two heads of a file, as far as they are read here. */
const HEAD = 136;

/** What the head of an LMDB file says: `struct MDB_meta` of its mdb.c. */
interface Head {
  readonly pageBytes: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/** Octets there should be: up to the last page that was ever given out. `undefined` when it is no LMDB file of ours. */
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
 * Makes a file as long as its head says, with zeros. LMDB maps it, and to touch a page beyond the end of a file kills the
 * process (SIGBUS). A file may rightly be short of pages that were given out and never written; one that was cut
 * off is short of pages that matter, and shows it when it is read through. It must be our turn to write: a file that
 * grows meanwhile would be cut.
 *
 * @returns how to undo it, in a turn as well; `undefined` when nothing was missing.
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

/** Part of a database, as far as it is read here. */
interface Part {
  getRange(range: object): Iterable<{ readonly value: string }>;
}

/** Reads all there is. @throws when a page is not what leads to it says, or a value consists of zeros only. */
export function readThrough(parts: readonly Part[]): void {
  for (const part of parts) {
    for (const { value } of part.getRange({})) {
      if (/^\0+$/.test(value)) throw new Error('a value consists of zeros only');
    }
  }
}
