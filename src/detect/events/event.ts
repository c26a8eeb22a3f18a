import type { Asn } from '../../bgp/asn.ts';
import type { GapReason } from '../../bgp/element.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { Family, PrefixText } from '../../bgp/prefix.ts';
import type { Evidence, IsoTime, Verdict } from './basics.ts';
import type { Incident, IncidentChange } from './incident-event.ts';
import type { ReachabilityData } from './reachability.ts';

export type * from './reachability.ts';

export type { Evidence, IsoTime, Message, Verdict } from './basics.ts';
export type { Incident, IncidentChange, IncidentSpan } from './incident-event.ts';

/**
 * Events are CloudEvents 1.0 in JSON, with the extensions `sequence` and `previousid`.
 *
 * `id` is a hash of the decision, so a retry, a replay or a standby makes the same id. `sequence` counts the events of
 * one `source` from 1, as ten digits with leading zeros; `previousid` is the id of the event before. A receiver can
 * thus detect a missing event. `time` is the event time of the decision, at the end of the hold.
 */
export type UnroutableEvent = {
  [Type in EventType]: Envelope<Type>;
}[EventType];

/** One CloudEvent of one type. */
export interface Envelope<Type extends EventType> {
  readonly specversion: '1.0';
  readonly id: string;
  /** `/territories/KP`; `/observer` for what concerns our own view; `/drills/ID` for a drill. */
  readonly source: string;
  readonly type: Type;
  /** `KP/ipv4`: a territory and a family; or a collector. */
  readonly subject: string;
  readonly time: IsoTime;
  readonly datacontenttype: 'application/json';
  readonly sequence: string;
  readonly previousid?: string;
  /**
   * A drill: the event is not real, an operator asked for it to test delivery. Its source is `/drills/ID`. Absent in
   * real events.
   */
  readonly drill?: true;
  readonly data: EventData[Type];
}

/** The types of events. docs/events.md describes each. */
export type EventType = keyof EventData;

/** The `data` of each type of event. */
export interface EventData {
  'country.unroutable': CountryData;
  'country.degraded': CountryData;
  'country.restored': CountryData;
  'country.unknown': CountryData;
  'country.known': CountryData;
  'country.flapping': FlappingData;
  'country.steady': FlappingData;
  'unit.lost': UnitData;
  'unit.returned': UnitData;
  'upstream.gained': UpstreamData;
  'upstream.lost': UpstreamData;
  'origin.changed': OriginData;
  'prefix.new': PrefixData;
  'observer.blind': BlindData;
  'observer.restored': BlindData;
  'observer.gap': ObserverData;
  'observer.healed': ObserverData;
  'observer.data-loss': DataLossData;
  'incident.opened': IncidentData;
  'incident.updated': IncidentData;
  'incident.closed': IncidentData;
  'reachability.changed': ReachabilityData;
  'reachability.warning': ReachabilityWarningData;
}

/** The fields that every event of a territory has. */
export interface OfTerritory {
  readonly territory: { readonly id: string; readonly name: string };
  readonly family: Family;
  /** When the condition began: the first moment beyond the policy's threshold, before the hold. */
  readonly since: IsoTime;
  /**
   * When the first message of the movement to `since` was received. Between its messages, and from the last one to
   * `since`, lies at most a minute.
   */
  readonly first: IsoTime;
  /** What the voters saw at the decision. */
  readonly visibility: VisibilityData;
}

/** The voters that visibility is a share of. */
export type VisibilityOf =
  /** Peers that send their whole table. A missing route from such a peer means that it has none. */
  | 'full-feed'
  /** No table size is known: peers that sent a route inside the territory, with any origin. */
  | 'peers-with-a-route';

/** How visible a territory was, in numbers. */
export interface VisibilityData {
  /**
   * Share of the baseline that is still seen: of the pairs of a voter and a unit that it usually sees, the pairs seen
   * now. Only present voters count. 0 to 1, four decimals.
   */
  readonly share: number;
  readonly of: VisibilityOf;
  /** Peer ASes that could vote. */
  readonly voters: number;
  /** Witnesses: voters that usually see some of the territory; before there is a baseline, all voters. */
  readonly witnesses: number;
  /** Witnesses that still see some of what they usually see. */
  readonly seeing: number;
  /** Witnesses that no longer see anything of what they usually see. */
  readonly seeingNothing: number;
  /** Units of the baseline, and how many of them are seen by more than half of the voters that usually see them. */
  readonly unitsVisible: number;
  readonly units: number;
  /**
   * Voters that reach only a part of a unit's addresses, and the largest such part at any of them: 0 to 1, four
   * decimals. A voter sees a unit when it reaches at least the policy's `coveredAt` of it. Absent when there is no such
   * voter.
   */
  readonly partial?: { readonly voters: number; readonly largest: number };
  /**
   * Of the origin ASes that do not count, the one to which most voters have a route inside the blocks, and the number
   * of these voters. Absent when no voter has such a route, when the territory names no origins, or when it has more
   * units than `MAX_DETAILED_UNITS`.
   */
  readonly other?: { readonly origin: Asn; readonly voters: number };
}

