import type { Asn } from '../../bgp/asn.ts';
import type { GapReason } from '../../bgp/element.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { Family, PrefixText } from '../../bgp/prefix.ts';

/** What can be said of a territory. `unknown` is a verdict: blind is not dark. */
export type Verdict = 'unknown' | 'routable' | 'degraded' | 'unroutable';

/** Event time as RFC 3339 in UTC with milliseconds. */
export type IsoTime = string;

/**
 * What we tell the world: CloudEvents 1.0 in its JSON form, with the extensions `sequence` and `previousid`.
 *
 * `id` is a hash of what was decided, so a retry, a replay or a standby makes the same one. `sequence` counts the events
 * of one `source` from 1, ten digits with leading zeros, and `previousid` is the id of the one before: a receiver can see
 * a hole. `time` is when it was decided: the hold over, in event time.
 */
export type UnroutableEvent = {
  [Type in EventType]: Envelope<Type>;
}[EventType];

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

export type EventType = keyof EventData;

export interface EventData {
  'country.unroutable': CountryData;
  'country.degraded': CountryData;
  'country.restored': CountryData;
  'country.unknown': CountryData;
  'country.known': CountryData;
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

export interface VisibilityData {
  /** Mean over the baseline's units of the share of voters that see the unit: 0 to 1, four decimals. */
  readonly share: number;
  /** Peer ASes that could vote. */
  readonly voters: number;
  /** Voters that saw no unit at all. */
  readonly seeingNothing: number;
  /** Units of the baseline seen by more than half of the voters, of how many. */
  readonly unitsVisible: number;
  readonly units: number;
}

export interface CountryData extends OfTerritory {
  readonly verdict: Verdict;
  /** The verdict before. */
  readonly previous: Verdict;
  /** Why the verdict is `unknown`; only then. */
  readonly reason?: BlindReason;
  /** True when `since` is only the latest it can have begun: it was so already at the first look, or when our eyes opened again. */
  readonly sinceAtLatest?: true;
  /** True when it is routable again only because its loss, which stood still for `rebaseMs`, is the new baseline. */
  readonly rebased?: true;
  readonly incident?: string;
  readonly evidence?: Evidence;
}

export interface UnitData extends OfTerritory {
  readonly unit: PrefixText;
  readonly evidence?: Evidence;
}

export interface UpstreamData extends OfTerritory {
  readonly upstream: Asn;
  /** Units that were or are reached over it, in address order. */
  readonly units: readonly PrefixText[];
  /** Share of the voters that see these units and do so over this upstream. */
  readonly share: number;
}

export interface OriginData extends OfTerritory {
  /** An origin that does not count for this territory, on a prefix inside its blocks. */
  readonly origin: Asn;
  readonly change: 'appeared' | 'gone';
  readonly units: readonly PrefixText[];
  readonly share: number;
}

export interface PrefixData extends OfTerritory {
  /** A prefix of the territory that no voter had before. */
  readonly prefix: PrefixText;
  readonly share: number;
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
  | 'never-seen';

/** Of no watched territory can anything be said, or of one of them again. */
export interface BlindData {
  readonly since: IsoTime;
  readonly reason: BlindReason;
  /** Ids of the territories concerned. */
  readonly territories: readonly string[];
}

export interface ObserverData {
  readonly collector: Collector;
  /** Address and AS of the one peer concerned; absent when it is the whole collector. */
  readonly peer?: { readonly address: string; readonly asn: Asn };
  readonly since: IsoTime;
  readonly reason: GapReason;
  /** Peers of the collector that lost their vote, or have it again. */
  readonly peers: number;
}

/** The store had lost what it had kept, and was written again from memory. */
export interface DataLossData {
  /** Event time up to which the store still knew; absent when it was empty. */
  readonly since?: IsoTime;
  /** Number of the last commit that was kept, and of the one that was found: 0 when there was none. */
  readonly kept: number;
  readonly found: number;
  /** Events that were kept again from memory. Those before them are gone. */
  readonly events: number;
}

/** The messages behind an event, enough of them to check it against the archive, and how many there were. */
export interface Evidence {
  readonly count: number;
  readonly messages: readonly Message[];
}

/** Names one message of the archive: collector, peer and time find it. */
export interface Message {
  readonly at: IsoTime;
  readonly type: 'announcement' | 'withdrawal' | 'rib';
  readonly collector: Collector;
  readonly peer: { readonly address: string; readonly asn: Asn };
  /** Those of its prefixes that made the difference. */
  readonly prefixes: readonly PrefixText[];
}

export interface IncidentData extends OfTerritory {
  readonly incident: Incident;
}

/** One run of drops, from the first loss to the recovery that lasted. */
export interface Incident {
  /** Stable from opening to closing. */
  readonly id: string;
  readonly state: 'open' | 'closed';
  /** The worst verdict in it. */
  readonly worst: 'degraded' | 'unroutable';
  /** Drops in order; the last has no `until` while it lasts. */
  readonly drops: readonly Drop[];
  /** Drops between the last one and the one before it that are not listed, as there is no room; absent when all are. */
  readonly dropsOmitted?: number;
  /** From the first drop's `since` to the last one's `until`; absent while open. */
  readonly durationMs?: number;
  /** Time spent in drops, those that are not listed among them. */
  readonly downMs?: number;
  /** Lowest visibility. */
  readonly depth: number;
  /** `flapping`: many drops. Else of the first: `cliff` when nine tenths of what it lost went at once, `slope` when bit by bit. */
  readonly shape: 'cliff' | 'slope' | 'flapping';
  /** When the first loss of the onset was heard, and when half and nine tenths of the visibility were lost; absent when they never were. */
  readonly onset: { readonly first: IsoTime; readonly half?: IsoTime; readonly ninety?: IsoTime };
  /** Baseline units in the order in which more than half of the voters lost them. */
  readonly unitsLost: readonly { readonly unit: PrefixText; readonly at: IsoTime }[];
  /** Upstreams in the order in which the last unit was lost over them. */
  readonly upstreamsLost: readonly { readonly upstream: Asn; readonly at: IsoTime }[];
  /** Losses of other upstreams, which are not listed, as there is no room; absent when all are. */
  readonly upstreamsOmitted?: number;
  /** Units in the order in which more than half of the voters saw them again. */
  readonly unitsReturned: readonly { readonly unit: PrefixText; readonly at: IsoTime }[];
  /** Peers that kept a route when nearly all had lost theirs: stuck ("zombie") routes, or a path that survived. */
  readonly stuck: readonly {
    readonly collector: Collector;
    readonly address: string;
    readonly asn: Asn;
    readonly units: number;
  }[];
  /** True when any of it was decided on data filled in after a gap. */
  readonly backfilled: boolean;
  readonly evidence: Evidence;
}

export interface Drop {
  readonly verdict: 'degraded' | 'unroutable';
  /** As in the event that told it. */
  readonly first: IsoTime;
  readonly since: IsoTime;
  readonly until?: IsoTime;
  readonly depth: number;
}
