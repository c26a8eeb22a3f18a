/**
 * Who may vote. One for the whole engine: a peer's standing does not depend on the territory, but for `learnMs`, which
 * asks whether it carried this one.
 */
export interface VotingPolicy {
  /**
   * A peer is full-feed when its table is at least this share of the largest table known, per family. A share of the day's
   * largest and no number of routes: the table had 340,000 IPv4 routes in 2011 and has a million now. RIPEstat's
   * threshold lies at 85–88 % of a usual full table. @default 0.75
   */
  readonly fullFeedShare: number;
  /** A peer whose session came up may vote at its End-of-RIB, or after this long without one. @default 600_000 */
  readonly resyncMs: number;
  /** A peer of unknown table size may vote on a territory after it carried it this long. @default 900_000 */
  readonly learnMs: number;
}

export const DEFAULT_VOTING: VotingPolicy = {
  fullFeedShare: 0.75,
  resyncMs: 10 * 60_000,
  learnMs: 15 * 60_000,
};
