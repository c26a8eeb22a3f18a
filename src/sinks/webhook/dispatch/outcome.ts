import { settle } from '../delivery.ts';
import type { LastAttempt, LogRecord, QueueRecord } from '../records.ts';
import type { Circumstances } from '../schedule.ts';
import type { Attempt } from '../send.ts';

/** What becomes of an event after an attempt. */
export interface Outcome {
  /** As it goes on waiting; absent when it does not. */
  readonly waits?: QueueRecord;
  readonly dead: boolean;
  /** The receiver wants no more. */
  readonly gone: boolean;
  readonly log: Omit<LogRecord, 'n'>;
}

/** Characters of a reason that are kept. */
const LONGEST_REASON = 300;

/**
 * What an attempt makes of a queue's record. After a 410 the event goes on waiting with a whole schedule before it: the
 * endpoint is off, and only who set it up knows whether that was meant, so nothing is lost until it is removed.
 */
export function outcomeOf(
  record: QueueRecord,
  attempt: Attempt | 'unwanted',
  circumstances: Omit<Circumstances, 'retryAfterMs'>,
): Outcome {
  const { event, attempts, by } = record;
  const { nowMs } = circumstances;
  const base = { atMs: nowMs, eventId: event.id, type: event.type, attempt: attempts + 1 };
  if (attempt === 'unwanted') {
    const reason = 'nothing is sent: the template has no use for this event';
    return { dead: false, gone: false, log: { ...base, ok: true, ms: 0, reason } };
  }
  const last = lastOf(attempt, nowMs);
  const { atMs: _, ...told } = last;
  const log = { ...base, ok: attempt.ok, ...told };
  const { delivery, disable } = settle(deliveryOf(record), attempt, circumstances);
  if (by === 'test' || delivery.state.kind === 'delivered') return { dead: false, gone: disable, log };
  if (delivery.state.kind === 'dead') return { dead: true, gone: false, log: { ...log, dead: true } };
  const nextAtMs = delivery.state.atMs;
  const waits = { ...record, attempts: delivery.made, nextAtMs, last };
  return { waits, dead: false, gone: disable, log: { ...log, nextAtMs } };
}

function deliveryOf({ event, attempts, nextAtMs }: QueueRecord) {
  return { endpoint: '', id: event.id, made: attempts, state: { kind: 'due', atMs: nextAtMs }, log: [] } as const;
}

function lastOf(attempt: Attempt, atMs: number): LastAttempt {
  const { ms, status } = attempt;
  const reason = attempt.ok ? {} : { reason: attempt.reason.slice(0, LONGEST_REASON) };
  return { atMs, ms, ...(status === undefined ? {} : { status }), ...reason };
}
