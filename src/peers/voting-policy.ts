/**
 * Who may vote. One for the whole engine: a peer's peer state does not depend on the territory, but for `learnMs`, which
 * asks whether it carried this one. Durations are milliseconds of event time.
 */
export interface VotingPolicy {
  /**
   * A peer is full-feed when its table is at least this share of the usual full table of the day, per family: that of the
   * tenth part of the peer ASes with the largest tables. A share of it and not a number of routes: the table had 340,000 IPv4 routes in 2011 and has a million now. RIPEstat's
   * threshold lies at 85–88 % of a usual full table. @default 0.75
   */
  readonly fullFeedShare: number;
  /** A peer whose session came up may vote at its End-of-RIB, or after this long without one. @default 600_000 */
  readonly resyncMs: number;
  /** A peer of unknown table size may vote on a territory after it carried it this long. @default 900_000 */
  readonly learnMs: number;
  /** A voter that lost its vote counts as known, so that its absence is noticed, for this long. @default 86_400_000 */
  readonly forgetMs: number;
  /**
   * A peer that was heard to be alive by ticks of its own, as live feeds pass on KEEPALIVEs, and is silent for longer than
   * this loses its vote; one that is known from a table alone, and is not heard in the feed, has none. 180_000 is the usual hold time (RIS: 180 s). 0: nobody is asked to be heard, as in archives,
   * which have no KEEPALIVEs. @default 0
   */
  readonly peerSilenceMs: number;
}

export const DEFAULT_VOTING: VotingPolicy = {
  fullFeedShare: 0.75,
  resyncMs: 10 * 60_000,
  learnMs: 15 * 60_000,
  forgetMs: 24 * 60 * 60_000,
  peerSilenceMs: 0,
};

/** Why this cannot be used, one sentence a fault; empty when it can. */
export function votingFaults(voting: VotingPolicy): readonly string[] {
  const faults: string[] = [];
  if (!(voting.fullFeedShare > 0 && voting.fullFeedShare <= 1)) {
    faults.push(`fullFeedShare is ${voting.fullFeedShare}: a share lies above 0 and is at most 1`);
  }
  for (const name of ['resyncMs', 'learnMs', 'forgetMs', 'peerSilenceMs'] as const) {
    const ms = voting[name];
    if (!Number.isInteger(ms) || ms < 0 || ms > 365 * 86_400_000) {
      faults.push(`${name} is ${ms}: a duration is 0 to 365 days, in whole milliseconds`);
    }
  }
  return faults;
}
