import type { Collector } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';

/** Further behind the freshest message than this, milliseconds, a live message proves nothing of now. bgpipe's value. */
const STALE_MS = 180_000;

interface Hearing {
  /** Monotonic milliseconds. */
  heardMs: number;
  /** Something of it may be missing, and nothing came since. */
  isLost: boolean;
  tickAt: number;
}

/** When each collector was heard last, by monotonic time of arrival: what a message is dated does not matter. */
export class Hearings {
  readonly #timeline: 'live' | 'history';
  readonly #hearings = new Map<Collector, Hearing>();
  /** The largest difference between a message's time and its arrival: that of the fastest one. */
  #fastest = -Infinity;

  constructor(timeline: 'live' | 'history') {
    this.#timeline = timeline;
  }

  /** Some collector that is expected to speak. */
  get any(): Collector | undefined {
    return this.#hearings.keys().next().value;
  }

  /** From now on this collector should be heard. */
  expect(collector: Collector, monotonicMs: number): void {
    const hearing = this.#hearingOf(collector, monotonicMs);
    hearing.heardMs = Math.max(hearing.heardMs, monotonicMs);
  }

  /** Silence is counted from now, for all: we did not listen ourselves. */
  excuse(monotonicMs: number): void {
    for (const hearing of this.#hearings.values()) hearing.heardMs = monotonicMs;
  }

  /** Whether it was lost until now. */
  hear(collector: Collector, at: EventTime, monotonicMs: number): boolean {
    this.#fastest = Math.max(this.#fastest, at - monotonicMs);
    const hearing = this.#hearingOf(collector, monotonicMs);
    if (this.#timeline === 'live' && at - monotonicMs < this.#fastest - STALE_MS) return false;
    const wasLost = hearing.isLost;
    hearing.heardMs = monotonicMs;
    hearing.isLost = false;
    return wasLost;
  }

  /** `false` when it was lost already. */
  lose(collector: Collector, monotonicMs: number): boolean {
    const hearing = this.#hearingOf(collector, monotonicMs);
    const isNews = !hearing.isLost;
    hearing.isLost = true;
    return isNews;
  }

  silentMs(collector: Collector, monotonicMs: number): number {
    return monotonicMs - this.#hearingOf(collector, monotonicMs).heardMs;
  }

  /** At most one tick of a collector in so many milliseconds of event time. */
  mayTick(collector: Collector, at: EventTime, everyMs: number): boolean {
    const hearing = this.#hearings.get(collector);
    if (hearing === undefined || at < hearing.tickAt + everyMs) return false;
    hearing.tickAt = at;
    return true;
  }

  ages(monotonicMs: number): ReadonlyMap<Collector, number> {
    return new Map([...this.#hearings].map(([collector, { heardMs }]) => [collector, monotonicMs - heardMs]));
  }

  #hearingOf(collector: Collector, monotonicMs: number): Hearing {
    let hearing = this.#hearings.get(collector);
    if (hearing === undefined) {
      hearing = { heardMs: monotonicMs, isLost: false, tickAt: -Infinity };
      this.#hearings.set(collector, hearing);
    }
    return hearing;
  }
}
