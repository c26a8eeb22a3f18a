import type { Asn } from '../../bgp/asn.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { PrefixText } from '../../bgp/prefix.ts';
import type { Evidence, IsoTime, Verdict } from './basics.ts';

/** What an update of an incident tells. Each but `verdict` and `units-lost` at most once. */
export type IncidentChange =
  /** A span ended, and another began: another verdict, a recovery, blindness or its end. */
  | 'verdict'
  /** Visibility fell to half of what it was before the onset. */
  | 'below-half'
  /** Visibility fell to less than twice the share that is called unroutable. */
  | 'near-unroutable'
  /** Another network was lost. */
  | 'units-lost'
  /** Most voters see no network of it any more. */
  | 'spread'
  /** It flaps. */
  | 'flapping'
  /** What is lost still stood still, and is the new baseline. */
  | 'rebased';

/** Everything from the onset to the recovery that lasted. Drops close together are one incident. */
export interface Incident {
  /** Stable from opening to closing. */
  readonly id: string;
  readonly state: 'open' | 'closed';
  /** The worst verdict in it. */
  readonly worst: 'degraded' | 'unroutable';
  /**
   * Its time in order, without holes: each span begins where the one before it ended. The last has no `until` while it
   * lasts. Blind time is a span of its own, and so is the time in between in which it was routable.
   */
  readonly spans: readonly IncidentSpan[];
  /** Spans between the last one and the one before it that are not listed, as there is no room; absent when all are. */
  readonly spansOmitted?: number;
  /** How often it fell: runs of `degraded` and `unroutable` between which it was routable, or nothing was known. */
  readonly drops: number;
  /** Spans in which it was unroutable. */
  readonly outages: number;
  /** From the first span's `from` to the last one's `until`; absent while that lasts. */
  readonly durationMs?: number;
  /** Time spent in spans of each verdict that have ended, those that are not listed among them. */
  readonly unroutableMs: number;
  readonly degradedMs: number;
  readonly unknownMs: number;
  readonly routableMs: number;
  /** Unroutable and degraded together. Blind time is never part of it. */
  readonly downMs: number;
  /** True when it began before it was seen: before the first look, or while too few voters could be heard. */
  readonly sinceAtLatest?: true;
  /** True when it ended only because what is lost still stood still so long that it is the new baseline. */
  readonly rebased?: true;
  /** Lowest visibility. */
  readonly depth: number;
  /**
   * `flapping`: many drops. Else of the first: `cliff` when nine tenths of what it lost went at once, `slope` when bit by
   * bit, `unseen` when it began before it was seen.
   */
  readonly shape: 'cliff' | 'slope' | 'flapping' | 'unseen';
  /**
   * When the first loss of the movement was heard that led to the first verdict, and when half and nine tenths of the
   * visibility before it were lost; these are absent when they never were. All is absent when it was not seen.
   */
  readonly onset?: { readonly first: IsoTime; readonly half?: IsoTime; readonly ninety?: IsoTime };
  /** Networks in the order in which they were lost, as `unit.lost` tells it. */
  readonly unitsLost: readonly { readonly unit: PrefixText; readonly at: IsoTime }[];
  /** Upstreams in the order in which the last unit was lost over them. */
  readonly upstreamsLost: readonly { readonly upstream: Asn; readonly at: IsoTime }[];
  /** Losses of other upstreams, which are not listed, as there is no room; absent when all are. */
  readonly upstreamsOmitted?: number;
  /** Networks that are back, in the order in which they returned, as `unit.returned` tells it. */
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

/** Part of an incident under one verdict. */
export interface IncidentSpan {
  readonly verdict: Verdict;
  readonly from: IsoTime;
  /** Absent while it lasts. */
  readonly until?: IsoTime;
  /** Lowest visibility in it; of `degraded` and `unroutable`. */
  readonly depth?: number;
  /** True when `from` is only the latest it can have begun. */
  readonly sinceAtLatest?: true;
}
