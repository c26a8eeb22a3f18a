/** The waits between failed attempts. Milliseconds. */
export interface Waits {
  /** The longest wait after the first failure. It doubles with each further one. */
  readonly firstMs: number;
  /** The longest wait. */
  readonly mostMs: number;
  /** The shortest wait. @default half of the longest wait after this failure */
  readonly leastMs?: number;
}

/** After this many failures the wait no longer grows, so that it stays a finite number. */
const MOST_DOUBLINGS = 30;

/**
 * The wait after a failure: at random between the least and a bound that doubles with each failure, so that clients that
 * were cut off together do not come back together.
 *
 * @param failures in a row, from 1.
 * @param random gives numbers from 0 to 1, 1 excluded. `() => 1`: always the longest wait.
 * @returns whole milliseconds.
 */
export function backOffMs(failures: number, waits: Waits, random: () => number): number {
  const bound = Math.min(waits.mostMs, waits.firstMs * 2 ** Math.min(failures - 1, MOST_DOUBLINGS));
  const least = waits.leastMs ?? bound / 2;
  return Math.round(least + random() * (bound - least));
}
