import type { GapSpan } from '../../../streams/ripestat/heal.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { EventTime } from '../../bgp/time.ts';
import { Notifier } from '../../lib/notifier.ts';

/** The gaps of collectors, for healing. */
export class GapLog {
  readonly #open = new Map<Collector, EventTime>();
  readonly #closed = new Map<Collector, { from: EventTime; to: EventTime; isAsked?: boolean }>();
  readonly #ended = new Notifier();

  /** A gap begins. `from`: the last moment at which the collector's data was complete. */
  gap(collector: Collector, from: EventTime): void {
    // A gap that begins before the last one was healed is joined to it.
    const earlier = this.#closed.get(collector)?.from ?? this.#open.get(collector) ?? from;
    this.#closed.delete(collector);
    this.#open.set(collector, earlier < from ? earlier : from);
  }

  end(collector: Collector, at: EventTime): void {
    const from = this.#open.get(collector);
    if (from === undefined) return;
    this.#open.delete(collector);
    this.#closed.set(collector, { from, to: at });
    this.#ended.notify();
  }

  /** Whether messages of the collector may be missing after this time. */
  isOpenAfter(collector: Collector, at: EventTime): boolean {
    const closed = this.#closed.get(collector);
    return this.#open.has(collector) || (closed !== undefined && closed.to > at);
  }

  /** Resolves when a gap is over, or the signal aborts. */
  async over(signal: AbortSignal): Promise<void> {
    while (this.#closed.size === 0 && !signal.aborted) await this.#ended.next(signal);
  }

  /**
   * Removes and returns all gaps that are over, as one span. `isAsked`: the whole span was put back, so its end stays
   * fixed. RIPEstat may lag behind the feed, and would never reach an end that moves.
   */
  take(): (GapSpan & { readonly isAsked: boolean }) | undefined {
    if (this.#closed.size === 0) return undefined;
    const spans = [...this.#closed.values()];
    const collectors = [...this.#closed.keys()];
    this.#closed.clear();
    return {
      isAsked: spans.every(({ isAsked }) => isAsked === true),
      from: Math.min(...spans.map(({ from }) => from)) as EventTime,
      to: Math.max(...spans.map(({ to }) => to)) as EventTime,
      collectors,
    };
  }

  /** Puts back a span that could not be healed. It will be healed together with later gaps. */
  putBack({ from, to, collectors = [] }: GapSpan): void {
    for (const collector of collectors) {
      const later = this.#closed.get(collector);
      if (this.#open.has(collector)) this.#open.set(collector, from);
      else this.#closed.set(collector, later === undefined ? { from, to, isAsked: true } : { from, to: later.to });
    }
  }
}
