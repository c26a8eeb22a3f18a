import type { ScanMark, MarkContent, ScanBatch, ScanEnd } from './scan-job.ts';

/** A batch is complete when it holds this many bytes, or this many were scanned for it. */
const BATCH_BYTES = 256 * 1024;
const BATCH_SCANNED = 8 * 2 ** 20;
const BATCH_MARKS = 512;
/** Room for records to begin with; it doubles. Most files keep few. Bytes. */
const FIRST_ROOM_BYTES = 4096;
/** Memory of a mark, bytes. */
const MARK_BYTES = 256;

/**
 * Puts the passed records of a file into batches. It holds back batches that are not verified yet: records of a gzip
 * member before its checksum. Batches are cut by the number of scanned bytes, so the chunking of the file makes no
 * difference.
 */
export class ScanBatchWriter {
  #records = new Uint8Array(FIRST_ROOM_BYTES);
  #length = 0;
  #places: number[] = [];
  #marks: ScanMark[] = [];
  #scannedFrom = 0;
  #ready: ScanBatch[] = [];
  /** Where unverified data begins: the batch, and the position in it. */
  #doubt: { batch: number; length: number; places: number; marks: number } | undefined;
  #held = 0;
  #count = 0;
  #outliers = 0;
  /** Whether there is progress to report while batches are held back. */
  #hasGoneOn = false;
  /** Packed bytes read so far. */
  packed = 0;

  /** Bytes that are held back. */
  get held(): number {
    return this.#doubt === undefined ? 0 : this.#held;
  }

  /** Call before each record, with its offset in the unpacked file. */
  next(offset: number): void {
    if (this.#isFull || offset - this.#scannedFrom >= BATCH_SCANNED) this.#cut(offset);
    this.#count++;
  }

  /** Records from here on are given to `next` one by one, because a batch may end before them. */
  get passableTo(): number {
    return this.#isFull ? this.#scannedFrom : this.#scannedFrom + BATCH_SCANNED;
  }

  /** Call after skipping `count` records, which are in no batch. */
  pass(records: number): void {
    this.#count += records;
  }

  outlier(): void {
    this.#outliers++;
  }

  mark(mark: MarkContent, at: number | undefined): void {
    this.#marks.push({ place: this.#length, at, ...mark });
    this.#held += MARK_BYTES;
  }

  /** Stores a record, header included, and returns its new bytes. */
  keep(record: Uint8Array, offset: number): Uint8Array {
    const from = this.#length;
    if (from + record.length > this.#records.length) {
      const grown = new Uint8Array(Math.max(from + record.length, this.#records.length * 2));
      grown.set(this.#records.subarray(0, from));
      this.#records = grown;
    }
    this.#records.set(record, from);
    this.#places.push(from, offset);
    this.#length += record.length;
    this.#held += record.length;
    return this.#records.subarray(from, this.#length);
  }

  /** Holds back everything from here on, until `believe`. */
  doubt(): void {
    if (this.#doubt !== undefined) return;
    this.#held = 0;
    this.#doubt = {
      batch: this.#ready.length,
      length: this.#length,
      places: this.#places.length,
      marks: this.#marks.length,
    };
  }

  believe(): void {
    this.#doubt = undefined;
  }

  /** Drops everything that was held back, and stops holding back. */
  forget(): void {
    const doubt = this.#doubt;
    if (doubt === undefined) return;
    const batch = this.#ready[doubt.batch];
    if (batch !== undefined) {
      this.#records = Uint8Array.from(batch.records);
      this.#places = [...batch.places];
      this.#marks = [...batch.marks];
    }
    this.#ready.length = doubt.batch;
    this.#length = doubt.length;
    this.#places.length = doubt.places;
    this.#marks.length = doubt.marks;
    this.#doubt = undefined;
  }

  /** The batches that are ready. While batches are held back, empty ones report the progress. */
  take(): readonly ScanBatch[] {
    const count = this.#doubt?.batch ?? this.#ready.length;
    const taken = this.#ready.splice(0, count);
    if (this.#doubt === undefined) return taken;
    this.#doubt.batch = 0;
    if (!this.#hasGoneOn) return taken;
    this.#hasGoneOn = false;
    return [...taken, this.#batch([], new Uint8Array(0), [])];
  }

  end(offset: number, end: ScanEnd): void {
    this.#cut(offset, end);
  }

  get #isFull(): boolean {
    return this.#length >= BATCH_BYTES || this.#marks.length >= BATCH_MARKS;
  }

  #cut(offset: number, end?: ScanEnd): void {
    const isHeld = this.#doubt !== undefined;
    const records = this.#records.slice(0, this.#length);
    this.#ready.push({ ...this.#batch(this.#places, records, this.#marks, !isHeld), ...(end && { end }) });
    this.#length = 0;
    this.#places = [];
    this.#marks = [];
    this.#scannedFrom = offset;
    this.#hasGoneOn = isHeld;
  }

  /** `counts`: whether the batch carries the counts since the last batch with counts. */
  #batch(places: readonly number[], records: Uint8Array, marks: readonly ScanMark[], counts = true): ScanBatch {
    const count = counts ? this.#count : 0;
    const outliers = counts ? this.#outliers : 0;
    this.#count -= count;
    this.#outliers -= outliers;
    return { records, places: new Float64Array(places), marks, count, outliers, packed: this.packed };
  }
}
