import type { AsPath } from './as-path.ts';
import type { Collector, Peer } from './peer.ts';
import type { Family, Prefix } from './prefix.ts';
import type { EventTime } from './time.ts';

/**
 * One fact, as one peer told it to one collector.
 *
 * Every source yields these and nothing else, so a dump from 2002 and the live socket are the same thing from here on.
 * `at` is when the collector heard it or, for `rib`, when the collector dumped it; never when the route was first
 * learned, and never our own clock. Archives yield each collector's elements with `at` never going back; a live feed may
 * yield late ones.
 */
export type Element = RouteElement | WithdrawalElement | PeerStateElement | EndOfRibElement | GapElement | TickElement;

/** The peer has this route: told now (`announcement`), or found in its table when the collector dumped it (`rib`). */
export interface RouteElement {
  readonly type: 'rib' | 'announcement';
  readonly at: EventTime;
  readonly peer: Peer;
  readonly prefix: Prefix;
  /** ADD-PATH path identifier, RFC 7911; `undefined` where the session has none. */
  readonly pathId: number | undefined;
  readonly path: AsPath;
}

/** The peer withdrew the route: explicit only, RFC 4271 section 4.3. With ADD-PATH, one of its paths. */
export interface WithdrawalElement {
  readonly type: 'withdrawal';
  readonly at: EventTime;
  readonly peer: Peer;
  readonly prefix: Prefix;
  readonly pathId: number | undefined;
}

/** The session came up (Established) with an empty table, or left Established and lost all its routes. No withdrawal. */
export interface PeerStateElement {
  readonly type: 'peer-state';
  readonly at: EventTime;
  readonly peer: Peer;
  readonly state: 'up' | 'down';
}

/**
 * The peer's whole table has been told: End-of-RIB of a session (RFC 4724 section 2), or the end of a complete RIB dump.
 * It may vote again, and what it no longer has is gone.
 */
export interface EndOfRibElement {
  readonly type: 'end-of-rib';
  readonly at: EventTime;
  readonly peer: Peer;
  /** A session says it per family, and so does a dump that carries one family alone; `undefined`: both. */
  readonly family: Family | undefined;
  /** Only at the end of a dump. */
  readonly dump?: {
    /** When the dump began: an older route of this peer that the dump did not carry is gone. */
    readonly from: EventTime;
    /** How many routes of each family the dump carried for this peer, all prefixes counted, watched or not. */
    readonly routes: Readonly<Record<Family, number>>;
  };
}

/**
 * The source may have missed something here: of one peer, or of all peers of the collector. Lost data is data: what is
 * known of these peers may be wrong until they are heard whole again (`end-of-rib`).
 */
export interface GapElement {
  readonly type: 'gap';
  readonly at: EventTime;
  readonly collector: Collector;
  readonly peer?: Peer;
  readonly reason: GapReason;
}

export type GapReason =
  /** Bytes of a file could not be framed as records, or the file ended inside one. */
  | 'damaged-file'
  /** A message of this peer was framed but could not be read, so its routes may be others than we hold. */
  | 'unreadable-message'
  /** A file is missing in a collector's sequence. */
  | 'missing-file'
  /** A RIB dump ended early, so what it lacks proves nothing. */
  | 'short-dump'
  /** A peer that was there is in a RIB dump no more. */
  | 'absent-peer'
  /** The peer told more routes of a watched territory than are kept: a flood. */
  | 'too-many-routes'
  /** A session went down, but the record does not say which of the peer AS's sessions it was. */
  | 'ambiguous-peer'
  /** The live feed was cut off, by whichever end: nothing is sent again. */
  | 'disconnected'
  /** The program was stopped, or another one took over that had not heard it all. */
  | 'restarted'
  /** Nothing at all was heard of this collector, while others spoke or the connection stood. */
  | 'silent-collector'
  /** What was heard of this collector was minutes old, so what it says of now is not known. */
  | 'stale-feed'
  /** A peer that used to speak every minute fell silent for longer than its session may (hold time 180 s). */
  | 'silent-peer';

/**
 * Time went on at this collector; nothing of a watched territory was heard since the element before. With `peer`: that
 * session is alive, it sent a KEEPALIVE or something else that concerns nobody here.
 */
export interface TickElement {
  readonly type: 'tick';
  readonly at: EventTime;
  readonly collector: Collector;
  readonly peer?: Peer;
}
