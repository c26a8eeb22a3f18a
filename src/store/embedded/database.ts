import { open, type Database, type RootDatabase } from 'lmdb';
import { statfsSync } from 'node:fs';
import type { Space, StateRecord } from '../../spaces.ts';
import type { WriteTurn } from './turn.ts';

type Strings = Database<string, Buffer>;

/** LMDB's longest key, octets, with pages of 4096. Longer keys cannot be stored. */
const LONGEST_KEY = 1978;

/**
 * Free space on the disk that stays free; of a small disk a tenth. LMDB keeps what it has when the disk is full, but a process
 * that runs into that again and again was seen to abort (lmdb 3.5.6), so we stop before.
 */
const SPARE_BYTES = 64 << 20;

const SPARE_SHARE = 10;

/** What is written when nearly nothing is: leases, marks, the trees' upper pages. */
const LITTLE_BYTES = 4 << 20;

/** Octets of one page; a change of a record rewrites the page it is on. */
const PAGE_BYTES = 4096;

/** Without overlapping sync a transaction is on the disk before anyone sees it, so what was seen is never taken back. */
const FORM = { encoding: 'string', keyEncoding: 'binary', overlappingSync: false, maxDbs: 8 } as const;

/**
 * The LMDB environment of a folder: four databases, one writer at a time among all processes that have it open, and a
 * snapshot for every reader. A transaction is on the disk (fdatasync) when it returns.
 */
export class FolderDatabase {
  readonly path: string;
  /** By `mark`, `kept`, `fence`, `lease`, `next`. */
  readonly meta: Strings;
  /** By space, NUL, key. */
  readonly state: Strings;
  /** By position, eight octets. */
  readonly events: Strings;
  /** Position of each stored event, by its id. */
  readonly ids: Strings;
  readonly #root: RootDatabase<string, Buffer>;
  readonly #turn: WriteTurn;
  readonly #spareBytes: number | undefined;

  /** @throws what LMDB or the file system says; then nothing stays open. */
  static async open(path: string, turn: WriteTurn, spareBytes: number | undefined): Promise<FolderDatabase> {
    const root = open<string, Buffer>(path, { ...FORM, noSubdir: false });
    try {
      return new FolderDatabase(path, root, turn, spareBytes);
    } catch (error) {
      await root.close();
      throw error;
    }
  }

  private constructor(
    path: string,
    root: RootDatabase<string, Buffer>,
    turn: WriteTurn,
    spareBytes: number | undefined,
  ) {
    this.path = path;
    this.#root = root;
    this.#turn = turn;
    this.#spareBytes = spareBytes;
    this.meta = root.openDB('meta', FORM);
    this.state = root.openDB('state', FORM);
    this.events = root.openDB('events', FORM);
    this.ids = root.openDB('ids', FORM);
  }

  /** Reads in one snapshot, as of now. `look` must not wait. */
  read<T>(look: () => T): T {
    this.#root.resetReadTxn();
    return look();
  }

  /**
   * Waits for its turn and writes all of it or nothing.
   *
   * @param weight of what is written, from `weigh`; 0 when it is little.
   * @throws when the disk has not that much room, when another process holds the turn for too long, or LMDB fails: then
   * nothing was changed.
   */
  async write<T>(weight: number, act: () => T): Promise<T> {
    return this.#turn.take(() => {
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

function mebibytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(0)} MiB`;
}

/** How much room these values may take at most, when each is on a page of its own. */
export function weigh(values: readonly (string | undefined)[]): number {
  // A UTF-16 unit is at most three octets of UTF-8.
  return values.reduce((sum, value) => sum + 2 * PAGE_BYTES + 3 * (value?.length ?? 0), PAGE_BYTES);
}

const SEPARATOR = '\0';

/** @throws when it is too long to be a key: nothing of ours is. */
export function stateKey(space: Space, key: string): Buffer {
  return fitting(Buffer.from(`${space}${SEPARATOR}${key}`), key);
}

/** All keys of a space: from `start`, before `end`. */
export function stateRange(space: Space): { readonly start: Buffer; readonly end: Buffer } {
  return { start: Buffer.from(`${space}${SEPARATOR}`), end: Buffer.from(`${space}\u0001`) };
}

/** No space has a NUL in its name, so the first one ends it. */
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
    `a key of ${String(key.length)} octets cannot be kept, the longest has ${String(LONGEST_KEY)}: ${text.slice(0, 80)}…`,
  );
}
