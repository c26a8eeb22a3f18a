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
 * The events: CloudEvents 1.0 in its JSON form, with the extensions `sequence` and `previousid`.
 *
 * `id` is a hash of what was decided, so a retry, a replay or a standby makes the same one. `sequence` counts the
 * events of one `source` from 1, ten digits with leading zeros, and `previousid` is the id of the one before: a
 * receiver can see a hole. `time` is when it was decided: the hold over, in event time.
 */
export type UnroutableEvent = {
  [Type in EventType]: Envelope<Type>;
}[EventType];

/** One CloudEvent of one type. */
export interface Envelope<Type extends EventType> {
  readonly specversion: '1.0';
  readonly id: string;
  /** `/territories/KP`, or `/observer` for what concerns our own eyes; of a drill `/drills/ID`. */
  readonly source: string;
  readonly type: Type;
  /** `KP/ipv4`: a territory and a family; or a collector. */
  readonly subject: string;
  readonly time: IsoTime;
  readonly datacontenttype: 'application/json';
  readonly sequence: string;
  readonly previousid?: string;
  /** Nothing of it is so: it was asked for, to see whether events arrive. Its source is `/drills/ID`. Absent in all others. */
  readonly drill?: true;
  readonly data: EventData[Type];
}

/** The types of events. docs/events.md describes each. */
export type EventType = keyof EventData;

/** What `data` holds, by the type of the event. */
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

/** What every event of a territory carries. */
export interface OfTerritory {
  readonly territory: { readonly id: string; readonly name: string };
  readonly family: Family;
  /** The first moment at which it was so, by the policy's thresholds, before the hold. */
  readonly since: IsoTime;
  /** When the first message that led there was heard: no more than a minute lies between it, each next one, and `since`. */
  readonly first: IsoTime;
  /** What the voters saw when it was decided. */
  readonly visibility: VisibilityData;
}

/** What visibility is a share of. */
export type VisibilityOf =
  /** Of peers that send their whole table: a peer without a route shows that it has none. */
  | 'full-feed'
  /** No table size is known: of the peers that sent a route inside the territory, with any origin. */
  | 'peers-with-a-route';

/** How visible a territory was, in numbers. */
export interface VisibilityData {
  /**
   * Share of the baseline that still stands: of the pairs of a voter and a unit that the voter usually sees, those that it
   * sees now. Over voters that can be heard: 0 to 1, four decimals.
   */
  readonly share: number;
  readonly of: VisibilityOf;
  /** Peer ASes that could vote. */
  readonly voters: number;
  /** Voters that usually see some of it; before there is a baseline, all of them. */
  readonly witnesses: number;
  /** Witnesses that still see some of what they usually see. */
  readonly seeing: number;
  /** Witnesses that see nothing any more of what they usually see. */
  readonly seeingNothing: number;
  /** Units of the baseline seen by more than half of the voters that usually see them, of how many. */
  readonly unitsVisible: number;
  readonly units: number;
  /**
   * Voters that reach only a part of some unit's addresses, and the largest such share at any of them: 0 to 1, four
   * decimals. A voter sees a unit from the policy's `coveredAt` on. Absent when there is no such voter.
   */
  readonly partial?: { readonly voters: number; readonly largest: number };
  /**
   * The origin AS that does not count and to which most voters have a route inside the blocks, and how many have one.
   * Absent when no voter has such a route, when the territory names no origins, or when it has more units than
   * `MAX_DETAILED_UNITS`.
   */
  readonly other?: { readonly origin: Asn; readonly voters: number };
}

/** A verdict that changed. */
export interface CountryData extends OfTerritory {
  readonly verdict: Verdict;
  /** The verdict before. */
  readonly previous: Verdict;
  /** Why the verdict is `unknown`; only then. */
  readonly reason?: BlindReason;
  /** True when `since` is only the latest it can have begun: it was so already at the first look, or when enough voters could be heard again. */
  readonly sinceAtLatest?: true;
  /** True when it is routable again only because its loss, which stood still for `rebaseMs`, is the new baseline. */
  readonly rebased?: true;
  readonly incident?: string;
  readonly evidence?: Evidence;
}

