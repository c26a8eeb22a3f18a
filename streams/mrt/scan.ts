import { BatchWriter, type MarkContent } from './batch-writer.ts';
import { holdsMessage } from './dump-check.ts';
import { DumpCounter } from './dump-counter.ts';
import { openContainer, type Container } from './container.ts';
import type { MrtLimits } from './limits.ts';
import type { Snapshot } from './packed-file.ts';
import { Prefilter } from './prefilter.ts';
import { createFramer, FIRST_SECONDS, type Damage, type RecordSink } from './records.ts';
import { RecordClock, type ClockState } from './record-clock.ts';
import { u16, u32, writeU32 } from './octets.ts';
import { isKnownType, isRouting } from './record-types.ts';
import type { Watch } from './watched.ts';

/** One file to be read. Plain data: it crosses to worker threads. */
export interface ScanJob {
  readonly path: string;
  readonly snapshot: Snapshot;
  readonly watch: Watch;
  readonly limits: MrtLimits;
  readonly readBytes?: number;
  /** The second at which it begins by its name, if that tells. */
  readonly begin?: number;
  /** Elements come of nothing that no checksum stands behind, unless only to be counted. @default false */
  readonly believesAll?: boolean;
}

/** Something that stands between the records of a batch, before `records[place]`. */
export type Mark = MarkContent & {
  readonly place: number;
  /** Seconds of event time reached; `undefined` before the first record that tells. */
  readonly at: number | undefined;
};

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
/**
 * Bytes of a file that are held back before its checksums are known. With more, the file is unpacked a second time beside,
 * only for its checksums: from then on each byte is known to be right or wrong as it comes.
 */
const HELD_BYTES = 8 * 2 ** 20;
/** Unknown types counted apart; a file that has more of them is noise. */
const MAX_FOREIGN = 1_024;

/**
 * Unpacks, frames and prefilters one file. Never throws on input: a file that cannot be read is one damage.
 *
 * Nothing of a gzip member is given out before its checksum was found right. What is not is one damage, from the end of the
 * last right member on: deflate copies a damaged octet into every later message that has the same, so nothing in it can
 * be told right from wrong.
 */
export async function* scanFile(job: ScanJob): AsyncGenerator<ScanBatch, void> {
  const opened = await openContainer(job.path, job);
  const scan = new Scan(new Prefilter(job.watch), job.begin);
  if (!opened.ok) {
    scan.damage({ from: 0, to: 0, reason: `the file ${opened.reason}` });
    scan.batches.packed = job.snapshot.size;
    scan.finish(undefined);
    yield* scan.batches.take();
    return;
  }
  const { container } = opened;
  const framer = createFramer(scan, job.limits);
  const chunks = container.chunks();
  try {
    for (;;) {
      const { done, value } = await chunks.next();
      if (job.believesAll !== true) scan.believe(container.verified);
      scan.batches.packed = container.offset;
      if (done === true) {
        framer.end(value);
        if (value !== undefined) scan.lose(value);
        break;
      }
      framer.push(value);
      scan.unpacked += value.length;
      if (scan.batches.held > HELD_BYTES) scan.believe(await verifiedBytes(job), true);
      yield* scan.batches.take();
    }
    scan.finish(container.kind);
    yield* scan.batches.take();
  } finally {
    await chunks.return(undefined);
    await container.close();
  }
}

/** How many unpacked bytes of a file have right checksums, from its start. */
async function verifiedBytes(job: ScanJob): Promise<number> {
  const opened = await openContainer(job.path, job);
  if (!opened.ok) return 0;
  const { container } = opened;
  const chunks = container.chunks();
  while ((await chunks.next()).done !== true);
  return container.verified;
}

