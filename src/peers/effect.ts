import type { GapReason } from '../bgp/element.ts';
import type { Collector, Peer } from '../bgp/peer.ts';
import type { Session } from './session.ts';

/** What an element, or the lack of one, did to our own eyes. */
export type Effect =
  /** Something may have been missed here, of one peer or of several of a collector: these had a vote, and have none now. */
  | {
      readonly kind: 'gap';
      readonly collector: Collector;
      readonly peer: Peer | undefined;
      readonly reason: GapReason;
      readonly voters: readonly Session[];
    }
  /** This session can be believed again, or is down: either way what we know of it is true. */
  | { readonly kind: 'settled'; readonly session: Session };
