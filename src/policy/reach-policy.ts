/** The thresholds of verdicts on reachability, with their reasons. They never touch those of the routes. */
export const REACH_POLICY = {
  /** With fewer targets than this, one server that is switched off would look like a country. */
  minTargets: 3,
  /** Rounds in a row in which a target must be worse: a lost packet is not an outage. */
  worseRounds: 2,
  /** A result counts for this many of its intervals: one round may be missed. */
  recentIntervals: 3,
  /** All classes must keep still for so long before a change is decided: a round is decided as one. Milliseconds. */
  settleMs: 120_000,
  /** A change is decided at the latest after this time, even if more keeps changing. Milliseconds. */
  latestMs: 600_000,
  /** Pairs of a target and a vantage point that are followed for one territory; more are not looked at. */
  maxPairs: 5_000,
} as const;
