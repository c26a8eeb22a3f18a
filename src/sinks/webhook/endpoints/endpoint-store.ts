/**
 * What commands do about webhooks. They use only the store, so the leader need not run; if it runs, it takes notice
 * within two seconds.
 */
import type { UnroutableEvent } from '../../../detect/events/event.ts';
import type { StateStore } from '../../../ports.ts';
import { readerChange, type StateChange, type StateRecord } from '../../../spaces.ts';
import type { Endpoint } from './endpoint.ts';
import {
  askChange,
  endpointChange,
  goneChange,
  isGoneKey,
  keyParts,
  READER,
  type AskedBy,
  type AskRecord,
  type DeadRecord,
  type EndpointRecord,
  type GoneMark,
  type LogRecord,
  type QueueRecord,
} from './records.ts';
import {
  decodeAsk,
  decodeDead,
  decodeEndpoint,
  decodeGone,
  decodeLog,
  decodeQueued,
  type Decoded,
  type Unreadable,
} from './read-records.ts';

/** The records that were read, and those that cannot be read. */
export interface Found<T> {
  readonly found: readonly T[];
  readonly unreadable: readonly Unreadable[];
}

/** The stored deliveries to one endpoint. */
export interface Deliveries {
  /** Newest first. */
  readonly log: readonly LogRecord[];
  /** Waiting events, in the order in which they are due. */
  readonly waiting: readonly QueueRecord[];
  /** Requests that the leader has not taken yet. */
  readonly asked: readonly AskRecord[];
  readonly unreadable: readonly Unreadable[];
}

/** Why an endpoint is disabled, in the words of the records. */
export const BY_HAND = 'by hand';

/** The reason for an endpoint whose receiver answered 410. */
export const GONE_REASON = '410 Gone';

/** Endpoints by name, with their present state: disabled after the receiver answered 410. */
export async function listEndpoints(store: StateStore): Promise<Found<EndpointRecord>> {
  return endpointsOf(await store.read('webhooks/endpoints'));
}

/** Reads the endpoints among records of a store. Unreadable ones are listed. */
export function endpointsOf(records: readonly StateRecord[]): Found<EndpointRecord> {
  const marks = sorted(
    records.filter(({ key }) => isGoneKey(key)),
    (record) => named(record, decodeGone(record)),
  );
  const gone = new Map<string, GoneMark>(marks.found.map(({ name, value }) => [name, value]));
  const { found, unreadable } = sorted(
    records.filter(({ key }) => !isGoneKey(key)),
    decodeEndpoint,
  );
  return {
    found: found.map((record) => presentState(record, gone.get(record.endpoint.name))),
    unreadable: [...unreadable, ...marks.unreadable],
  };
}

/** Whether anything is sent. */
export function isOn({ state, endpoint }: EndpointRecord): boolean {
  return state === 'on' && !endpoint.disabled;
}

/**
 * The record of an endpoint that is added or changed. A manual on or off stays. A 410 no longer counts if the receiver
 * changed.
 */
export function enteredEndpoint(
  endpoint: Endpoint,
  before: EndpointRecord | undefined,
  { from, nowMs }: Entry,
): EndpointRecord {
  const isElsewhere = JSON.stringify(before?.endpoint.url) !== JSON.stringify(endpoint.url);
  if (before === undefined || (before.reason === GONE_REASON && isElsewhere)) {
    return { endpoint, from, state: 'on', sinceMs: Math.max(nowMs, (before?.sinceMs ?? -1) + 1) };
  }
  return { ...before, endpoint, from };
}

interface Entry {
  readonly from: EndpointRecord['from'];
  readonly nowMs: number;
}

/**
 * Adds or changes an endpoint. Its queue stays. It gets events that are decided from now on: the first endpoint sets
 * the position where reading starts.
 *
 * @param nowMs wall clock.
 */
export async function putEndpoint(store: StateStore, endpoint: Endpoint, entry: Entry): Promise<EndpointRecord> {
  const record = enteredEndpoint(endpoint, await find(store, endpoint.name), entry);
  await store.write([endpointChange(record), ...(await firstReading(store))]);
  return record;
}

/**
 * Enables or disables an endpoint. Events that waited while it was disabled are sent when it is enabled again.
 *
 * @returns the present state; `undefined`: there is no endpoint with this name. An endpoint that the configuration
 * disables stays disabled.
 */
