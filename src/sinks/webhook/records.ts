/**
 * How webhooks are kept: each record in the spaces `webhooks/*` and how it is written, and the reader `webhooks`.
 * `read-records.ts` reads them.
 *
 * Each record has one writer. Endpoints are written by commands, and by the dispatcher where they come from a file; asks
 * by commands; all else by the dispatcher, under its lease.
 */
import type { UnroutableEvent } from '../../detect/events/event.ts';
import type { Space, StateChange } from '../../spaces.ts';
import type { Endpoint } from './endpoint.ts';

/** An endpoint and how it stands. */
export interface EndpointRecord {
  readonly endpoint: Endpoint;
  /** Added by a command, or written in the configuration. */
  readonly from: 'command' | 'file';
  /** Off: nothing is sent; what would be waits. */
  readonly state: 'on' | 'off';
  /** Why it is off: `by hand`, `410 Gone`. */
  readonly reason?: string;
  /** Since when it is on or off, wall clock. Tells one time of being on from the next. */
  readonly sinceMs: number;
}

/**
 * The receiver answered 410 while its endpoint was enabled. No longer valid after the endpoint was switched or added
 * again.
 */
export interface GoneMark {
  /** `sinceMs` of the endpoint as it was on. */
  readonly ofMs: number;
  readonly atMs: number;
}

/** One event on its way to one endpoint. */
export interface QueueRecord {
  readonly event: UnroutableEvent;
  /** Place in the queue: events that are due together go in this order, which is that of the chain. */
  readonly n: number;
  /** Wall clock, as all times here. */
  readonly queuedAtMs: number;
  /** Attempts that are known to have been made on the present schedule. */
  readonly attempts: number;
  readonly nextAtMs: number;
  readonly last?: LastAttempt;
  /** Absent: by the chain. `repeat`: it was delivered, and is sent again while the receiver must hear of it. */
  readonly by?: AskedBy | 'repeat';
  /** As it was asked for. */
  readonly deadlineMs?: number;
}

/** `test` is tried once, and the result is in the log. `redelivery` follows the schedule. */
export type AskedBy = 'redelivery' | 'test';

/** The last attempt to deliver an event. */
export interface LastAttempt {
  readonly atMs: number;
  readonly status?: number;
  readonly ms: number;
  readonly reason?: string;
}

/** An event that someone wants sent to an endpoint now, whatever its filter says. */
export interface AskRecord {
  readonly event: UnroutableEvent;
  readonly by: AskedBy;
  readonly askedAtMs: number;
  /** Milliseconds that an attempt may take, at most as many as any may. @default DEADLINE_MS */
  readonly deadlineMs?: number;
}

/** One attempt. */
export interface LogRecord {
  /** Counts the attempts of an endpoint, from 0. */
  readonly n: number;
  readonly atMs: number;
  readonly eventId: string;
  readonly type: string;
  /** The event is of a drill or of `webhook test`. */
  readonly drill?: true;
  /** From 1, on the schedule it was on. */
  readonly attempt: number;
  readonly ok: boolean;
  readonly status?: number;
  readonly ms: number;
  readonly reason?: string;
  /** When it is tried again; absent when it is not. */
  readonly nextAtMs?: number;
  /** It was the last: the event is among the dead letters. */
  readonly dead?: true;
}

/** An event that was given up. */
export interface DeadRecord {
  readonly event: UnroutableEvent;
  readonly attempts: number;
  readonly diedAtMs: number;
  readonly reason: string;
}

/** Attempts that the log of an endpoint keeps: the newest. */
export const LOG_SLOTS = 1_000;

/** Events that wait for one endpoint at most. What comes beyond is a dead letter at once. */
export const MOST_QUEUED = 10_000;

/** Most dead letters of one endpoint. The oldest are removed. */
export const MOST_DEAD = 10_000;

/** Our name among `readers`. */
export const READER = 'webhooks';

/** Ends the key of a `GoneMark`. No event is called so: ids are hexadecimal. */
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

/** What a record's text says; `undefined` when it is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
