import { DumpCounter, type Dump } from './dump-counter.ts';
import { openContainer, type Container } from './container.ts';
import type { MrtLimits } from './limits.ts';
import type { Snapshot } from './packed-file.ts';
import { Prefilter } from './prefilter.ts';
import { createFramer, type Damage, type RecordSink } from './records.ts';
import { RecordClock } from './record-clock.ts';
import { u16, writeU32 } from './octets.ts';
import { isKnownType } from './record-types.ts';
import type { Watch } from './watched.ts';

/** One file to be read. Plain data: it crosses to worker threads. */
export interface ScanJob {
  readonly path: string;
  readonly snapshot: Snapshot;
  readonly watch: Watch;
  readonly limits: MrtLimits;
  readonly readBytes?: number;
}

/** Something that stands between the records of a batch, before `records[place]`. */
export type Mark = {
  readonly place: number;
  /** Seconds of event time reached; `undefined` before the first record that tells. */
  readonly at: number | undefined;
} & (
  | { readonly kind: 'tick' }
  | { readonly kind: 'damage'; readonly damage: Damage }
  | { readonly kind: 'dump'; readonly dump: Dump }
);

/** A stretch of a file: what of it has to be decoded, and what is to be known of the rest. Plain data as well. */
export interface ScanBatch {
  /** Records that passed, end to end. */
  readonly records: Uint8Array;
  /** Pairs: where a record begins in `records`, and its offset in the unpacked file. */
  readonly places: Float64Array;
  readonly marks: readonly Mark[];
  /** Counts since the batch before. */
  readonly count: number;
  readonly outliers: number;
  /** Packed bytes read so far. */
  readonly packed: number;
  /** Only in the last batch. */
  readonly end?: ScanEnd;
}

export interface ScanEnd {
  readonly container: Container['kind'] | undefined;
  /** Unpacked bytes. */
  readonly unpacked: number;
  /** Threes: MRT type, subtype, records. */
  readonly types: Float64Array;
  /** First and last sane record time in seconds. */
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** Event time is told at least this often though nothing passed, in seconds: ticks fall on this grid, whatever the chunks. */
const TICK_SECONDS = 10;
/** A batch is given out once it holds this many bytes, or this many were scanned for it. */
const BATCH_BYTES = 256 * 1024;
const BATCH_SCANNED = 8 * 2 ** 20;
const BATCH_MARKS = 512;
/** Unknown types counted apart; a file that has more of them is noise. */
const MAX_FOREIGN = 1_024;

/** Unpacks, frames and prefilters one file. Never throws on input: a file that cannot be read is one damage. */
export async function* scanFile(job: ScanJob): AsyncGenerator<ScanBatch, void> {
  const opened = await openContainer(job.path, job);
  const scan = new Scan(new Prefilter(job.watch));
  if (!opened.ok) {
    scan.damage({ from: 0, to: 0, reason: `the file ${opened.reason}` });
    scan.packed = job.snapshot.size;
    scan.finish(undefined);
    yield* scan.ready;
    return;
  }
  const { container } = opened;
  const framer = createFramer(scan, job.limits);
  const chunks = container.chunks();
  try {
    for (;;) {
      const { done, value } = await chunks.next();
      if (done === true) {
        framer.end(value);
        break;
      }
      scan.packed = container.offset;
      framer.push(value);
      scan.unpacked += value.length;
      yield* scan.ready.splice(0);
    }
    scan.packed = container.offset;
    scan.finish(container.kind);
    yield* scan.ready;
  } finally {
    await chunks.return(undefined);
    await container.close();
  }
}

class Scan implements RecordSink {
  readonly #prefilter: Prefilter;
  readonly #dumps = new DumpCounter();
  readonly #clock = new RecordClock();
  /** Records by known type and subtype; a map costs as much as the rest of the look at a record. */
  readonly #known = new Float64Array(64 << 4);
  readonly #foreign = new Map<number, number>();
  #records = new Uint8Array(BATCH_BYTES);
  #length = 0;
  #places: number[] = [];
  #marks: Mark[] = [];
  #count = 0;
  #outliers = 0;
  #scannedFrom = 0;
  #tick = -1;
  /** Batches that are full. They are cut by what was scanned, so that they are the same however the file is chunked. */
  readonly ready: ScanBatch[] = [];
  /** Packed and unpacked bytes read so far. */
  packed = 0;
  unpacked = 0;

