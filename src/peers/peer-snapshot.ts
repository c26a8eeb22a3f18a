import type { Peer } from '../bgp/peer.ts';
import type { Family } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import type { LivenessSnapshot } from './liveness.ts';
import type { PeerState } from './session.ts';

/**
 * What the peer table continues from, besides its voters. Numbering continues, so that the order of peers stays the
 * same.
 */
export interface PeerTableSnapshot {
  readonly usual: Readonly<Record<Family, number>>;
  readonly liveness: LivenessSnapshot;
  readonly nextProbationer: number;
  readonly nextSync: number;
}

/** The stored state of one peer. */
export interface VoterSnapshot {
  /** Absent: only its KEEPALIVEs arrived. */
  readonly session?: {
    readonly number: number;
    readonly peerState: Readonly<Record<Family, PeerState>>;
    readonly table: Readonly<Record<Family, number | undefined>>;
    readonly stateAt: EventTime | undefined;
    /** Its position among the sessions that have not sent their whole table. */
    readonly syncing: number | undefined;
  };
  /** The time of its last message, and its position among the peers that send KEEPALIVEs. */
  readonly heard?: readonly [EventTime, number];
  /** By view; views without data are left out. */
  readonly views: Readonly<Record<string, VoterInView>>;
}

/** A peer with its stored state. */
export interface KnownVoter {
  readonly peer: Peer;
  readonly voter: VoterSnapshot;
}

/** The stored state of a peer's vote on one territory. */
export interface VoterInView {
  readonly learned: boolean;
  readonly partial: boolean;
  /** When it has learned, and its place among those that have not. */
  readonly waiting: readonly [EventTime, number] | undefined;
}
