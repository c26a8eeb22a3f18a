/**
 * Reads the records of webhooks. Programs of another version may have written them, so what cannot be read is told, and
 * stays where it is.
 */
import * as z from 'zod';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import { placeText } from '../../lib/zod-faults.ts';
import type { Space, StateRecord } from '../../spaces.ts';
import { parseEndpoints } from './endpoint.ts';
import {
  keyParts,
  parsedJson,
  type AskRecord,
  type DeadRecord,
  type EndpointRecord,
  type GoneMark,
  type LogRecord,
  type QueueRecord,
} from './records.ts';
import { DEADLINE_MS } from './schedule.ts';

/** A record that cannot be read. `reason` holds nothing of what stands in it. */
export interface Unreadable {
  readonly space: Space;
  readonly key: string;
  readonly reason: string;
}

/** A record that was read, or why it cannot be. */
export type Decoded<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly unreadable: Unreadable };

const time = z.number().min(0);
const count = z.int().min(0);
const line = z.string().max(1_000);
const deadline = z.number().min(1).max(DEADLINE_MS);
const event = z.custom<UnroutableEvent>(isEvent, 'is not an event');

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
    by: z.enum(['redelivery', 'test', 'repeat']).exactOptional(),
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

function decode<T>(record: StateRecord, shape: z.ZodType<T>): Decoded<T> {
  const value = parsedJson(record.value);
  if (value === undefined) return unreadable(record, undefined);
  const parsed = shape.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return unreadable(record, parsed.error.issues.map(({ path }) => placeText(path)).join(', '));
}

/** @param fields at fault, never what is in them; `undefined`: it is no JSON */
function unreadable({ space, key }: StateRecord, fields: string | undefined): Extract<Decoded<never>, { ok: false }> {
  const reason =
    fields === undefined ? 'it is not JSON' : `it is otherwise than this version writes it: ${fields || '.'}`;
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
