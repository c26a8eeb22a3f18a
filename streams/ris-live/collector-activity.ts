import type { GapReason } from '../../src/bgp/element.ts';
import type { Collector } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';

interface Activity {
  /** Arrival of its last fresh message. Monotonic milliseconds. */
  freshMs: number;
  /** Arrival of its last stale message. Monotonic milliseconds. */
  staleMs: number;
  /** The latest event time of its fresh messages. */
  lastMessageAt: EventTime | undefined;
  /** Its messages may be missing, and no fresh one has come since. */
  isLost: boolean;
  tickAt: number;
}

/**
 * The last message of each collector, by monotonic time of arrival. An old message does not prove that a collector
 * works.
 */
export class CollectorActivity {
  readonly #activities = new Map<Collector, Activity>();

  /** Any expected collector. */
  get any(): Collector | undefined {
    return this.#activities.keys().next().value;
  }

  /** From now on, messages of this collector are expected. */
  expect(collector: Collector, monotonicMs: number): void {
    const activity = this.#activityOf(collector, monotonicMs);
    activity.freshMs = Math.max(activity.freshMs, monotonicMs);
  }

  /** All expected collectors. */
  get all(): readonly Collector[] {
    return [...this.#activities.keys()];
  }

  /** Restarts the silence of all collectors, because we were not reading ourselves. */
  excuse(monotonicMs: number): void {
    for (const activity of this.#activities.values()) activity.freshMs = monotonicMs;
  }

  /** Notes a fresh message. Returns whether the collector was lost until now. */
  noteFresh(collector: Collector, at: EventTime, monotonicMs: number): boolean {
    const activity = this.#activityOf(collector, monotonicMs);
    const wasLost = activity.isLost;
    activity.freshMs = monotonicMs;
    if (activity.lastMessageAt === undefined || at > activity.lastMessageAt) activity.lastMessageAt = at;
    activity.isLost = false;
    return wasLost;
  }

  /** Notes a stale message, which proves nothing about the present. */
  noteStale(collector: Collector, monotonicMs: number): void {
    this.#activityOf(collector, monotonicMs).staleMs = monotonicMs;
  }

  /** Why a collector without fresh messages is lost. */
  reasonOf(collector: Collector): GapReason {
    const activity = this.#activities.get(collector);
    return activity !== undefined && activity.staleMs > activity.freshMs ? 'stale-feed' : 'silent-collector';
  }

  /** The latest event time of this collector's fresh messages. */
  lastMessageAt(collector: Collector): EventTime | undefined {
    return this.#activities.get(collector)?.lastMessageAt;
  }

  /** `false`: it was already lost. */
  lose(collector: Collector, monotonicMs: number): boolean {
    const activity = this.#activityOf(collector, monotonicMs);
    const isNews = !activity.isLost;
    activity.isLost = true;
    return isNews;
  }

  silentMs(collector: Collector, monotonicMs: number): number {
    return monotonicMs - this.#activityOf(collector, monotonicMs).freshMs;
  }

  /** Whether a tick of the collector is due: at most one per this many milliseconds of event time. */
  mayTick(collector: Collector, at: EventTime, everyMs: number): boolean {
    const activity = this.#activities.get(collector);
    if (activity === undefined || at < activity.tickAt + everyMs) return false;
    activity.tickAt = at;
    return true;
  }

  ages(monotonicMs: number): ReadonlyMap<Collector, number> {
    return new Map([...this.#activities].map(([collector, { freshMs }]) => [collector, monotonicMs - freshMs]));
  }

  #activityOf(collector: Collector, monotonicMs: number): Activity {
    let activity = this.#activities.get(collector);
    if (activity === undefined) {
      activity = {
        freshMs: monotonicMs,
        staleMs: -Infinity,
        lastMessageAt: undefined,
        isLost: false,
        tickAt: -Infinity,
      };
      this.#activities.set(collector, activity);
    }
    return activity;
  }
}
