/** The thresholds of verdicts on reachability, with their reasons. They never touch those of the routes. */
export const REACH_POLICY = {
  /** With fewer targets than this, one server that is switched off would look like a country. */
  minTargets: 3,
  /** A target must be worse in this many rounds in a row: a lost packet is not an outage. */
  worseRounds: 2,
  /** A result counts for this many of its intervals: one round may be missed. */
  recentIntervals: 3,
  /** A change is decided when no class of a target changed for this long, so that one round gives one decision. Milliseconds. */
  settleMs: 120_000,
  /** A change is decided after this time at the latest, even if classes still change. Milliseconds. */
  latestMs: 600_000,
  /** At most this many pairs of a target and a vantage point are followed for one territory; further pairs are ignored. */
  maxPairs: 5_000,
} as const;
