import type { AsPath } from './as-path.ts';
import type { Collector, Peer } from './peer.ts';
import type { Family, Prefix } from './prefix.ts';
import type { ProbeResult, ProbeTarget, Service, Vantage } from './probe.ts';
import type { EventTime } from './time.ts';

/**
 * One fact that one peer sent to one collector.
 *
 * Every source yields these and nothing else, so from here on a dump from 2002 and a live socket look the same. `at` is
 * event time: when the collector received it or, for `rib`, when the collector dumped it. It is never the time at which
 * the route was first learned, and never our own clock. In an archive, `at` never goes back within one collector; a live
 * feed may yield late elements.
 */
export type Element =
  RouteElement | WithdrawalElement | PeerStateElement | EndOfRibElement | GapElement | TickElement | ProbeElement;

/** An element that a collector of routes sent: all except `probe`, which is not about routes. */
export type RoutingElement = Exclude<Element, ProbeElement>;

/** The peer has this route: announced now (`announcement`), or in its table when the collector dumped it (`rib`). */
export interface RouteElement {
  readonly type: 'rib' | 'announcement';
  readonly at: EventTime;
  readonly peer: Peer;
  readonly prefix: Prefix;
  /** ADD-PATH path identifier (RFC 7911); `undefined` if the session does not use ADD-PATH. */
  readonly pathId: number | undefined;
  readonly path: AsPath;
}

/** The peer withdrew the route explicitly (RFC 4271 section 4.3). With ADD-PATH: one of its paths. */
export interface WithdrawalElement {
  readonly type: 'withdrawal';
  readonly at: EventTime;
  readonly peer: Peer;
  readonly prefix: Prefix;
  readonly pathId: number | undefined;
}

/** The session became Established with an empty table, or left Established and lost all its routes. Not a withdrawal. */
export interface PeerStateElement {
  readonly type: 'peer-state';
  readonly at: EventTime;
  readonly peer: Peer;
  readonly state: 'up' | 'down';
}

/**
 * The peer has sent its whole table: End-of-RIB of a session (RFC 4724 section 2), or the end of a complete RIB dump. It
 * may vote again, and routes that were not in the table are gone.
 */
export interface EndOfRibElement {
  readonly type: 'end-of-rib';
  readonly at: EventTime;
  readonly peer: Peer;
  /** The address family concerned: a session sends it per family, and a dump may carry only one. `undefined`: both. */
  readonly family: Family | undefined;
  /** Only at the end of a dump. */
  readonly dump?: {
    /** When the dump began. A route of this peer that is older, and not in the dump, is gone. */
    readonly from: EventTime;
    /** Routes of each family in the dump for this peer, over all prefixes, watched or not. */
    readonly routes: Readonly<Record<Family, number>>;
  };
}

/**
 * The source may have missed messages here, of one peer or of all peers of the collector. Our routes of these peers may
 * be wrong until they have sent their whole table again: after a new session, or in a dump (`end-of-rib`).
 */
export interface GapElement {
  readonly type: 'gap';
  readonly at: EventTime;
  readonly collector: Collector;
  readonly peer?: Peer;
  readonly reason: GapReason;
  /**
   * Only with `peer`: the routes of the message, if they are known, at least one. The peer is in sync again when it has
   * announced or withdrawn each of them.
   */
  readonly routes?: readonly RouteName[];
}

/** The collector of an element; `undefined` for a `probe`, which no collector sent. */
export function collectorOf(element: Element): Collector | undefined {
  if (element.type === 'probe') return undefined;
  return 'collector' in element ? element.collector : element.peer.collector;
}

/** Identifies one route of a peer: its prefix and, with ADD-PATH, its path identifier (RFC 7911). */
export interface RouteName {
  readonly prefix: Prefix;
  readonly pathId: number | undefined;
}

/** Why something may have been missed. */
export type GapReason =
  /** Bytes of a file could not be framed as records, or the file ended inside one. */
  | 'damaged-file'
  /** A message of this peer could not be decoded, so its routes may differ from those we hold. */
  | 'unreadable-message'
  /** A file is missing in a collector's sequence. */
  | 'missing-file'
  /** A RIB dump ended early, so what it lacks proves nothing. */
  | 'short-dump'
  /** A peer that was in earlier RIB dumps is missing from this one. */
  | 'absent-peer'
  /** The peer announced more routes of a watched territory than are stored: a flood. */
  | 'too-many-routes'
  /**
   * Its routes suddenly have path identifiers, or no longer have them, so it is not known whether its old routes are
   * valid.
   */
  | 'changed-form'
  /** A session went down, but the record does not say which of the peer AS's sessions it was. */
  | 'ambiguous-peer'
  /** A table dump lists the peer, but updates from its address have another AS: they are never about this peer. */
  | 'renamed-peer'
  /** The live feed was cut off, by either end. RIS Live does not resend what was missed. */
  | 'disconnected'
  /** The program was stopped, or another process took over that had not received everything. */
  | 'restarted'
  /** Nothing arrived from this collector while others sent, or while the connection was open. */
  | 'silent-collector'
  /** What arrived from this collector was minutes old, so the present is not known. */
  | 'stale-feed'
  /** All that arrived was dated minutes ahead of the feed's own time, so it cannot be placed. */
  | 'ahead-feed'
  /** A peer that used to send every minute was silent for longer than its session allows (hold time 180 s). */
  | 'silent-peer';

/**
 * Time advanced at this collector, without messages about a watched territory. With `peer`: that session is alive; it
 * sent a KEEPALIVE, or a message about other prefixes.
 */
export interface TickElement {
  readonly type: 'tick';
  readonly at: EventTime;
  readonly collector: Collector;
  readonly peer?: Peer;
}

/**
 * The result of probing one target once. It is not about routes and never has a vote; the engine handles it separately.
 * `at` is when the query was sent, by the clock of the vantage point.
 */
export interface ProbeElement {
  readonly type: 'probe';
  readonly at: EventTime;
  readonly vantage: Vantage;
  /** Id of the territory that the target serves; `undefined` for a control, which tests the line of the vantage point. */
  readonly territory: string | undefined;
  readonly service: Service;
  readonly target: ProbeTarget;
  readonly result: ProbeResult;
  /** For people: `NOERROR, authoritative`. Printable ASCII without `|`, at most 120 characters. */
  readonly detail: string;
  /** Milliseconds from the query to the result. */
  readonly ms: number;
  /** Milliseconds between two queries to this target, which decide how long the result counts. */
  readonly everyMs: number;
}
