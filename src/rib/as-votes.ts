import type { IndexSet } from '../lib/index-set.ts';

/** Votes of one peer AS: it sees a unit while one of its voting sessions does. */
export interface AsVotes {
  sessions: number;
  /** Voting sessions that see each unit. */
  readonly sees: Uint16Array;
  /** Units it sees. */
  seen: number;
  /** Units it usually sees, and sees now. */
  standing: number;
  /** Its row of the baseline: units it usually sees. */
  usual: IndexSet | undefined;
}

/** Some of the units: how many, and the voters that see each of them added up. */
export interface Sum {
  readonly units: number;
  readonly seen: number;
}

/** A `Sum` that changes. */
export class Counter implements Sum {
  units = 0;
  seen = 0;

  /** One unit more (1) or less (-1), which so many see. */
  count(by: 1 | -1, seen: number): void {
    this.units += by;
    this.seen += by * seen;
  }
}