export async function switchEndpoint(
  store: StateStore,
  name: string,
  { state, nowMs }: { readonly state: EndpointRecord['state']; readonly nowMs: number },
): Promise<EndpointRecord | undefined> {
  const known = await find(store, name);
  if (known === undefined) return undefined;
  const { endpoint, from } = known;
  const enabled = state === 'on' && from === 'command' ? { ...endpoint, disabled: false } : endpoint;
  // Always later than before, even if the clock was set back, so that an earlier 410 no longer counts.
  const sinceMs = Math.max(nowMs, known.sinceMs + 1);
  const why = state === 'off' ? { reason: BY_HAND } : {};
  const record: EndpointRecord = { endpoint: enabled, from, state, ...why, sinceMs };
  await store.write([endpointChange(record)]);
  return record;
}

/**
 * Removes an endpoint. The leader then removes its queue, its log and its dead letters.
 *
 * @returns whether it existed.
 */
export async function removeEndpoint(store: StateStore, name: string): Promise<boolean> {
  const records = await store.read('webhooks/endpoints', [name]);
  await store.write([{ space: 'webhooks/endpoints', key: name, value: undefined }, goneChange(name, undefined)]);
  return records.length > 0;
}

/** What to send now, and why. */
export interface Ask {
  readonly event: UnroutableEvent;
  readonly by: AskedBy;
  readonly nowMs: number;
  /** See `AskRecord`. */
  readonly deadlineMs?: number | undefined;
}

/** Requests that an event is sent now. Two requests for one event before the leader takes them send it once. */
export async function askDelivery(
  store: StateStore,
  name: string,
  { event, by, nowMs, deadlineMs }: Ask,
): Promise<void> {
  const limit = deadlineMs === undefined ? {} : { deadlineMs };
  await store.write([askChange(name, event.id, { event, by, askedAtMs: nowMs, ...limit })]);
}

/** Withdraws a request. If the leader has taken it, the event is sent. */
export async function withdrawAsk(store: StateStore, name: string, id: string): Promise<void> {
  await store.write([askChange(name, id, undefined)]);
}

/** The past and the waiting deliveries to an endpoint. */
export async function deliveries(store: StateStore, name: string): Promise<Deliveries> {
  const log = sorted(ofEndpoint(await store.read('webhooks/log'), name), decodeLog);
  const queue = sorted(ofEndpoint(await store.read('webhooks/queue'), name), decodeQueued);
  const asked = sorted(ofEndpoint(await store.read('webhooks/asked'), name), decodeAsk);
  return {
    log: log.found.toSorted((a, b) => b.n - a.n),
    waiting: queue.found.toSorted((a, b) => a.nextAtMs - b.nextAtMs || a.n - b.n),
    asked: asked.found,
    unreadable: [log, queue, asked].flatMap(({ unreadable }) => unreadable),
  };
}

/** The dead letters of an endpoint, oldest first. */
export async function deadLetters(store: StateStore, name: string): Promise<Found<DeadRecord>> {
  const { found, unreadable } = sorted(ofEndpoint(await store.read('webhooks/dead'), name), decodeDead);
  return { found: found.toSorted((a, b) => a.diedAtMs - b.diedAtMs), unreadable };
}

/**
 * Sets the position where reading starts if nothing was read yet: after the last stored event.
 *
 * @returns no change if there is a position already.
 */
export async function firstReading(store: StateStore): Promise<readonly StateChange[]> {
  if ((await store.read('readers', [READER])).length > 0) return [];
  return [readerChange(READER, await store.newest())];
}

/** Decodes each record, and lists unreadable ones separately. */
export function sorted<T>(records: readonly StateRecord[], decode: (record: StateRecord) => Decoded<T>): Found<T> {
  const found: T[] = [];
  const unreadable: Unreadable[] = [];
  for (const record of records) {
    const decoded = decode(record);
    if (decoded.ok) found.push(decoded.value);
    else unreadable.push(decoded.unreadable);
  }
  return { found, unreadable };
}

async function find(store: StateStore, name: string): Promise<EndpointRecord | undefined> {
  const { found } = await listEndpoints(store);
  return found.find(({ endpoint }) => endpoint.name === name);
}

function presentState(record: EndpointRecord, mark: GoneMark | undefined): EndpointRecord {
  if (mark?.ofMs !== record.sinceMs || record.state === 'off') return record;
  return { ...record, state: 'off', reason: GONE_REASON };
}

function named<T>({ key }: StateRecord, decoded: Decoded<T>): Decoded<{ readonly name: string; readonly value: T }> {
  return decoded.ok ? { ok: true, value: { name: keyParts(key).name, value: decoded.value } } : decoded;
}

function ofEndpoint(records: readonly StateRecord[], name: string): readonly StateRecord[] {
  return records.filter(({ key }) => keyParts(key).name === name);
}
