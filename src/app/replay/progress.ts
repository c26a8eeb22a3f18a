import type { EventTime } from '../../bgp/time.ts';

/** How far a run has come. Bytes are those on disk, packed or not. */
export interface ReplayProgress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly records: number;
  /** Event time reached; `undefined` before the first record. */
  readonly at: EventTime | undefined;
  readonly filesRead: number;
  readonly filesTotal: number;
}

/** Tells people on stderr how far a run is. Never on stdout, so that results can be piped. */
export interface Progress {
  show(reading: ReplayProgress): void;
  /** Takes the line away, so that something else can be written; the next `show` brings it back. */
  clear(): void;
}

/** Shows nothing. */
export const noProgress: Progress = { show: () => undefined, clear: () => undefined };
