import type { Asn } from '../../bgp/asn.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { PrefixText } from '../../bgp/prefix.ts';
import type { Evidence, IsoTime, Verdict } from './basics.ts';

/**
 * What is new in an update of an incident. An incident has each of these at most once, except `verdict` and
 * `units-lost`.
 */
export type IncidentChange =
  /** A span ended and another began: another verdict, a recovery, blindness or its end. */
  | 'verdict'
  /** Visibility fell to half of what it was before the onset. */
  | 'below-half'
  /** Visibility fell to less than twice the share that is called unroutable. */
  | 'near-unroutable'
  /** Another network was lost. */
  | 'units-lost'
  /** Most voters no longer see any of its networks. */
  | 'spread'
  /** The territory began to flap. */
  | 'flapping'
  /** The loss did not change for long, and what was left became the new baseline. */
  | 'rebased';

/** An incident: everything from the onset to the recovery that lasted. Drops close together belong to one incident. */
export interface Incident {
  /** Stable from opening to closing. */
  readonly id: string;
  readonly state: 'open' | 'closed';
  /** The worst verdict in it. */
  readonly worst: 'degraded' | 'unroutable';
  /**
   * Its spans in order of time: each begins where the one before ended. The last has no `until` while it lasts. Blind
   * time has a span of its own, and so has time between drops in which the territory was routable.
   */
  readonly spans: readonly IncidentSpan[];
  /**
   * Number of spans between the last two listed ones that are left out for lack of room; absent when all are listed.
   */
  readonly spansOmitted?: number;
  /** Drops: runs of `degraded` and `unroutable` spans, separated by `routable` time. Blind time ends no drop. */
  readonly drops: number;
  /** Outages: runs of `unroutable` spans. Blind time between two of them ends no outage. */
  readonly outages: number;
  /** From the first span's `from` to the last one's `until`; absent while that lasts. */
  readonly durationMs?: number;
  /** Time in ended spans of each verdict, including spans that are not listed. */
  readonly unroutableMs: number;
  readonly degradedMs: number;
  readonly unknownMs: number;
  readonly routableMs: number;
  /** Unroutable and degraded time together. Blind time is not part of it. */
  readonly downMs: number;
  /** True when it began unseen: before the first look, or while there were too few voters. */
  readonly sinceAtLatest?: true;
  /** True when it ended only because the loss did not change for so long that it became the new baseline. */
  readonly rebased?: true;
  /** Lowest visibility. */
  readonly depth: number;
  /**
   * `flapping`: many drops. Otherwise the shape of the first drop: `cliff` when nine tenths of the loss came at once,
   * `slope` when it came bit by bit, `unseen` when it began unseen.
   */
  readonly shape: 'cliff' | 'slope' | 'flapping' | 'unseen';
  /**
   * When the first loss of the movement to the first verdict was received, and when half and nine tenths of the earlier
   * visibility were lost; each is absent when that never happened. The whole field is absent when the onset was not
   * seen.
   */
  readonly onset?: { readonly first: IsoTime; readonly half?: IsoTime; readonly ninety?: IsoTime };
  /** Networks in the order in which they were lost, as in `unit.lost`. */
  readonly unitsLost: readonly { readonly unit: PrefixText; readonly at: IsoTime }[];
  /** Upstreams in the order in which they lost their last unit. */
  readonly upstreamsLost: readonly { readonly upstream: Asn; readonly at: IsoTime }[];
  /** Number of lost upstreams that are left out for lack of room; absent when all are listed. */
  readonly upstreamsOmitted?: number;
  /** Networks that are back, in the order of their return, as in `unit.returned`. */
  readonly unitsReturned: readonly { readonly unit: PrefixText; readonly at: IsoTime }[];
  /**
   * Peers that still had a route when nearly all others had lost theirs: usually a stale ("zombie") route, seldom a
   * working path.
   */
  readonly stuck: readonly {
    readonly collector: Collector;
    readonly address: string;
    readonly asn: Asn;
    readonly units: number;
  }[];
  /** True when a part of it was decided on data that was filled in after a gap. */
  readonly backfilled: boolean;
  readonly evidence: Evidence;
}

/** Part of an incident under one verdict. */
export interface IncidentSpan {
  readonly verdict: Verdict;
  readonly from: IsoTime;
  /** Absent while it lasts. */
  readonly until?: IsoTime;
  /** Lowest visibility in the span. Only for `degraded` and `unroutable`. */
  readonly depth?: number;
  /** True when `from` is only the latest time at which it can have begun. */
  readonly sinceAtLatest?: true;
}
