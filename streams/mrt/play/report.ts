import type { Collector, Peer } from '../../../src/bgp/peer.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import type { Refusal } from '../archive/archive.ts';
import type { ContainerKind } from '../container/unpacking.ts';
import type { Treatment } from '../decode/decoded.ts';

/** The reports of a source, for counts, progress and the log. Paths are escaped when they are printed. */
export type MrtReport =
  | PlanReport
  | ProgressReport
  | DamageReport
  | ProblemReport
  | OutlierReport
  | DumpReport
  | MissingReport
  | FileEndReport
  | SummaryReport;

/** Once, first. */
export interface PlanReport {
  readonly type: 'plan';
  readonly files: number;
  /** Packed. */
  readonly bytes: number;
  readonly collectors: readonly Collector[];
  /** Found or named, and not read. A run with any is partial. */
  readonly refused: readonly Refusal[];
}

/** Progress in a file, at most about a hundred a second. The receiver decides how often to show it. */
export interface ProgressReport {
  readonly type: 'progress';
  readonly file: string;
  /** Packed bytes read, of all files. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** MRT records read, passed or not. */
  readonly records: number;
  /** Event time of the last element yielded; `undefined` before the first. */
  readonly at: EventTime | undefined;
}

/** Bytes of a file from which no record was read. The elements contain a `gap` in its place. */
export interface DamageReport {
  readonly type: 'damage';
  readonly file: string;
  /** Offsets in the unpacked stream, `to` not included; equal when the number lost is not known. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** What the decoder could not read. The first few of each reason in a file; all are counted in `file-end`. */
export interface ProblemReport {
  readonly type: 'problem';
  readonly file: string;
  /** Of the record's header, in the unpacked stream. */
  readonly offset: number;
  readonly reason: string;
  readonly treatment: Treatment;
  readonly peer?: Peer;
}

/**
 * Records of this file have times that contradict the records around them. Their elements get the time reached before.
 */
export interface OutlierReport {
  readonly type: 'outliers';
  readonly file: string;
  readonly records: number;
}

/** A RIB dump ended. */
export interface DumpReport {
  readonly type: 'dump';
  readonly file: string;
  readonly collector: Collector;
  readonly from: EventTime;
  readonly peers: number;
  readonly records: number;
  /** Why missing routes in it prove nothing; `undefined`: it is complete. */
  readonly flaw: string | undefined;
  /** Its peers that are listed with AS 0 and whose AS is not known. */
  readonly nameless: number;
}

/** No file covers this time of a collector's updates. */
export interface MissingReport {
  readonly type: 'missing-file';
  readonly collector: Collector;
  readonly from: EventTime;
  readonly to: EventTime;
}

/** A file was read to its end, or given up. */
export interface FileEndReport {
  readonly type: 'file-end';
  readonly file: string;
  /** `undefined` when it could not be opened. */
  readonly container: ContainerKind | undefined;
  readonly unpacked: number;
  readonly records: number;
  readonly elements: number;
  readonly outliers: number;
  readonly damages: number;
  readonly problems: readonly ProblemCount[];
  /** Records by MRT type and subtype. */
  readonly types: readonly TypeCount[];
  readonly first: EventTime | undefined;
  readonly last: EventTime | undefined;
}

/** How often one problem occurred. */
export interface ProblemCount {
  readonly treatment: Treatment;
  readonly reason: string;
  readonly count: number;
}

/** How many records of one type a file holds. */
export interface TypeCount {
  /** `BGP4MP MESSAGE_AS4`, `type 70 subtype 2`. */
  readonly name: string;
  readonly type: number;
  readonly subtype: number;
  readonly count: number;
  /** False for types that no RFC names: such records are skipped by their length. */
  readonly isKnown: boolean;
}

/** Once, last, unless the reading was aborted. */
export interface SummaryReport {
  readonly type: 'summary';
  readonly files: number;
  readonly bytes: number;
  readonly records: number;
  readonly elements: number;
  readonly outliers: number;
  readonly damages: number;
  readonly missingFiles: number;
  readonly shortDumps: number;
  readonly problems: readonly ProblemCount[];
}
