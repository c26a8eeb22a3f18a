import type { Peer } from '../bgp/peer.ts';
import type { Family } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';

/**
 * How far one session's routes can be believed, per family (the peer states of BGPView, with the unknown one split).
 *
 *                 update                carried the territory for learnMs, or a dump
 *   (not known) ---------> unheard -----------------------------------------------> in-sync
 *                                                                                   |  ^  |
 *       session up            End-of-RIB, or resyncMs                               |  |  | gap
 *   down ---------> syncing --------------------------------------------------------|--+  v
 *    ^                                        session down                          | in-gap --> in-sync: dump, or all
 *    +------------------------------------------------------------------------------+      that was missed was sent
 */
export type PeerState =
  /** It sent messages, but they may not be its whole table. */
  | { readonly kind: 'unheard' }
  | { readonly kind: 'in-sync' }
  | { readonly kind: 'syncing'; readonly since: EventTime }
  /** Messages may have been missed: it keeps its routes and loses its vote. */
  | { readonly kind: 'in-gap'; readonly since: EventTime; readonly missed?: Missed }
  | { readonly kind: 'down'; readonly since: EventTime };

/** The only routes that were missed, if they are known. */
export interface Missed {
  /** By `routeKey`, at least one: routes that it has not sent again. */
  readonly routes: readonly string[];
  /** The state when it has sent all of them again. */
  readonly next: 'in-sync' | 'unheard';
}

/** A peer with more missed routes than this has no vote until it sends its whole table. */
const MAX_MISSED = 1_000;

/** RIS and Route Views together have some 2,500 sessions. */
export const MAX_SESSIONS = 20_000;

/** One peer as the peer table knows it. */
export interface Session {
  readonly peer: Peer;
  /** Sessions are numbered from 0 in the order in which they first appear. */
  readonly number: number;
  readonly peerState: Record<Family, PeerState>;
  /** Routes per family in its last complete dump of it; `undefined` when it was in none. */
  readonly table: Record<Family, number | undefined>;
  /** Event time of the last report that it is up or down. */
  stateAt: EventTime | undefined;
}

/** A new session, in the first state. */
export function newSession(peer: Peer, number: number): Session {
  return {
    peer,
    number,
    peerState: { ipv4: { kind: 'unheard' }, ipv6: { kind: 'unheard' } },
    table: { ipv4: undefined, ipv6: undefined },
    stateAt: undefined,
  };
}

/** The state after a message about these routes could not be read. */
export function stateMissing(state: PeerState, routes: readonly string[], at: EventTime): PeerState {
  const before = state.kind === 'in-gap' ? state.missed : { routes: [], next: state.kind };
  if (before === undefined) return state;
  const { next } = before;
  // Without a whole table so far, the unreadable message may have been part of it, so more than these routes may be
  // missing.
  if (next !== 'in-sync' && next !== 'unheard') return { kind: 'in-gap', since: at };
  const all = [...new Set([...before.routes, ...routes])];
  return all.length > MAX_MISSED
    ? { kind: 'in-gap', since: at }
    : { kind: 'in-gap', since: at, missed: { routes: all, next } };
}

/** The state after this route; a route from before the gap changes nothing. */
export function stateResent(state: PeerState, route: string, at: EventTime): PeerState {
  if (state.kind !== 'in-gap' || state.missed === undefined || at < state.since) return state;
  const { routes, next } = state.missed;
  if (!routes.includes(route)) return state;
  const left = routes.filter((other) => other !== route);
  return left.length === 0 ? { kind: next } : { ...state, missed: { routes: left, next } };
}

/**
 * The state at the end of a dump that began at `from`. A gap since then stays, because the dump may have been written
 * before it.
 */
export function stateDumped(state: PeerState, from: EventTime): PeerState {
  if (state.kind !== 'in-gap' || state.missed === undefined || state.since < from) return { kind: 'in-sync' };
  return { ...state, missed: { ...state.missed, next: 'in-sync' } };
}
