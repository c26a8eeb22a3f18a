import type { GapReason } from '../../src/bgp/element.ts';
import type { Collector, Peer } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import type { Oddity } from '../oddities.ts';
import type { Closing } from '../http/frames.ts';

/** The reports of a live source, for people. Programs read elements. */
export type LiveReport =
  | { readonly type: 'connecting'; readonly line: string; readonly attempt: number }
  | { readonly type: 'connected'; readonly line: string }
  /** Every subscription is acknowledged: from here on the feed is complete. */
  | { readonly type: 'subscribed'; readonly line: string; readonly subscriptions: number }
  | { readonly type: 'not-subscribed'; readonly line: string; readonly missing: readonly string[] }
  | {
      readonly type: 'disconnected';
      readonly line: string;
      readonly closing: Closing;
      readonly retryMs: number | undefined;
    }
  | { readonly type: 'server-error'; readonly line: string; readonly text: string }
  /** Noticed at `at`. Messages after `heardAt`, the latest time of the collector, may be missing. */
  | {
      readonly type: 'gap';
      readonly collector: Collector;
      readonly reason: GapReason;
      readonly at: EventTime;
      readonly heardAt: EventTime;
    }
  | { readonly type: 'heard-again'; readonly collector: Collector; readonly at: EventTime }
  /** How far the feed's messages are behind our wall clock, milliseconds; negative: ahead of it. */
  | { readonly type: 'clocks-differ'; readonly behindMs: number }
  | { readonly type: 'beacon-silent'; readonly silentMs: number }
  | { readonly type: 'never-announced-heard'; readonly peer: Peer; readonly at: EventTime }
  | ({ readonly type: 'odd' } & Oddity);

/** Receives the reports of a live source. */
export type Report = (report: LiveReport) => void;