/** A territory began to flap, or no longer flaps. Its verdict is reported separately. */
export interface FlappingData extends OfTerritory {
  /** Drops since it began. */
  readonly drops: number;
  /** Time in which they were, up to the last change, blind time not counted. */
  readonly overMs: number;
  /** Of this time what it spent below the usual level: degraded or worse, were it to last. */
  readonly downMs: number;
  /** The same as a share: 0 to 1, four decimals. */
  readonly downShare: number;
  readonly incident?: string;
  readonly evidence?: Evidence;
}

/** A network of a territory that was lost or came back. */
export interface UnitData extends OfTerritory {
  readonly unit: PrefixText;
  /** Since when it was lost; of `unit.returned` alone, and only where that was seen. */
  readonly lostSince?: IsoTime;
  /** True when `since` is only the latest it can have begun: it was so when enough voters could be heard again. */
  readonly sinceAtLatest?: true;
  readonly evidence?: Evidence;
}

/** An upstream that was gained or lost. */
export interface UpstreamData extends OfTerritory {
  readonly upstream: Asn;
  /** Units that were or are reached over it, in address order. */
  readonly units: readonly PrefixText[];
  /** Share of the voters that see these units and do so over this upstream. */
  readonly share: number;
  /** True when `since` is only the latest it can have begun: it was so when enough voters could be heard again. */
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
  /** True when it was so at the first look, or when enough voters could be heard again: `since` is only the latest it can have begun. */
  readonly sinceAtLatest?: true;
  readonly evidence?: Evidence;
}

/** A prefix that is announced for the first time. */
export interface PrefixData extends OfTerritory {
  /** A prefix of the territory that no voter had before. */
  readonly prefix: PrefixText;
  readonly share: number;
  /** True when `since` is only the latest it can have begun: it was so when enough voters could be heard again. */
  readonly sinceAtLatest?: true;
  readonly evidence?: Evidence;
}

/** Why nothing can be said. */
export type BlindReason =
  | 'too-few-voters'
  /** More than half of those that could vote not long ago can no longer. */
  | 'lost-voters'
  | 'too-few-collectors'
  /** The control group is gone as well. */
  | 'control-group'
  /** Nothing of it was ever visible, to peers whose tables are too small to prove anything by it. */
  | 'never-seen'
  /** Enough voters reported, but what they saw did not last long enough for a verdict before the input ended. */
  | 'too-short';

/** Services became worse while the routes to them are still there: it may be the beginning of more. */
export interface ReachabilityWarningData extends ReachabilityData {
  readonly routes: readonly { readonly family: Family; readonly verdict: Verdict }[];
}

/** Of no watched territory can anything be said, or of one of them again. */
export interface BlindData {
  /** Since when it is so: blind, or able to see again. */
  readonly since: IsoTime;
  /** When sight was lost that is back; of `observer.restored` alone. */
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
  /** When the gap began, or when it was made good. */
  readonly since: IsoTime;
  /** When the gap began that is made good; of `observer.healed` alone. */
  readonly lostAt?: IsoTime;
  readonly reason: GapReason;
  /** Peers of the collector that lost their vote, or have it again. */
  readonly peers: number;
}

/** The store had lost data, and was written again from memory. */
export interface DataLossData {
  /** Event time up to which the store still knew; absent when it was empty. */
  readonly since?: IsoTime;
  /** Number of the last commit that was kept, and of the one that was found: 0 when there was none. */
  readonly kept: number;
  readonly found: number;
  /** Events that were kept again from memory. Those before them are gone. */
  readonly events: number;
}

/** An incident that opened, changed or closed. */
export interface IncidentData extends OfTerritory {
  readonly incident: Incident;
  /** What is new since the last event of the incident; of `incident.updated` alone. */
  readonly changed?: readonly IncidentChange[];
}