  constructor(prefilter: Prefilter) {
    this.#prefilter = prefilter;
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, next: number): void {
    const isFull = this.#length >= BATCH_BYTES || this.#marks.length >= BATCH_MARKS;
    if (isFull || offset - this.#scannedFrom >= BATCH_SCANNED) this.#cut(offset);
    this.#count++;
    const type = u16(bytes, start + 4);
    const subtype = u16(bytes, start + 6);
    const isKnown = isKnownType(type, subtype);
    if (isKnown) this.#known[(type << 4) | subtype] = (this.#known[(type << 4) | subtype] ?? 0) + 1;
    else this.#countForeign(type * 65_536 + subtype);

    const dump = this.#dumps.record(bytes, start, end);
    if (dump !== undefined) this.#mark({ kind: 'dump', dump });
    const isOutlier = this.#clock.record(bytes, start, next);
    if (isOutlier) this.#outliers++;
    else this.#tickIfDue();
    // A type nobody names is skipped by its length; it is counted above.
    if (!isKnown || !this.#prefilter.passes(bytes, start, end)) return;
    this.#keep(bytes, start, end, offset);
    // The record's own time proves nothing: time 0 is lifted by whoever keeps the order.
    if (isOutlier) writeU32(this.#records, this.#length - (end - start), 0);
  }

  damage(damage: Damage): void {
    this.#dumps.damaged();
    this.#mark({ kind: 'damage', damage });
  }

  finish(container: Container['kind'] | undefined): void {
    const dump = this.#dumps.close();
    if (dump !== undefined) this.#mark({ kind: 'dump', dump });
    this.#cut(this.unpacked, this.#ending(container));
  }

  #cut(offset: number, end?: ScanEnd): void {
    this.ready.push({
      records: this.#records.slice(0, this.#length),
      places: new Float64Array(this.#places),
      marks: this.#marks,
      count: this.#count,
      outliers: this.#outliers,
      packed: this.packed,
      ...(end === undefined ? {} : { end }),
    });
    this.#length = 0;
    this.#places = [];
    this.#marks = [];
    this.#count = 0;
    this.#outliers = 0;
    this.#scannedFrom = offset;
  }

  #ending(container: Container['kind'] | undefined): ScanEnd {
    const types = [...this.#foreign].flatMap(([key, count]) => [Math.floor(key / 65_536), key % 65_536, count]);
    for (const [key, count] of this.#known.entries()) {
      if (count > 0) types.push(key >> 4, key & 15, count);
    }
    return {
      container,
      unpacked: this.unpacked,
      types: new Float64Array(types),
      first: this.#clock.first,
      last: this.#clock.seconds,
    };
  }

  #countForeign(key: number): void {
    const count = this.#foreign.get(key);
    if (count !== undefined || this.#foreign.size < MAX_FOREIGN) this.#foreign.set(key, (count ?? 0) + 1);
  }

  #tickIfDue(): void {
    const seconds = this.#clock.seconds ?? 0;
    const tick = Math.floor(seconds / TICK_SECONDS);
    if (tick <= this.#tick) return;
    this.#tick = tick;
    this.#mark({ kind: 'tick' });
  }

  #mark(mark: { kind: 'tick' } | { kind: 'damage'; damage: Damage } | { kind: 'dump'; dump: Dump }): void {
    this.#marks.push({ place: this.#length, at: this.#clock.seconds, ...mark });
  }

  #keep(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const length = end - start;
    if (this.#length + length > this.#records.length) {
      const grown = new Uint8Array(Math.max(this.#length + length, this.#records.length * 2));
      grown.set(this.#records.subarray(0, this.#length));
      this.#records = grown;
    }
    this.#records.set(bytes.subarray(start, end), this.#length);
    this.#places.push(this.#length, offset);
    this.#length += length;
  }
}
