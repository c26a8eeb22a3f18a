import { open, type Database, type RootDatabase } from 'lmdb';
import { statfsSync } from 'node:fs';
import type { Space, StateRecord } from '../../spaces.ts';
import type { WriteLock } from './write-lock.ts';
import { mebibytes } from '../../lib/mebibytes.ts';

type Strings = Database<string, Buffer>;

/** LMDB's longest key, octets, with pages of 4096. Longer keys cannot be stored. */
const LONGEST_KEY = 1978;

/**
 * Disk space that must stay free; on a small disk a tenth. LMDB keeps its data when the disk is full, but a process
 * that hits a full disk repeatedly aborted in tests (lmdb 3.5.6), so we stop earlier.
 */
const SPARE_BYTES = 64 << 20;

const SPARE_SHARE = 10;

/** The least size of a write: leases, marks, and the upper pages of the trees. */
const LITTLE_BYTES = 4 << 20;

/** Octets of one page; a change of a record rewrites the page it is on. */
const PAGE_BYTES = 4096;

/** Without overlapping sync a transaction is on disk before others see it, so a value that was read is never undone. */
const FORM = { encoding: 'string', keyEncoding: 'binary', overlappingSync: false, maxDbs: 8 } as const;

/**
 * The LMDB environment of a folder: four databases, one writer at a time among all processes, and a snapshot for each
 * reader. When a transaction returns, it is on disk (fdatasync).
 */
export class FolderDatabase {
  readonly path: string;
  /** Keys: `mark`, `kept`, `fence`, `lease`, `next`. */
  readonly meta: Strings;
  /** Keys: space, NUL, key of the record. */
  readonly state: Strings;
  /** Keys: the position, eight octets. */
  readonly events: Strings;
  /** Position of each stored event, by its id. */
  readonly ids: Strings;
  readonly #root: RootDatabase<string, Buffer>;
  readonly #lock: WriteLock;
  readonly #spareBytes: number | undefined;

  /** @throws the error of LMDB or of the file system. Nothing stays open then. */
  static async open(path: string, lock: WriteLock, spareBytes: number | undefined): Promise<FolderDatabase> {
    const root = open<string, Buffer>(path, { ...FORM, noSubdir: false });
    try {
      return new FolderDatabase(path, root, lock, spareBytes);
    } catch (error) {
      await root.close();
      throw error;
    }
  }

  private constructor(
    path: string,
    root: RootDatabase<string, Buffer>,
    lock: WriteLock,
    spareBytes: number | undefined,
  ) {
    this.path = path;
    this.#root = root;
    this.#lock = lock;
    this.#spareBytes = spareBytes;
    this.meta = root.openDB('meta', FORM);
    this.state = root.openDB('state', FORM);
    this.events = root.openDB('events', FORM);
    this.ids = root.openDB('ids', FORM);
  }

  /** Reads in one snapshot of the present state. `look` must be synchronous. */
  read<T>(look: () => T): T {
    this.#root.resetReadTxn();
    return look();
  }

  /**
   * Waits for the write lock, then writes everything or nothing.
   *
   * @param weight size of the write, from `weigh`; 0 if it is small.
   * @throws when the disk has too little room, when another process holds the lock for too long, or when LMDB fails.
   * Nothing was changed then.
   */
  async write<T>(weight: number, act: () => T): Promise<T> {
    return this.#lock.take(() => {
      const { free, total } = spaceOf(this.path);
      const spare = this.#spareBytes ?? Math.min(SPARE_BYTES, total / SPARE_SHARE);
      const needed = LITTLE_BYTES + (weight === 0 ? 0 : weight + spare);
      if (free < needed) throw diskFull(free, needed);
      return this.#root.transactionSync(act);
    });
  }

  close(): Promise<void> {
    return this.#root.close();
  }
}

function spaceOf(path: string): { readonly free: number; readonly total: number } {
  const { bavail, blocks, bsize } = statfsSync(path);
  return { free: bavail * bsize, total: blocks * bsize };
}

function diskFull(free: number, needed: number): Error {
  const text = `the disk is full: ${mebibytes(free)} left, ${mebibytes(needed)} wanted`;
  return Object.assign(new Error(text), { code: 'ENOSPC' });
}

/** The most room that these values can take: each on a page of its own. */
export function weigh(values: readonly (string | undefined)[]): number {
  // A UTF-16 unit is at most three octets of UTF-8.
  return values.reduce((sum, value) => sum + 2 * PAGE_BYTES + 3 * (value?.length ?? 0), PAGE_BYTES);
}

const SEPARATOR = '\0';

/** @throws when it is too long for a key. Our own keys never are. */
export function stateKey(space: Space, key: string): Buffer {
  return fitting(Buffer.from(`${space}${SEPARATOR}${key}`), key);
}

/** All keys of a space: from `start`, before `end`. */
export function stateRange(space: Space): { readonly start: Buffer; readonly end: Buffer } {
  return { start: Buffer.from(`${space}${SEPARATOR}`), end: Buffer.from(`${space}\u0001`) };
}

/** Names of spaces contain no NUL, so the first NUL ends the name. */
export function recordOf(key: Buffer, value: string): StateRecord {
  const text = key.toString();
  const end = text.indexOf(SEPARATOR);
  return { space: text.slice(0, end) as Space, key: text.slice(end + 1), value };
}

/** The key of an event by its id. */
export function idKey(id: string): Buffer {
  // LMDB has no empty keys.
  return fitting(Buffer.from(`#${id}`), id);
}

/** Whether a text is short enough to be the id of an event. */
export function canBeId(id: string): boolean {
  return Buffer.byteLength(id) < LONGEST_KEY;
}

/** The key of an event by its position. */
export function positionKey(position: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(position));
  return key;
}

/** The position in a key. */
export function positionOf(key: Buffer): number {
  return Number(key.readBigUInt64BE());
}

function fitting(key: Buffer, text: string): Buffer {
  if (key.length <= LONGEST_KEY) return key;
  throw new Error(
    `a key of ${String(key.length)} octets cannot be stored, the longest has ${String(LONGEST_KEY)}: ${text.slice(0, 80)}…`,
  );
}
