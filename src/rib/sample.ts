import type { EventTime } from '../bgp/time.ts';

/** A territory's visibility at one moment of event time. */
export interface Sample {
  readonly at: EventTime;
  /** Mean over the baseline's units of the share of voters that see the unit. */
  readonly share: number;
  readonly voters: number;
  /** Collectors at which some session votes. */
  readonly collectors: number;
  /** Voters now, and those that lost their vote not long ago. */
  readonly known: number;
  readonly seeingNothing: number;
  /** Whether any of it was ever visible, or somebody's table was so large that he would have seen it. */
  readonly isProven: boolean;
  readonly unitsVisible: number;
  readonly units: number;
}
