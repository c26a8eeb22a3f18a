import type { ContainerKind } from '../container/unpacking.ts';
import type { Dump } from '../dump/dump-counter.ts';
import type { DamagedBytes } from '../record/framer.ts';
import type { MrtLimits } from '../limits.ts';
import type { Snapshot } from '../container/packed-file.ts';
import type { WatchedBlocks } from './watched.ts';

/** One file to be read. Plain data: it crosses to worker threads. */
export interface ScanJob {
  readonly path: string;
  readonly snapshot: Snapshot;
  readonly watch: WatchedBlocks;
  readonly limits: MrtLimits;
  readonly readBytes?: number;
  /** Its compression when it was chosen. */
  readonly container?: ContainerKind;
  /** The start time in its name, in seconds; `undefined`: its name has none. */
  readonly begin?: number;
  /** Elements come only from data with a verified checksum, unless they are only counted. @default false */
  readonly believesAll?: boolean;
  /** Read every record, skip none. The result is the same: tests compare both. @default false */
  readonly looksAtAll?: boolean;
}

/** Something between the records of a batch, before `records[place]`. */
export type ScanMark = MarkContent & {
  readonly place: number;
  /** Seconds of event time reached; `undefined` before the first record that has a time. */
  readonly at: number | undefined;
};

/** A part of a file: the records to decode, and the needed facts about the rest. Plain data as well. */
export interface ScanBatch {
  /** Records that passed, end to end. */
  readonly records: Uint8Array;
  /** Pairs: where a record begins in `records`, and its offset in the unpacked file. */
  readonly places: Float64Array;
  readonly marks: readonly ScanMark[];
  /** Counts since the previous batch. */
  readonly count: number;
  readonly outliers: number;
  /** Packed bytes read so far. */
  readonly packed: number;
  /** Only in the last batch. */
  readonly end?: ScanEnd;
}

/** The facts about a file after it was read to its end. */
export interface ScanEnd {
  readonly container: ContainerKind | undefined;
  /** Unpacked bytes. */
  readonly unpacked: number;
  /** Threes: MRT type, subtype, records. */
  readonly types: Float64Array;
  /** First and last sane record time in seconds. */
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** A mark between records, without its place. */
export type MarkContent =
  | { readonly kind: 'tick' }
  | { readonly kind: 'damage'; readonly damage: DamagedBytes }
  | { readonly kind: 'dump'; readonly dump: Dump };

/** Reads files, here or in threads. */
export interface Scanner {
  /** Reads one of its files. Its batches are read once; leaving early ends it. */
  open(job: ScanJob): AsyncIterable<ScanBatch>;
  /** Ends all reading, including batches under way. Resolves when all its threads and files are closed. */
  close(): Promise<void>;
}
