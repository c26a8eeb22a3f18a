import type { EventTime } from '../bgp/time.ts';

/** A territory's visibility at one moment of event time. */
export interface Sample {
  readonly at: EventTime;
  /** The share of the pairs of a present voter and a unit that it usually sees in which it sees the unit now. */
  readonly share: number;
  /** Which peers the share is of: those with a whole table, or those that sent a route. */
  readonly of: 'full-feed' | 'peers-with-a-route';
  readonly voters: number;
  /** Voters that usually see some of it; before there is a baseline, all of them. */
  readonly witnesses: number;
  /** Collectors at which some session votes. */
  readonly collectors: number;
  /** Witnesses now, and those that lost their vote not long ago. */
  readonly known: number;
  /** Witnesses that see something of what they usually see, and those that see nothing of it. */
  readonly seeing: number;
  readonly seeingNothing: number;
  /** Whether any of it was ever visible, or somebody's table was so large that he would have seen it. */
  readonly isProven: boolean;
  readonly unitsVisible: number;
  readonly units: number;
}
