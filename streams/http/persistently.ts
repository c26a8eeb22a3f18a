import { backOffMs, type Waits } from '../../src/lib/back-off.ts';
import type { Clock } from '../../src/ports.ts';

/** The outcome of one attempt. */
export interface Tried<T> {
  readonly outcome: T;
  /** Another try may help, after this many milliseconds at least: `Retry-After`. `undefined`: it would not help. */
  readonly againMs: number | undefined;
}

/** How often an attempt is repeated, and after which waits. */
export interface Persistence<T> {
  readonly clock: Clock;
  /** 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly waits: Waits;
  /** Attempts in all. */
  readonly attempts: number;
  /** No wait ends later than this. Monotonic milliseconds. @default never */
  readonly untilMs?: number;
  /** Called before each wait. */
  readonly onWait?: (waitMs: number, outcome: T) => void;
}

/**
 * Repeats an attempt while another try may help, with waits that grow, and are not shorter than what the server asks for.
 *
 * @param attempt gets the number of this attempt, from 1.
 * @returns the last outcome; also when `signal` aborts.
 */
export async function persistently<T>(
  attempt: (tries: number) => Promise<Tried<T>>,
  { clock, random, waits, attempts, untilMs = Infinity, onWait }: Persistence<T>,
  signal: AbortSignal,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const { outcome, againMs } = await attempt(tries);
    if (againMs === undefined || tries >= attempts || signal.aborted) return outcome;
    const waitMs = Math.max(againMs, backOffMs(tries, waits, random));
    if (clock.monotonicMs() + waitMs >= untilMs) return outcome;
    onWait?.(waitMs, outcome);
    await clock.sleep(waitMs, signal);
    if (signal.aborted) return outcome;
  }
}
