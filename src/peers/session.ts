import type { Peer } from '../bgp/peer.ts';
import type { Family } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';

/**
 * How far one session's routes can be believed, per family (the peer states of BGPView, with the unknown one told apart).
 *
 *                 update                carried the territory for learnMs, or a dump
 *   (not known) ---------> unheard -----------------------------------------------> in-sync
 *                                                                                   |  ^  |
 *       session up            End-of-RIB, or resyncMs                               |  |  | gap
 *   down ---------> syncing --------------------------------------------------------|--+  v
 *    ^                                        session down                          | in-gap --> in-sync: dump, End-of-RIB
 *    +------------------------------------------------------------------------------+
 */
export type PeerState =
  /** Heard, but whether what it said is its whole table is not known. */
  | { readonly kind: 'unheard' }
  | { readonly kind: 'in-sync' }
  | { readonly kind: 'syncing'; readonly since: EventTime }
  /** Something may have been missed: its routes are kept, its vote is not. */
  | { readonly kind: 'in-gap'; readonly since: EventTime }
  | { readonly kind: 'down'; readonly since: EventTime };

/** RIS and Route Views together have some 2,500 sessions. */
export const MAX_SESSIONS = 20_000;

/** One peer as the peer table knows it. */
export interface Session {
  readonly peer: Peer;
  /** Sessions are numbered from 0 as they are first heard of. */
  readonly number: number;
  readonly peerState: Record<Family, PeerState>;
  /** Routes per family in its last complete dump of it; `undefined` when it was in none. */
  readonly table: Record<Family, number | undefined>;
  /** Of when the last word on whether it is up is. */
  stateAt: EventTime | undefined;
}

export function newSession(peer: Peer, number: number): Session {
  return {
    peer,
    number,
    peerState: { ipv4: { kind: 'unheard' }, ipv6: { kind: 'unheard' } },
    table: { ipv4: undefined, ipv6: undefined },
    stateAt: undefined,
  };
}