/** A verdict that changed. */
export interface CountryData extends OfTerritory {
  readonly verdict: Verdict;
  /** The previous verdict. */
  readonly previous: Verdict;
  /** Why the verdict is `unknown`; absent otherwise. */
  readonly reason?: BlindReason;
  /**
   * True when `since` is only the latest time at which it can have begun: the first look already showed it, or the
   * first look after a time with too few voters.
   */
  readonly sinceAtLatest?: true;
  /** True when it is `routable` only because its loss did not change for `rebaseMs` and became the new baseline. */
  readonly rebased?: true;
  readonly incident?: string;
  readonly evidence?: Evidence;
}

/** A territory began to flap, or no longer flaps. Its verdict is reported separately. */
export interface FlappingData extends OfTerritory {
  /** Drops since the flapping began. */
  readonly drops: number;
  /** Milliseconds from the first drop to the last change, without blind time. */
  readonly overMs: number;
  /** The part of this time below the usual level: at a level that would be `degraded` or `unroutable` if it lasted. */
  readonly downMs: number;
  /** This part as a share: 0 to 1, four decimals. */
  readonly downShare: number;
  readonly incident?: string;
  readonly evidence?: Evidence;
}

/** A network of a territory that was lost or came back. */
export interface UnitData extends OfTerritory {
  readonly unit: PrefixText;
  /** Since when it was lost. Only in `unit.returned`, and only if the loss was seen. */
  readonly lostSince?: IsoTime;
  /** True when `since` is only the latest it can have begun: it was so when there were enough voters again. */
  readonly sinceAtLatest?: true;
  readonly evidence?: Evidence;
}

/** An upstream that was gained or lost. */
export interface UpstreamData extends OfTerritory {
  readonly upstream: Asn;
  /** Units that are or were reached over this upstream, in address order. */
  readonly units: readonly PrefixText[];
  /** Of the voters that see these units, the share that sees them over this upstream. */
  readonly share: number;
  /** True when `since` is only the latest it can have begun: it was so when there were enough voters again. */
  readonly sinceAtLatest?: true;
  readonly evidence?: Evidence;
}

/** An origin AS that appeared or went. */
export interface OriginData extends OfTerritory {
  /** An origin that does not count for this territory, on a prefix inside its blocks. */
  readonly origin: Asn;
  readonly change: 'appeared' | 'gone';
  readonly units: readonly PrefixText[];
  readonly share: number;
  /**
   * True when `since` is only the latest time at which it can have begun: the first look already showed it, or the
   * first look after a time with too few voters.
   */
  readonly sinceAtLatest?: true;
  readonly evidence?: Evidence;
}

/** A prefix that is announced for the first time. */
export interface PrefixData extends OfTerritory {
  /** A prefix of the territory that no voter had before. */
  readonly prefix: PrefixText;
  readonly share: number;
  /** True when `since` is only the latest it can have begun: it was so when there were enough voters again. */
  readonly sinceAtLatest?: true;
  readonly evidence?: Evidence;
}

/** Why the verdict is `unknown`. */
export type BlindReason =
  | 'too-few-voters'
  /** More than half of the recent voters can no longer vote. */
  | 'lost-voters'
  | 'too-few-collectors'
  /** The control group has vanished too. */
  | 'control-group'
  /** The territory was never visible, and the peers' tables are too small for this to prove anything. */
  | 'never-seen'
  /** Enough voters reported, but what they saw did not last long enough for a verdict before the input ended. */
  | 'too-short';

/** Services became worse while their routes are still there. It may be the start of an outage. */
export interface ReachabilityWarningData extends ReachabilityData {
  readonly routes: readonly { readonly family: Family; readonly verdict: Verdict }[];
}

/** All watched territories became `unknown`, or one of them has a verdict again. */
export interface BlindData {
  /** Since when: blind, or able to see again. */
  readonly since: IsoTime;
  /** When the sight that is back was lost. Only in `observer.restored`. */
  readonly lostAt?: IsoTime;
  readonly reason: BlindReason;
  /** Ids of the territories concerned. */
  readonly territories: readonly string[];
}

/** A gap in what we received, or its end. */
export interface ObserverData {
  readonly collector: Collector;
  /** Address and AS of the one peer concerned; absent when it is the whole collector. */
  readonly peer?: { readonly address: string; readonly asn: Asn };
  /** When the gap began, or when it was healed. */
  readonly since: IsoTime;
  /** When the healed gap began. Only in `observer.healed`. */
  readonly lostAt?: IsoTime;
  readonly reason: GapReason;
  /** Number of peers of the collector that lost their vote, or have it again. */
  readonly peers: number;
}

/** The store had lost data. It was written again from memory. */
export interface DataLossData {
  /** Event time up to which the store still had data; absent when it was empty. */
  readonly since?: IsoTime;
  /** Number of the last acknowledged commit, and of the commit that was found: 0 when there was none. */
  readonly kept: number;
  readonly found: number;
  /** Number of events that were stored again from memory. Earlier events that the store lost are gone. */
  readonly events: number;
}

/** An incident that opened, changed or closed. */
export interface IncidentData extends OfTerritory {
  readonly incident: Incident;
  /** What is new since the last event of the incident. Only in `incident.updated`. */
  readonly changed?: readonly IncidentChange[];
}
