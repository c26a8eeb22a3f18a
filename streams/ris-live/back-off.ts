/** How long to wait before the next attempt. */
export interface BackOff {
  /** How long to wait before the next attempt, milliseconds. */
  next(): number;
  /** The connection held: the next failure is the first one. */
  reset(): void;
}

/**
 * Full jitter: a random wait between the least and a bound that doubles with each failure, so that clients cut off
 * together do not come back together. `random` gives numbers from 0 to 1, 1 excluded.
 */
export function fullJitter(random: () => number, leastMs = 1000, mostMs = 60_000): BackOff {
  let failures = 0;
  return {
    next() {
      failures++;
      const bound = Math.min(mostMs, leastMs * 2 ** Math.min(failures, 30));
      return Math.round(leastMs + random() * (bound - leastMs));
    },
    reset() {
      failures = 0;
    },
  };
}
