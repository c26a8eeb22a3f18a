/**
 * The records of webhooks: one schema for each, the spaces `webhooks/*` they are in, and the name of the reader
 * `webhooks`. `read-records.ts` reads them.
 *
 * Each record has one writer. Commands write endpoints that were added by hand and requests for deliveries; the
 * dispatcher writes endpoints of a file and all other records, under its lease.
 */
import * as z from 'zod';
import type { UnroutableEvent } from '../../../detect/events/event.ts';
import type { Space, StateChange } from '../../../spaces.ts';
import type { Endpoint } from './endpoint.ts';
import { DEADLINE_MS } from '../request/schedule.ts';
import { isEvent } from '../../../detect/events/is-event.ts';

const time = z.number().min(0);
const count = z.int().min(0);
const line = z.string().max(1_000);
const deadlineMs = z.number().min(1).max(DEADLINE_MS);
const event = z.custom<UnroutableEvent>(isEvent, 'is not an event');

/** The schema of each record, for writing and reading. All times are wall clock, in milliseconds. */
export const RECORDS = {
  endpoint: z
    .object({
      /** In the form of a webhooks file: `parseEndpoints` reads it. */
      endpoint: z.custom<Endpoint>(() => true),
      /** Added by a command, or written in the configuration. */
      from: z.enum(['command', 'file']),
      /** `off`: nothing is sent; events queue. */
      state: z.enum(['on', 'off']),
      /** Why it is off: `by hand`, `410 Gone`. */
      reason: line.exactOptional(),
      /** Since when it is on or off. Two periods of being on have different values. */
      sinceMs: time,
    })
    .readonly(),
  gone: z
    .object({
      /** `sinceMs` of the endpoint when it was enabled. */
      ofMs: time,
      atMs: time,
    })
    .readonly(),
  queue: z
    .object({
      event,
      /** Place in the queue. Events that are due together are sent in this order, the order of the chain. */
      n: count,
      queuedAtMs: time,
      /** Recorded attempts of the present schedule. */
      attempts: count,
      nextAtMs: time,
      last: z
        .object({ atMs: time, status: count.exactOptional(), ms: time, reason: line.exactOptional() })
        .readonly()
        .exactOptional(),
      /** Absent: queued as a new event. `repeat`: it was delivered, and is repeated while the alert lasts. */
      by: z.enum(['redelivery', 'test', 'repeat']).exactOptional(),
      /** The requested deadline. */
      deadlineMs: deadlineMs.exactOptional(),
    })
    .readonly(),
  ask: z
    .object({
      event,
      by: z.enum(['redelivery', 'test']),
      askedAtMs: time,
      /** Milliseconds that an attempt may take. @default DEADLINE_MS */
      deadlineMs: deadlineMs.exactOptional(),
    })
    .readonly(),
  log: z
    .object({
      /** Counts the attempts of an endpoint, from 0. */
      n: count,
      atMs: time,
      eventId: z.string(),
      type: z.string(),
      /** The event is of a drill or of `webhook test`. */
      drill: z.literal(true).exactOptional(),
      /** Number of the attempt in its schedule, from 1. */
      attempt: count,
      ok: z.boolean(),
      status: count.exactOptional(),
      ms: time,
      reason: line.exactOptional(),
      /** When it is tried again; absent: not again. */
      nextAtMs: time.exactOptional(),
      /** It was the last attempt: the event is among the dead letters. */
      dead: z.literal(true).exactOptional(),
    })
    .readonly(),
  dead: z.object({ event, attempts: count, diedAtMs: time, reason: line }).readonly(),
} as const;

/** An endpoint, and whether it is enabled. */
export type EndpointRecord = z.infer<typeof RECORDS.endpoint>;

/**
 * The receiver answered 410 while its endpoint was enabled. No longer valid after the endpoint was switched or added
 * again.
 */
export type GoneMark = z.infer<typeof RECORDS.gone>;

/** An event that waits for its delivery to an endpoint. */
export type QueueRecord = z.infer<typeof RECORDS.queue>;

/** The last attempt to deliver an event. */
export type LastAttempt = NonNullable<QueueRecord['last']>;

/** A request to send an event to an endpoint now, whatever the endpoint's filter says. */
export type AskRecord = z.infer<typeof RECORDS.ask>;

/** `test` is tried once, and the result is in the log. `redelivery` follows the schedule. */
export type AskedBy = AskRecord['by'];

/** One attempt. */
export type LogRecord = z.infer<typeof RECORDS.log>;

/** An event that could not be delivered. */
export type DeadRecord = z.infer<typeof RECORDS.dead>;

/** Attempts that the log of an endpoint keeps: the newest. */
export const LOG_SLOTS = 1_000;

/** Most events that wait for one endpoint. Further events become dead letters at once. */
export const MOST_QUEUED = 10_000;

/** Most dead letters of one endpoint. The oldest are removed. */
export const MOST_DEAD = 10_000;

/** The name of the webhooks' reader in the space `readers`. */
export const READER = 'webhooks';

/** The end of the key of a `GoneMark`. It differs from all event ids, which are hexadecimal. */
const GONE = 'gone';

/** The change that stores an endpoint. */
export function endpointChange(record: EndpointRecord): StateChange {
  return put('webhooks/endpoints', record.endpoint.name, record);
}

/** The change that notes, or forgets, that a receiver answered 410. */
export function goneChange(name: string, mark: GoneMark | undefined): StateChange {
  return put('webhooks/endpoints', deliveryKey(name, GONE), mark);
}

/** The change that queues an event for an endpoint, or removes it from the queue when `record` is `undefined`. */
export function queueChange(name: string, id: string, record: QueueRecord | undefined): StateChange {
  return put('webhooks/queue', deliveryKey(name, id), record);
}

/** The change that asks for a delivery by hand, or removes that request when `record` is `undefined`. */
export function askChange(name: string, id: string, record: AskRecord | undefined): StateChange {
  return put('webhooks/asked', deliveryKey(name, id), record);
}

/** The change that stores a dead letter, or removes it when `record` is `undefined`. */
export function deadChange(name: string, id: string, record: DeadRecord | undefined): StateChange {
  return put('webhooks/dead', deliveryKey(name, id), record);
}

/** The change that writes an attempt into the log of an endpoint. */
export function logChange(name: string, record: LogRecord): StateChange {
  return put('webhooks/log', logKey(name, record.n), record);
}

/** The key of the nth attempt in the log of an endpoint. */
export function logKey(name: string, n: number): string {
  return `${name}/${n % LOG_SLOTS}`;
}

/** The endpoint and the event, or the slot, that a key names. */
export function keyParts(key: string): { readonly name: string; readonly rest: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key, rest: '' } : { name: key.slice(0, slash), rest: key.slice(slash + 1) };
}

/** The key of one event's delivery to one endpoint. */
export function deliveryKey(name: string, id: string): string {
  return `${name}/${id}`;
}

/** Whether a record notes that a receiver answered 410. */
export function isGoneKey(key: string): boolean {
  return keyParts(key).rest === GONE;
}

function put(space: Space, key: string, value: object | undefined): StateChange {
  return { space, key, value: value === undefined ? undefined : JSON.stringify(value) };
}
