import type { GapReason } from '../../src/bgp/element.ts';
import type { Collector, Peer } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import type { Closing } from './frames.ts';

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
  /** Something went wrong for the 1st, 10th, 100th time and so on: `what` says how, `sample` shows it. */
  | { readonly type: 'odd'; readonly what: string; readonly count: number; readonly sample: string };

/** Receives the reports of a live source. */
export type Report = (report: LiveReport) => void;

/** Counts oddities by kind, and reports each kind less and less often. */
export class Oddities {
  readonly #counts = new Map<string, number>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /** `what` comes from a closed list in this program, never from the feed. */
  count(what: string, sample = ''): void {
    const count = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, count);
    if (isPowerOfTen(count)) this.#report({ type: 'odd', what, count, sample: sample.slice(0, MAX_SAMPLE) });
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}

/** Characters of a frame that are shown. */
const MAX_SAMPLE = 200;

/** Whether a count is 1, 10, 100 and so on. */
export function isPowerOfTen(count: number): boolean {
  return count === 10 ** Math.floor(Math.log10(count) + 1e-9);
}
