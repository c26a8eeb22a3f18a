import type { ContainerKind } from '../container/unpacking.ts';
import { ScanBatchWriter } from './batch-writer.ts';
import { holdsMessage } from '../dump/dump-check.ts';
import { DumpCounter } from '../dump/dump-counter.ts';
import { u16, u32, writeU32 } from '../record/octets.ts';
import { PlainRecords, type PassBounds } from './plain-records.ts';
import { Prefilter } from './prefilter.ts';
import type { DamagedBytes, Passage, RecordSink } from '../record/framer.ts';
import { FIRST_SECONDS } from '../record/records.ts';
import { RecordClock, type ClockState } from '../record/record-clock.ts';
import { HEADER_BYTES, isKnownType, isRead, TYPE } from '../record/record-types.ts';
import type { MarkContent, ScanEnd, ScanJob } from './scan-job.ts';

/**
 * Event time is reported at least this often, in seconds, even if no record passed. Ticks are on this grid, whatever
 * the chunks.
 */
const TICK_SECONDS = 10;
/** Most unknown types that are counted separately; a file with more is garbage. */
const MAX_FOREIGN = 1_024;
/** If nothing can be skipped, at most this many records are read before skipping is tried again. */
const MOST_LOOKED_AT = 31;
/** Two chunks of a file: most files are read without more. Bytes. */
const FIRST_ROOM_BYTES = 512 * 1024;

/** Processes the records of one file: counts them, follows their time, and keeps those that concern watched blocks. */
export class Scan implements RecordSink, Passage {
  readonly #prefilter: Prefilter;
  readonly #plain: PlainRecords;
  readonly #dumps: DumpCounter;
  readonly #clock: RecordClock;
  /** Records by known type and subtype; a map costs as much as the rest of the look at a record. */
  readonly #known = new Float64Array(64 << 4);
  readonly #foreign = new Map<number, number>();
  readonly batches = new ScanBatchWriter();
  readonly firstRoom = FIRST_ROOM_BYTES;
  #tick = -1;
  /** Verified unpacked bytes, from the start of the file. */
  #verified = Number.POSITIVE_INFINITY;
  /** No more bytes will be verified. */
  #isFinal = false;
  /** The start of the first unverified record, and the event time before it. */
  #doubt: { readonly offset: number; readonly clock: ClockState } | undefined;
  /** Records to read before skipping is tried again, and their number last time. */
  #isLookedAt = 0;
  #lookedAt = 0;
  unpacked = 0;

  constructor({ watch, limits, begin, looksAtAll }: Omit<ScanJob, 'path' | 'snapshot'>) {
    this.#prefilter = new Prefilter(watch);
    this.#plain = new PlainRecords(watch, limits);
    this.#dumps = new DumpCounter((dump) => this.#plain.routes(dump));
    this.#clock = new RecordClock(begin);
    if (looksAtAll === true) this.#isLookedAt = Number.POSITIVE_INFINITY;
  }

  room(length: number): Uint8Array {
    return this.#plain.room(length);
  }

  get lastSeconds(): number {
    return this.#plain.lastSeconds;
  }

