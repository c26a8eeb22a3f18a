import type { LastAttempt, LogRecord, QueueRecord } from '../endpoints/records.ts';
import { nextAttempt, type Circumstances } from '../request/schedule.ts';
import type { Attempt } from '../request/send.ts';

/** What happens to an event after an attempt. */
export interface AttemptOutcome {
  /** The record with which it waits for the next attempt; absent if there is none. */
  readonly waits?: QueueRecord;
  readonly dead: boolean;
  /** The receiver answered 410. */
  readonly gone: boolean;
  readonly log: Omit<LogRecord, 'n'>;
}

type Failed = Extract<Attempt, { ok: false }>;

/** Most characters of a reason that are stored. */
const LONGEST_REASON = 300;

/** Why nothing was sent. */
const NOT_SENT = {
  unwanted: 'nothing is sent: the template does not cover this event',
  past: 'nothing is sent: a later event of the same alert has been delivered',
} as const;

/** The outcome of an attempt for a record of the queue. A test is tried only once. */
export function outcomeOf(
  record: QueueRecord,
  attempt: Attempt | keyof typeof NOT_SENT,
  circumstances: Omit<Circumstances, 'retryAfterMs'>,
): AttemptOutcome {
  const { event, attempts, by } = record;
  const { nowMs } = circumstances;
  const mark = event.drill === true ? { drill: true as const } : {};
  const base = { atMs: nowMs, eventId: event.id, type: event.type, ...mark, attempt: attempts + 1 };
  if (typeof attempt === 'string') {
    return { dead: false, gone: false, log: { ...base, ok: true, ms: 0, reason: NOT_SENT[attempt] } };
  }
  const last = lastOf(attempt, nowMs);
  const log = { ...base, ok: attempt.ok, ...last };
  if (attempt.ok) return { dead: false, gone: false, log };
  const gone = attempt.retry === 'disable';
  if (by === 'test') return { dead: false, gone, log };
  const next = nextOf(attempts + 1, attempt, circumstances);
  if (next === 'dead-letter') return { dead: true, gone, log: { ...log, dead: true } };
  return { waits: { ...record, ...next, last }, dead: false, gone, log: { ...log, nextAtMs: next.nextAtMs } };
}

/**
 * After a 410 the event waits with a new schedule. The endpoint is disabled, and only its owner knows whether that was
 * intended, so nothing is lost until the endpoint is removed.
 */
function nextOf(made: number, { retry, retryAfterMs }: Failed, circumstances: Circumstances) {
  if (retry === false) return 'dead-letter';
  if (retry === 'disable') return { attempts: 0, nextAtMs: circumstances.nowMs };
  const next = nextAttempt(made, { ...circumstances, retryAfterMs });
  return next === 'dead-letter' ? next : { attempts: made, nextAtMs: next.atMs };
}

function lastOf(attempt: Attempt, atMs: number): LastAttempt {
  const { ms, status } = attempt;
  const reason = attempt.ok ? {} : { reason: attempt.reason.slice(0, LONGEST_REASON) };
  return { atMs, ms, ...(status === undefined ? {} : { status }), ...reason };
}
