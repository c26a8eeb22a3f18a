/**
 * Reads the records of webhooks. Another version may have written them, so unreadable records are reported and left in
 * place.
 */
import type * as z from 'zod';
import type { UnroutableEvent } from '../../../detect/events/event.ts';
import { parseJson } from '../../../lib/json.ts';
import { placeText } from '../../../lib/zod-faults.ts';
import type { Space, StateRecord } from '../../../spaces.ts';
import { parseEndpoints } from './endpoint.ts';
import {
  keyParts,
  RECORDS,
  type AskRecord,
  type DeadRecord,
  type EndpointRecord,
  type GoneMark,
  type LogRecord,
  type QueueRecord,
} from './records.ts';

/** A record that cannot be read. `reason` quotes nothing from the record. */
export interface Unreadable {
  readonly space: Space;
  readonly key: string;
  readonly reason: string;
}

/** A record that was read, or why it cannot be. */
export type Decoded<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly unreadable: Unreadable };

/** Reads the record of an endpoint. */
export function decodeEndpoint(record: StateRecord): Decoded<EndpointRecord> {
  const decoded = decode(record, RECORDS.endpoint);
  if (!decoded.ok) return decoded;
  const parsed = parseEndpoints([decoded.value.endpoint]);
  if (!parsed.ok) return unreadable(record, parsed.faults.map(({ path }) => path.slice(1).join('.')).join(', '));
  const [endpoint] = parsed.endpoints;
  if (endpoint?.name !== record.key) return unreadable(record, 'endpoint.name');
  return { ok: true, value: { ...decoded.value, endpoint } };
}

/** Reads the record of a receiver that answered 410. */
export function decodeGone(record: StateRecord): Decoded<GoneMark> {
  return decode(record, RECORDS.gone);
}

/** Reads the record of an event in a queue. */
export function decodeQueued(record: StateRecord): Decoded<QueueRecord> {
  return ofItsEvent(record, decode(record, RECORDS.queue));
}

/** Reads the record of a request for a delivery by hand. */
export function decodeAsk(record: StateRecord): Decoded<AskRecord> {
  return ofItsEvent(record, decode(record, RECORDS.ask));
}

/** Reads the record of a dead letter. */
export function decodeDead(record: StateRecord): Decoded<DeadRecord> {
  return ofItsEvent(record, decode(record, RECORDS.dead));
}

/** Reads the record of an attempt. */
export function decodeLog(record: StateRecord): Decoded<LogRecord> {
  return decode(record, RECORDS.log);
}

function decode<T>(record: StateRecord, shape: z.ZodType<T>): Decoded<T> {
  const value = parseJson(record.value);
  if (value === undefined) return unreadable(record, undefined);
  const parsed = shape.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return unreadable(record, parsed.error.issues.map(({ path }) => placeText(path)).join(', '));
}

/** @param fields names of the wrong fields, never their values; `undefined`: it is not JSON */
function unreadable({ space, key }: StateRecord, fields: string | undefined): Extract<Decoded<never>, { ok: false }> {
  const reason =
    fields === undefined ? 'it is not JSON' : `it is otherwise than this version writes it: ${fields || '.'}`;
  return { ok: false, unreadable: { space, key, reason: reason.slice(0, 200) } };
}

/** An event whose id differs from its key would be sent under one id and recorded under another. */
function ofItsEvent<T extends { readonly event: UnroutableEvent }>(record: StateRecord, decoded: Decoded<T>) {
  if (!decoded.ok || keyParts(record.key).rest === decoded.value.event.id) return decoded;
  return unreadable(record, 'event.id');
}