  pass(from: number, end: number, offset: number): number {
    if (this.#isLookedAt > 0) {
      this.#isLookedAt--;
      return from;
    }
    const bounds = this.#passBounds(offset - from);
    const to = bounds === undefined ? from : this.#plain.skip(from, end, bounds);
    this.#lookedAt = to === from ? Math.min(2 * this.#lookedAt + 1, MOST_LOOKED_AT) : 0;
    this.#isLookedAt = this.#lookedAt;
    if (to === from) return from;
    this.batches.pass(this.#plain.records);
    this.#clock.pass(this.#plain.seconds);
    if (bounds?.dump !== undefined) this.#dumps.pass(this.#plain.dump);
    return to;
  }

  /** `base`: offset of the buffer in the file. `undefined`: nothing can be skipped. */
  #passBounds(base: number): PassBounds | undefined {
    const { seconds } = this.#clock;
    if (seconds === undefined) return undefined;
    const { open } = this.#dumps;
    const dump = open && (this.#dumps.passage ?? 'closed');
    if (open !== undefined) this.#plain.beginDump(open.dump, open.peers);
    return {
      seconds,
      tick: (this.#tick + 1) * TICK_SECONDS,
      stop: this.batches.passableTo - base,
      believed: this.#doubt === undefined ? this.#verified - base : Number.POSITIVE_INFINITY,
      dump,
    };
  }

  /** Call at the end of the file. */
  close(): void {
    this.#plain.free();
  }

  // oxlint-disable-next-line max-params -- no object a record or route where millions pass
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
    // What is not read is skipped by its length, and counted above; but not a message whose type was damaged.
    if (!isRead(type, subtype) && holdsMessage(bytes, start, end)) {
      const reason = 'a BGP message is in a record of another type';
      this.damage({ from: offset, to: offset + end - start, reason });
    }
    if (!isKnown || !this.#prefilter.passes(bytes, start, end)) return;
    if (this.#isLost) return;
    const held = this.batches.keep(bytes.subarray(start, end), offset);
    // The record's own time proves nothing. The stage that orders elements replaces time 0.
    if (isOutlier) writeU32(held, 0, 0);
    if (type === TYPE.tableDump) tearEntryBeyond(held);
  }

  damage(damage: DamagedBytes): void {
    this.#dumps.damaged();
    this.#mark({ kind: 'damage', damage }, this.#clock.seconds);
  }

  /**
   * Call with the number of verified unpacked bytes.
   *
   * @param isFinal the rest of the file cannot be verified.
   */
  believe(bytes: number, isFinal = false): void {
    if (this.#isFinal) return;
    this.#verified = bytes;
    this.#isFinal = isFinal;
    if (bytes < this.unpacked) return;
    this.#doubt = undefined;
    this.batches.believe();
  }

  /** Data that is held back is lost for this reason. */
  lose(reason: string): void {
    const doubt = this.#doubt;
    if (doubt === undefined) return;
    this.#doubt = undefined;
    this.batches.forget();
    this.#clock.set(doubt.clock);
    this.damage({ from: doubt.offset, to: this.unpacked, reason });
  }

  finish(container: ContainerKind | undefined): void {
    const dump = this.#dumps.close();
    if (dump !== undefined) this.#mark({ kind: 'dump', dump }, this.#clock.seconds);
    this.batches.end(this.unpacked, this.#ending(container));
  }

  #doubtFrom(offset: number): void {
    this.#doubt ??= { offset, clock: this.#clock.state };
    this.batches.doubt();
  }

  #ending(container: ContainerKind | undefined): ScanEnd {
    const types = [...this.#foreign].flatMap(([key, count]) => [Math.floor(key / 65_536), key % 65_536, count]);
    const passed = this.#plain.types();
    for (const [key, known] of this.#known.entries()) {
      const count = known + (passed[key] ?? 0);
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

  /** It is already known that further data cannot be verified. */
  get #isLost(): boolean {
    return this.#isFinal && this.#doubt !== undefined;
  }

  #mark(mark: MarkContent, at: number | undefined): void {
    if (!this.#isLost) this.batches.mark(mark, at);
  }
}

/**
 * If one of two times is wrong: the earlier plausible one. With a later begin, the dump would remove routes that were
 * sent since.
 */
function earlierOf(...seconds: readonly number[]): number {
  return Math.min(...seconds.filter((second) => second >= FIRST_SECONDS), 2 ** 32 - 1);
}

/**
 * RIS wrote TABLE_DUMP lengths four bytes short in 2000. Framing has corrected those, for it sees the next header. The
 * decoder sees the next record that was kept, and an entry that wrongly ends four bytes beyond its record would take
 * them from it, and all that follows with them: such an entry gets a length that is surely wrong.
 */
function tearEntryBeyond(record: Uint8Array): void {
  const fixed = u16(record, 6) === 1 ? 18 : 42;
  for (let at = HEADER_BYTES + 4; at + fixed <= record.length;) {
    const next = at + fixed + u16(record, at + fixed - 2);
    if (next === record.length + 4) record.fill(0xff, at + fixed - 2, at + fixed);
    at = next;
  }
}
