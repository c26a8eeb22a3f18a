import type { Asn } from '../../bgp/asn.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { PrefixText } from '../../bgp/prefix.ts';

/** The verdict on a territory. `unknown` is a verdict of its own: losing our vantage points is not an outage. */
export type Verdict = 'unknown' | 'routable' | 'degraded' | 'unroutable';

/** Event time as RFC 3339 in UTC with milliseconds. */
export type IsoTime = string;

/** The messages behind an event: enough of them to check the event against the archive, and their total number. */
export interface Evidence {
  /**
   * At least 1. After blindness this counts the messages received since it began; if there is none, the last ones
   * before.
   */
  readonly count: number;
  readonly messages: readonly Message[];
}

/** One message of the archive, identified by collector, peer and time. */
export interface Message {
  readonly at: IsoTime;
  readonly type: 'announcement' | 'withdrawal' | 'rib';
  readonly collector: Collector;
  readonly peer: { readonly address: string; readonly asn: Asn };
  /** Those of its prefixes that changed the visibility. */
  readonly prefixes: readonly PrefixText[];
}
