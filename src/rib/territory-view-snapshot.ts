import type { Asn } from '../bgp/asn.ts';
import type { EventTime } from '../bgp/time.ts';
import type { HeardSight } from './heard.ts';

/** What may have changed of a view since it was last asked. */
export interface Touched {
  /** Indices of units whose `seen` or `visible` may be others, upward. No mark is touched without a unit. */
  readonly units: readonly number[];
  /** Marks whose count may be another. */
  readonly marks: readonly string[];
  /** What messages did to the sight of voters, all together, and by unit; units without any are left out. */
  readonly heard: HeardSight;
  readonly heardOf: ReadonlyMap<number, HeardSight>;
}

/** An AS that lost its last vote. */
export interface FormerVoter {
  readonly asn: Asn;
  readonly at: EventTime;
  /** Whether something of it may have been missed; `false` when its table turned out not to be a full one. */
  readonly isMissed: boolean;
  /** Indices of the units that it usually sees and did not see then, upward. */
  readonly lacking: readonly number[];
}

/** What a view continues from, besides its routes and votes. */
export interface TerritoryViewSnapshot {
  /** By AS, upward: indices of the units that it usually sees, upward. */
  readonly baseline: readonly (readonly [Asn, readonly number[]])[];
  /** ASes that lost their vote, in the order in which they did. */
  readonly former: readonly FormerVoter[];
  /** The level at which visibility has not changed, and since when. */
  readonly steady: { readonly share: number; readonly since: EventTime } | undefined;
  /** ASes that came to see more than they usually do, and were not looked at yet. */
  readonly grown: readonly Asn[];
  /** When a voter last came or went, or the baseline became another. */
  readonly rosterAt: EventTime | undefined;
  /** Indices of units that were not looked at yet, upward. */
  readonly touched: readonly number[];
}
