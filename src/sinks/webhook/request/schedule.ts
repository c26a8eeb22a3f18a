/**
 * Milliseconds to wait before each attempt, after the one before it: the schedule of Standard Webhooks 1.0.0, ten attempts
 * in 75 hours, 35 minutes and 5 seconds. Long enough for a weekend's outage at the receiver.
 */
export const SCHEDULE_MS: readonly number[] = [
  0,
  5_000,
  5 * 60_000,
  30 * 60_000,
  2 * 3_600_000,
  5 * 3_600_000,
  10 * 3_600_000,
  14 * 3_600_000,
  20 * 3_600_000,
  24 * 3_600_000,
];

/**
 * Deadline of one attempt, from name resolution to the last byte: Standard Webhooks recommends 15 to 30 s.
 * Milliseconds.
 */
export const DEADLINE_MS = 30_000;

/** A wait lasts 90 to 110 % of the scheduled time, so that deliveries that failed together are not retried together. */
export const JITTER = 0.1;

/** When to try again, or that there is no further attempt: the event goes to the dead letters. */
export type Next = { readonly atMs: number } | 'dead-letter';

/** Time and randomness are passed in, so that tests need no waiting. */
export interface Circumstances {
  /** Wall clock, so that planned attempts survive a restart. */
  readonly nowMs: number;
  /** The wait that the receiver asked for, already capped. It is never shortened. */
  readonly retryAfterMs?: number | undefined;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
}

/**
 * When the next attempt is due after `made` attempts (0: none yet). `Retry-After` may lengthen a wait and never
 * shortens it; it is spread upward only, by a tenth at most.
 */
export function nextAttempt(made: number, { nowMs, retryAfterMs = 0, random }: Circumstances): Next {
  const waitMs = SCHEDULE_MS[made];
  if (waitMs === undefined) return 'dead-letter';
  const share = random();
  const planned = waitMs * (1 - JITTER + 2 * JITTER * share);
  const asked = retryAfterMs * (1 + JITTER * share);
  return { atMs: nowMs + Math.round(Math.max(planned, asked)) };
}
