import type { EventTime } from '../../src/bgp/time.ts';
import { STALE_FEED_MS } from '../../src/policy/fixed.ts';
/** Our monotonic clock and the collectors' may part by seconds a day: what was fastest two spans ago is no measure. */
const SPAN_MS = 12 * 3_600_000;

/**
 * How fast the feed can be: the largest difference between a message's own time and its arrival by monotonic time. What
 * is minutes slower is stale. Wall time is not asked, so no step of our clock makes a fresh feed look old; a feed that
 * is stale from the first message on cannot be told from a wall clock that is ahead.
 */
export class Pace {
  #latest = -Infinity;
  #former = -Infinity;
  #sinceMs: number | undefined;

  /** Whether a message that comes now is too old to prove anything of now. */
  isStale(at: EventTime, monotonicMs: number): boolean {
    return at - monotonicMs < Math.max(this.#latest, this.#former) - STALE_FEED_MS;
  }

  /** A message that is not stale. While all are, the measure stays as it is. */
  note(at: EventTime, monotonicMs: number): void {
    this.#sinceMs ??= monotonicMs;
    if (monotonicMs - this.#sinceMs >= SPAN_MS) {
      this.#sinceMs = monotonicMs;
      this.#former = this.#latest;
      this.#latest = -Infinity;
    }
    this.#latest = Math.max(this.#latest, at - monotonicMs);
  }

  /** Measures again from the start, because monotonic time may have jumped. */
  forget(): void {
    this.#latest = -Infinity;
    this.#former = -Infinity;
  }
}