class Scan implements RecordSink {
  readonly #prefilter: Prefilter;
  readonly #dumps = new DumpCounter();
  readonly #clock: RecordClock;
  /** Records by known type and subtype; a map costs as much as the rest of the look at a record. */
  readonly #known = new Float64Array(64 << 4);
  readonly #foreign = new Map<number, number>();
  readonly batches = new BatchWriter();
  #tick = -1;
  /** Unpacked bytes that can be believed, from the start of the file. */
  #verified = Number.POSITIVE_INFINITY;
  /** No more than that will ever be. */
  #isFinal = false;
  /** Where the first record that cannot be believed yet begins, and the event time reached before it. */
  #doubt: { readonly offset: number; readonly clock: ClockState } | undefined;
  unpacked = 0;

  constructor(prefilter: Prefilter, begin: number | undefined) {
    this.#prefilter = prefilter;
    this.#clock = new RecordClock(begin);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, next: number): void {
    this.batches.next(offset);
    if (offset + end - start > this.#verified) this.#doubtFrom(offset);
    const type = u16(bytes, start + 4);
    const subtype = u16(bytes, start + 6);
    const isKnown = isKnownType(type, subtype);
    if (isKnown) this.#known[(type << 4) | subtype] = (this.#known[(type << 4) | subtype] ?? 0) + 1;
    else this.#countForeign(type * 65_536 + subtype);

    const reached = this.#clock.seconds;
    const isOutlier = this.#clock.record(bytes, start, next);
    const seconds = isOutlier ? (reached ?? earlierOf(u32(bytes, start), next)) : u32(bytes, start);
    const dump = this.#dumps.record(bytes, start, end, seconds);
    if (dump !== undefined) this.#mark({ kind: 'dump', dump }, reached);
    if (isOutlier) this.batches.outlier();
    else this.#tickIfDue();
    // What has another type is skipped by its length, and counted above; but not a message whose type was damaged.
    if (!isRouting(type) && holdsMessage(bytes, start, end)) {
      const reason = 'a BGP message stands in a record of another type';
      this.damage({ from: offset, to: offset + end - start, reason });
    }
    if (!isKnown || !this.#prefilter.passes(bytes, start, end)) return;
    if (this.#isLost) return;
    const kept = this.batches.keep(bytes.subarray(start, end), offset);
    // The record's own time proves nothing: time 0 is lifted by whoever keeps the order.
    if (isOutlier) writeU32(kept, 0, 0);
  }

  damage(damage: Damage): void {
    this.#dumps.damaged();
    this.#mark({ kind: 'damage', damage }, this.#clock.seconds);
  }

  /**
   * So many unpacked bytes have right checksums.
   *
   * @param isFinal the rest of the file has not.
   */
  believe(bytes: number, isFinal = false): void {
    if (this.#isFinal) return;
    this.#verified = bytes;
    this.#isFinal = isFinal;
    if (bytes < this.unpacked) return;
    this.#doubt = undefined;
    this.batches.believe();
  }

  /** What is held back, if anything, is lost for this reason. */
  lose(reason: string): void {
    const doubt = this.#doubt;
    if (doubt === undefined) return;
    this.#doubt = undefined;
    this.batches.forget();
    this.#clock.set(doubt.clock);
    this.damage({ from: doubt.offset, to: this.unpacked, reason });
  }

  finish(container: Container['kind'] | undefined): void {
    const dump = this.#dumps.close();
    if (dump !== undefined) this.#mark({ kind: 'dump', dump }, this.#clock.seconds);
    this.batches.end(this.unpacked, this.#ending(container));
  }

  #doubtFrom(offset: number): void {
    this.#doubt ??= { offset, clock: this.#clock.state };
    this.batches.doubt();
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
    this.#mark({ kind: 'tick' }, seconds);
  }

  /** It is known already that what comes now will not be believed. */
  get #isLost(): boolean {
    return this.#isFinal && this.#doubt !== undefined;
  }

  #mark(mark: MarkContent, at: number | undefined): void {
    if (!this.#isLost) this.batches.mark(mark, at);
  }
}

/** Of two times of which one is wrong, the earlier one that can be: a dump that began later would deny routes told since. */
function earlierOf(...seconds: readonly number[]): number {
  return Math.min(...seconds.filter((second) => second >= FIRST_SECONDS), 2 ** 32 - 1);
}
