import type { UnroutableEvent } from '../../../detect/events/event.ts';
import type { StateChange } from '../../../spaces.ts';
import type { Endpoint } from '../endpoint.ts';
import { passes } from '../filter.ts';
import { queueChange, type QueueRecord } from '../records.ts';
import { alertOf, type Alert } from '../templates/alertmanager.ts';
import type { Outcome } from './outcome.ts';

/** What was delivered is sent again so often. Alertmanager keeps no alert over its restart. Milliseconds. */
export const REPEAT_MS = 60_000;

/** The end of an alert is sent again for so long, as by Prometheus. Milliseconds. */
export const ENDED_MS = 15 * 60_000;

/** An event that was delivered last of its alert. */
interface Delivered {
  readonly id: string;
  readonly sequence: string;
}

/**
 * What each alert of an endpoint says now, where the receiver (Alertmanager) forgets it. The last event of an alert is
 * sent again while the alert lasts; an older one that was late is not sent any more, or it would fire what has ended.
 */
export class Standing {
  readonly #delivered = new Map<string, Delivered>();
  readonly #isWatched: (territory: string) => boolean;

  constructor(isWatched: (territory: string) => boolean = () => true) {
    this.#isWatched = isWatched;
  }

  /** The territory of an alert that lasts is no longer watched: nobody would notice its end. */
  isUnwatched({ event, by }: QueueRecord): boolean {
    const { data } = event;
    return by === 'repeat' && 'territory' in data && !this.#isWatched(data.territory.id);
  }

  /** A later event of the same alert has been delivered, or nobody wants to hear of this one again. */
  isPast(record: QueueRecord, endpoint: Endpoint): boolean {
    const { event, by } = record;
    const alert = alertFor(event, endpoint);
    if (this.isUnwatched(record)) return true;
    if (by === 'repeat' && (alert === undefined || !passes(event, endpoint.filter))) return true;
    if (alert === undefined || by === 'test') return false;
    const last = this.#delivered.get(alert.key);
    return last !== undefined && event.sequence < last.sequence;
  }

  /** A record that was kept before. */
  restore({ event, by }: QueueRecord, endpoint: Endpoint): void {
    const alert = by === 'repeat' ? alertFor(event, endpoint) : undefined;
    if (alert !== undefined) this.#note(alert, event);
  }

  /**
   * After a delivery: how the event waits to be sent again, and the event of the same alert that is past now.
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
    // Nobody ends the alert of a drill that was killed.
    if (event.drill === true || isOver(alert, sinceMs, nowMs)) return past;
    const next = { nextAtMs: nowMs + REPEAT_MS, last: { atMs: nowMs, ms: 0 } };
    return { ...past, waits: { event, n, queuedAtMs: sinceMs, attempts: 1, by: 'repeat', ...next } };
  }

  /** After a repeat failed: how it waits to be tried again. What lasts is never given up. */
  failed(record: QueueRecord, endpoint: Endpoint, { log, waits }: Outcome): QueueRecord | undefined {
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

/** What removes an event from the queue, if there is one. */
export function removal(name: string, id: string | undefined): readonly StateChange[] {
  return id === undefined ? [] : [queueChange(name, id, undefined)];
}

function isOver({ fires }: Alert, sinceMs: number, nowMs: number): boolean {
  return !fires && nowMs - sinceMs >= ENDED_MS;
}

function alertFor(event: UnroutableEvent, { template }: Endpoint): Alert | undefined {
  return template.preset === 'alertmanager' ? alertOf(event) : undefined;
}
