import { RIS_HOLD_MS } from '../bgp/peer.ts';
import { rangeFaults } from './ranges.ts';

/**
 * Who may vote. There is one for the whole engine: the state of a peer does not depend on the territory, except for
 * `learnMs`, which asks whether it carried this one. Durations are milliseconds of event time.
 */
export interface VotingPolicy {
  /**
   * A peer sends a full feed when its table has at least this share of the routes of the usual full table of the day,
   * per family. The usual full table is the median of the peer ASes' tables that have at least half of the usual size of
   * that year; if no table has, that of the tenth of the peer ASes with the largest tables. It is a
   * share and not a number of routes, because the IPv4 table had 340,000 routes in 2011 and has a million now.
   * RIPEstat's threshold lies at 85–88 % of a usual full table. @default 0.75
   */
  readonly fullFeedShare: number;
  /**
   * A peer whose session came up may vote at its End-of-RIB (RFC 4724), or after this long without one. @default
   * 600_000
   */
  readonly resyncMs: number;
  /**
   * A peer of unknown table size may vote on a territory after it carried routes of it for this long. @default 900_000
   */
  readonly learnMs: number;
  /** A voter that lost its vote counts as missing for this long, so that its absence is noticed. @default 86_400_000 */
  readonly forgetMs: number;
  /**
   * A peer that sent KEEPALIVEs, as live feeds pass them on, and then sent nothing for this long loses its vote. A peer
   * that is known from a table alone and never appears in the feed has no vote. RIS holds sessions for 180 s. 0 turns
   * the rule off, as archives have no KEEPALIVEs. @default 0
   */
  readonly peerSilenceMs: number;
}

/** Who may vote in a replay. */
export const DEFAULT_VOTING: VotingPolicy = {
  fullFeedShare: 0.75,
  resyncMs: 10 * 60_000,
  learnMs: 15 * 60_000,
  forgetMs: 24 * 60 * 60_000,
  peerSilenceMs: 0,
};

/** The same for a live feed: RIS Live passes on KEEPALIVEs, and RIS holds a session for 180 s without one. */
export const LIVE_VOTING: VotingPolicy = { ...DEFAULT_VOTING, peerSilenceMs: RIS_HOLD_MS };

/** Why this cannot be used, one sentence for each fault; empty when it can. */
export function votingFaults(voting: VotingPolicy): readonly string[] {
  return rangeFaults(voting, {
    shares: ['fullFeedShare'],
    durations: ['resyncMs', 'learnMs', 'forgetMs', 'peerSilenceMs'],
  });
}
