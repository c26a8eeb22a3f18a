import type { IndexSet } from '../lib/index-set.ts';

/** Votes of one peer AS: it sees a unit while one of its voting sessions does. */
export interface AsVotes {
  sessions: number;
  /** Voting sessions that see each unit. */
  readonly sees: Uint16Array;
  /** Units it sees. */
  seen: number;
  /** Number of units that it usually sees and sees now. */
  standing: number;
  /** Its row of the baseline: units it usually sees. */
  usual: IndexSet | undefined;
}

/** A sum over some units: their number, and the numbers of voters that see them. */
export interface Sum {
  readonly units: number;
  readonly seen: number;
}

/** A mutable `Sum`. */
export class Counter implements Sum {
  units = 0;
  seen = 0;

  /** Adds (1) or removes (-1) a unit that this many voters see. */
  count(by: 1 | -1, seen: number): void {
    this.units += by;
    this.seen += by * seen;
  }
}
