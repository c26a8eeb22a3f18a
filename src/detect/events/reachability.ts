import type { Asn } from '../../bgp/asn.ts';
import type { ProbeResult, Service } from '../../bgp/probe.ts';
import type { IsoTime } from './basics.ts';

/**
 * Whether services inside a territory answer. It never changes the verdict on the routes.
 *
 * - `reachable`: every target answers.
 * - `partly`: some do not answer, or not as asked, but not all are silent.
 * - `unreachable`: every target has been silent in two rounds in a row.
 * - `unknown`: our own line is down, there are too few targets, or there are no recent results.
 */
export type Reachability = 'reachable' | 'partly' | 'unreachable' | 'unknown';

/** Why reachability is `unknown`. */
export type UnreachedReason =
  /** No control can be reached from any vantage point: the fault is ours. */
  | 'own-line'
  /** Fewer targets have results than a verdict needs. */
  | 'too-few-targets'
  /** There is no recent result. */
  | 'no-results';

/** The reachability of one class of service of a territory. */
export interface ServiceReach {
  readonly service: Service;
  readonly verdict: Reachability;
  /** When the first result that led to this verdict arrived. */
  readonly since: IsoTime;
  /** Targets that answer as asked, from more than half of the vantage points that ask them. */
  readonly answering: number;
  /** Targets from which nothing comes back, from any vantage point. */
  readonly silent: number;
  /** All targets of this class that have a recent result. */
  readonly targets: number;
}

/** What one vantage point found at one target, at its last question. */
export interface TargetReach {
  /** `dns-soa 175.45.176.15:53 kp.` */
  readonly target: string;
  readonly service: Service;
  readonly vantage: { readonly id: string; readonly country?: string; readonly asn?: Asn };
  readonly result: ProbeResult;
  readonly at: IsoTime;
  readonly detail: string;
}

/** The state of the services of a territory. */
export interface ReachabilityView {
  readonly reachability: Reachability;
  /** When the first result that led to this verdict arrived. */
  readonly since: IsoTime;
  /** Only when `unknown`. */
  readonly reason?: UnreachedReason;
  /** Vantage points that have recent results and whose line works. */
  readonly vantages: number;
  readonly services: readonly ServiceReach[];
  /** The last result of each target from each vantage point, at most 100. */
  readonly targets: readonly TargetReach[];
}

/** A verdict on the services of a territory, or of one class of them, that changed. */
export interface ReachabilityData extends ReachabilityView {
  readonly territory: { readonly id: string; readonly name: string };
  /** The verdict before. */
  readonly previous: Reachability;
  /** The classes whose verdict changed, each with the one before. */
  readonly changed: readonly { readonly service: Service; readonly previous: Reachability }[];
}
