/**
 * How webhooks are kept: the form of each record in the spaces `webhooks/*`, and the reader `webhooks`. Programs of
 * another version may have written them, so what cannot be read is told, and stays where it is.
 *
 * Each record has one writer. Endpoints are written by commands, and by the dispatcher where they come from a file; asks
 * by commands; all else by the dispatcher, under its lease.
 */
import * as z from 'zod';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import { placeText } from '../../lib/zod-faults.ts';
import type { Space, StateChange, StateRecord } from '../../state/record.ts';
import { parseEndpoints, type Endpoint } from './endpoint.ts';
import { DEADLINE_MS } from './schedule.ts';

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

/** That the receiver answered 410 while its endpoint was on. Void once the endpoint was switched or added anew. */
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
  /** Absent: by the chain. */
  readonly by?: AskedBy;
  /** As it was asked for. */
  readonly deadlineMs?: number;
}

/** `test` is tried once, and its outcome stands in the log: nobody waits 75 hours for a test. */
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

/** A record that cannot be read. `reason` holds nothing of what stands in it. */
export interface Unreadable {
  readonly space: Space;
  readonly key: string;
  readonly reason: string;
}

/** A record that was read, or why it cannot be. */
export type Decoded<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly unreadable: Unreadable };

/** Attempts that the log of an endpoint keeps: the newest. */
export const LOG_SLOTS = 1_000;

/** Events that wait for one endpoint at most. What comes beyond is a dead letter at once. */
export const MOST_QUEUED = 10_000;

/** Dead letters that are kept of one endpoint. The oldest go. */
export const MOST_DEAD = 10_000;

/** Our name among `readers`. */
export const READER = 'webhooks';

/** Ends the key of a `GoneMark`. No event is called so: ids are hexadecimal. */
const GONE = 'gone';

const time = z.number().min(0);
const count = z.int().min(0);
const line = z.string().max(1_000);
const deadline = z.number().min(1).max(DEADLINE_MS);
const event = z.custom<UnroutableEvent>(isEvent, 'is no event');

const SHAPES = {
  queue: z.object({
    event,
    n: count,
    queuedAtMs: time,
    attempts: count,
    nextAtMs: time,
    last: z
      .object({ atMs: time, status: count.exactOptional(), ms: time, reason: line.exactOptional() })
      .exactOptional(),
    by: z.enum(['redelivery', 'test']).exactOptional(),
    deadlineMs: deadline.exactOptional(),
  }),
  ask: z.object({
    event,
    by: z.enum(['redelivery', 'test']),
    askedAtMs: time,
    deadlineMs: deadline.exactOptional(),
  }),
  log: z.object({
    n: count,
    atMs: time,
    eventId: z.string(),
    type: z.string(),
    drill: z.literal(true).exactOptional(),
    attempt: count,
    ok: z.boolean(),
    status: count.exactOptional(),
    ms: time,
    reason: line.exactOptional(),
    nextAtMs: time.exactOptional(),
    dead: z.literal(true).exactOptional(),
  }),
  dead: z.object({ event, attempts: count, diedAtMs: time, reason: line }),
  gone: z.object({ ofMs: time, atMs: time }),
  endpoint: z.object({
    endpoint: z.unknown(),
    from: z.enum(['command', 'file']),
    state: z.enum(['on', 'off']),
    reason: line.exactOptional(),
    sinceMs: time,
  }),
} as const;

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

/** `undefined`: before the oldest event that is kept. */
export function readerChange(id: string | undefined): StateChange {
  return { space: 'readers', key: READER, value: JSON.stringify(id ?? null) };
}

/** The id at which the reader stands, of its record; `undefined` before the oldest. */
export function readerPosition(value: string | undefined): string | undefined {
  const id: unknown = value === undefined ? undefined : parsedJson(value);
  return typeof id === 'string' ? id : undefined;
}

/** Reads the record of an endpoint. */
export function decodeEndpoint(record: StateRecord): Decoded<EndpointRecord> {
  const decoded = decode(record, SHAPES.endpoint);
  if (!decoded.ok) return decoded;
  const parsed = parseEndpoints([decoded.value.endpoint]);
  if (!parsed.ok) return unreadable(record, parsed.faults.map(({ path }) => path.slice(1).join('.')).join(', '));
  const [endpoint] = parsed.endpoints;
  if (endpoint?.name !== record.key) return unreadable(record, 'endpoint.name');
  return { ok: true, value: { ...decoded.value, endpoint } };
}

/** Reads the record of a receiver that answered 410. */
export function decodeGone(record: StateRecord): Decoded<GoneMark> {
  return decode(record, SHAPES.gone);
}

/** Reads the record of an event in a queue. */
export function decodeQueued(record: StateRecord): Decoded<QueueRecord> {
  return ofItsEvent(record, decode(record, SHAPES.queue));
}

/** Reads the record of a request for a delivery by hand. */
export function decodeAsk(record: StateRecord): Decoded<AskRecord> {
  return ofItsEvent(record, decode(record, SHAPES.ask));
}

/** Reads the record of a dead letter. */
export function decodeDead(record: StateRecord): Decoded<DeadRecord> {
  return ofItsEvent(record, decode(record, SHAPES.dead));
}

/** Reads the record of an attempt. */
export function decodeLog(record: StateRecord): Decoded<LogRecord> {
  return decode(record, SHAPES.log);
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

function decode<T>(record: StateRecord, shape: z.ZodType<T>): Decoded<T> {
  const value = parsedJson(record.value);
  if (value === undefined) return unreadable(record, undefined);
  const parsed = shape.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return unreadable(record, parsed.error.issues.map(({ path }) => placeText(path)).join(', '));
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param fields at fault, never what is in them; `undefined`: it is no JSON */
function unreadable({ space, key }: StateRecord, fields: string | undefined): Extract<Decoded<never>, { ok: false }> {
  const reason =
    fields === undefined ? 'it is no JSON' : `it is otherwise than this version writes it: ${fields || '.'}`;
  return { ok: false, unreadable: { space, key, reason: reason.slice(0, 200) } };
}

/** An id that is not that of the key would be sent under one name and recorded under another. */
function ofItsEvent<T extends { readonly event: UnroutableEvent }>(record: StateRecord, decoded: Decoded<T>) {
  if (!decoded.ok || keyParts(record.key).rest === decoded.value.event.id) return decoded;
  return unreadable(record, 'event.id');
}

/** What a delivery needs of it: an id that can be signed, and a body that is one of ours. */
function isEvent(value: unknown): value is UnroutableEvent {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return (
    fields['specversion'] === '1.0' &&
    /^[\w-]{1,128}$/.test(String(fields['id'])) &&
    typeof fields['type'] === 'string' &&
    typeof fields['data'] === 'object' &&
    fields['data'] !== null
  );
}
