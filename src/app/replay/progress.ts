import type { EventTime } from '../../bgp/time.ts';

/** The progress of a run. Bytes are those on disk, compressed or not. */
export interface ReplayProgress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly records: number;
  /** Event time reached; `undefined` before the first record. */
  readonly at: EventTime | undefined;
  readonly filesRead: number;
  readonly filesTotal: number;
}

/** Shows the progress on stderr, never on stdout, so that results can be piped. */
export interface Progress {
  show(reading: ReplayProgress): void;
  /** Clears the line, so that other text can be written; the next `show` draws it again. */
  clear(): void;
}

/** Shows nothing. */
export const noProgress: Progress = { show: () => undefined, clear: () => undefined };
