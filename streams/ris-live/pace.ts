import type { EventTime } from '../../src/bgp/time.ts';
import { STALE_FEED_MS } from '../../src/policy/fixed.ts';
/** Our monotonic clock and the collectors' clocks may drift apart by seconds a day, so older measurements expire. */
const SPAN_MS = 12 * 3_600_000;

/**
 * How fast the feed can be: the largest difference between a message's own time and its arrival in monotonic time. A
 * message that is minutes slower is stale. Wall time is not used, so a step of our clock cannot make a fresh feed look
 * old. A feed that is stale from its first message on looks the same as a wall clock that is ahead.
 */
export class Pace {
  #latest = -Infinity;
  #former = -Infinity;
  #sinceMs: number | undefined;

  /** Whether a message that arrives now is too old to prove anything about the present. */
  isStale(at: EventTime, monotonicMs: number): boolean {
    return at - monotonicMs < Math.max(this.#latest, this.#former) - STALE_FEED_MS;
  }

  /** Notes a fresh message. While all messages are stale, the measurement does not change. */
  note(at: EventTime, monotonicMs: number): void {
    this.#sinceMs ??= monotonicMs;
    if (monotonicMs - this.#sinceMs >= SPAN_MS) {
      this.#sinceMs = monotonicMs;
      this.#former = this.#latest;
      this.#latest = -Infinity;
    }
    this.#latest = Math.max(this.#latest, at - monotonicMs);
  }

  /** Restarts the measurement, because monotonic time may have jumped. */
  forget(): void {
    this.#latest = -Infinity;
    this.#former = -Infinity;
  }
}
