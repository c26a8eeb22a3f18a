import type { UnroutableEvent } from '../../../detect/events/event.ts';
import type { StateChange } from '../../../spaces.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import { passes } from '../filter.ts';
import { queueChange, type QueueRecord } from '../endpoints/records.ts';
import { alertOf, type Alert } from '../templates/alertmanager.ts';
import type { AttemptOutcome } from './outcome.ts';

/** How often a delivered alert is repeated. Alertmanager loses its alerts when it restarts. Milliseconds. */
export const REPEAT_MS = 60_000;

/** How long the end of an alert is repeated, as by Prometheus. Milliseconds. */
export const ENDED_MS = 15 * 60_000;

/** The last delivered event of an alert. */
interface Delivered {
  readonly id: string;
  readonly sequence: string;
}

/**
 * The present state of each alert of an endpoint, for a receiver that forgets alerts (Alertmanager). The last event of
 * an alert is repeated while the alert lasts. An older event that is late is dropped, because it would fire an alert
 * that has ended.
 */
export class AlertStates {
  readonly #delivered = new Map<string, Delivered>();
  readonly #isWatched: (territory: string) => boolean;

  constructor(isWatched: (territory: string) => boolean = () => true) {
    this.#isWatched = isWatched;
  }

  /** Whether the alert's territory is no longer watched, so that its end would not be noticed. */
  isUnwatched({ event, by }: QueueRecord): boolean {
    const { data } = event;
    return by === 'repeat' && 'territory' in data && !this.#isWatched(data.territory.id);
  }

  /**
   * Whether the event is outdated: a later event of the same alert was delivered, or it need not be repeated any more.
   */
  isPast(record: QueueRecord, endpoint: Endpoint): boolean {
    const { event, by } = record;
    const alert = alertFor(event, endpoint);
    if (this.isUnwatched(record)) return true;
    if (by === 'repeat' && (alert === undefined || !passes(event, endpoint.filter))) return true;
    if (alert === undefined || by === 'test') return false;
    const last = this.#delivered.get(alert.key);
    return last !== undefined && event.sequence < last.sequence;
  }

  /** Adds a stored record. */
  restore({ event, by }: QueueRecord, endpoint: Endpoint): void {
    const alert = by === 'repeat' ? alertFor(event, endpoint) : undefined;
    if (alert !== undefined) this.#note(alert, event);
  }

  /**
   * After a delivery: the record with which the event waits for its repeat, and the event of the same alert that it
   * replaces.
   *
   * @param nowMs wall clock
   */
  delivered(record: QueueRecord, endpoint: Endpoint, nowMs: number): { waits?: QueueRecord; past?: string } {
    const { event, by, n } = record;
    const alert = alertFor(event, endpoint);
    if (alert === undefined || by === 'test' || this.isPast(record, endpoint)) return {};
    const before = this.#delivered.get(alert.key)?.id;
    this.#note(alert, event);
    const past = before === undefined || before === event.id ? {} : { past: before };
    const sinceMs = by === 'repeat' ? record.queuedAtMs : nowMs;
    // The alert of a drill that was killed would never end.
    if (event.drill === true || isOver(alert, sinceMs, nowMs)) return past;
    const next = { nextAtMs: nowMs + REPEAT_MS, last: { atMs: nowMs, ms: 0 } };
    return { ...past, waits: { event, n, queuedAtMs: sinceMs, attempts: 1, by: 'repeat', ...next } };
  }

  /** After a failed repeat: the record with which it waits for the next try. A lasting alert is never given up. */
  failed(record: QueueRecord, endpoint: Endpoint, { log, waits }: AttemptOutcome): QueueRecord | undefined {
    const { atMs, ms, status, reason = '' } = log;
    const alert = alertFor(record.event, endpoint);
    if (alert === undefined || isOver(alert, record.queuedAtMs, atMs)) return undefined;
    const last = { atMs, ms, reason, ...(status === undefined ? {} : { status }) };
    return { ...record, nextAtMs: Math.max(atMs + REPEAT_MS, waits?.nextAtMs ?? 0), last };
  }

  #note({ key }: Alert, { id, sequence }: UnroutableEvent): void {
    const last = this.#delivered.get(key);
    if (last === undefined || last.sequence <= sequence) this.#delivered.set(key, { id, sequence });
  }
}

/** The change that removes an event from the queue, if there is an event. */
export function removal(name: string, id: string | undefined): readonly StateChange[] {
  return id === undefined ? [] : [queueChange(name, id, undefined)];
}

function isOver({ fires }: Alert, sinceMs: number, nowMs: number): boolean {
  return !fires && nowMs - sinceMs >= ENDED_MS;
}

function alertFor(event: UnroutableEvent, { template }: Endpoint): Alert | undefined {
  return template.preset === 'alertmanager' ? alertOf(event) : undefined;
}
