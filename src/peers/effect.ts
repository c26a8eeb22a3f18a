import type { GapReason } from '../bgp/element.ts';
import type { Collector, Peer } from '../bgp/peer.ts';
import type { Session } from './session.ts';

/** The effect of an element, or of its absence, on our own view. */
export type Effect =
  /** A gap of one peer or of several peers of a collector. `voters`: those that lost their vote by it. */
  | {
      readonly kind: 'gap';
      readonly collector: Collector;
      readonly peer: Peer | undefined;
      readonly reason: GapReason;
      readonly voters: readonly Session[];
    }
  /** This session is in sync again, or is down: in both cases its state is known. */
  | { readonly kind: 'settled'; readonly session: Session };
