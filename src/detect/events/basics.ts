import type { Asn } from '../../bgp/asn.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { PrefixText } from '../../bgp/prefix.ts';

/** What can be said of a territory. `unknown` is a verdict: blind is not dark. */
export type Verdict = 'unknown' | 'routable' | 'degraded' | 'unroutable';

/** Event time as RFC 3339 in UTC with milliseconds. */
export type IsoTime = string;

/** The messages behind an event, enough of them to check it against the archive, and how many there were. */
export interface Evidence {
  /** At least 1. After blindness the messages heard since it began count, and where there is none the last ones before. */
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
