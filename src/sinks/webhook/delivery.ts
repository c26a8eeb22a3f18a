import { nextAttempt, type Circumstances } from './schedule.ts';
import type { Attempt } from './send.ts';

/** One event on its way to one endpoint. Plain JSON, to be kept: a restart goes on where it stopped. */
export interface Delivery {
  readonly endpoint: string;
  /** Of the event. */
  readonly id: string;
  /** Attempts that are known to have been made. */
  readonly made: number;
  readonly state:
    | { readonly kind: 'due'; readonly atMs: number }
    | { readonly kind: 'delivered'; readonly atMs: number }
    /** Given up: out of attempts, or the request itself is at fault. Kept until it is sent again or dropped by hand. */
    | { readonly kind: 'dead'; readonly atMs: number };
  /** The last attempts, oldest first. */
  readonly log: readonly LogLine[];
}

/** One attempt as people see it. Wall clock. */
export interface LogLine {
  readonly atMs: number;
  readonly ms: number;
  readonly status?: number;
  /** `ok`, or why not. */
  readonly outcome: string;
}

/** What an attempt changes. `disable`: the receiver wants no more, from this endpoint on nothing is sent. */
export interface Settled {
  readonly delivery: Delivery;
  readonly disable: boolean;
}

/** As many as the schedule has, and those of one redelivery by hand. */
const MOST_LINES = 20;

/** A delivery whose first attempt is due at once. */
export function newDelivery(endpoint: string, id: string, nowMs: number): Delivery {
  return { endpoint, id, made: 0, state: { kind: 'due', atMs: nowMs }, log: [] };
}

/**
 * What becomes of a delivery after an attempt. When the receiver wants no more, the delivery stays due with a whole
 * schedule before it, so that nothing is lost if the endpoint is enabled again.
 */
export function settle(delivery: Delivery, attempt: Attempt, circumstances: Circumstances): Settled {
  const { nowMs } = circumstances;
  const log = [...delivery.log, lineOf(attempt, nowMs)].slice(-MOST_LINES);
  const made = delivery.made + 1;
  const become = (state: Delivery['state']): Delivery => ({ ...delivery, made, state, log });
  if (attempt.ok) return { delivery: become({ kind: 'delivered', atMs: nowMs }), disable: false };
  if (attempt.retry === false) return { delivery: become({ kind: 'dead', atMs: nowMs }), disable: false };
  if (attempt.retry === 'disable') return { delivery: again({ ...delivery, log }, nowMs), disable: true };
  const next = nextAttempt(made, { ...circumstances, retryAfterMs: attempt.retryAfterMs });
  const state = next === 'dead-letter' ? ({ kind: 'dead', atMs: nowMs } as const) : ({ kind: 'due', ...next } as const);
  return { delivery: become(state), disable: false };
}

/** The same event once more, on a schedule of its own: by hand, from the log or the dead letters. */
export function again(delivery: Delivery, nowMs: number): Delivery {
  return { ...delivery, made: 0, state: { kind: 'due', atMs: nowMs } };
}

function lineOf(attempt: Attempt, atMs: number): LogLine {
  const { status } = attempt;
  const outcome = attempt.ok ? 'ok' : attempt.reason;
  return { atMs, ms: attempt.ms, ...(status === undefined ? {} : { status }), outcome };
}
