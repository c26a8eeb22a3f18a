/**
 * What commands do about webhooks, through the store alone: the program that leads need not run, and when it does, it
 * takes notice within two seconds.
 */
import type { UnroutableEvent } from '../../detect/events/event.ts';
import type { StateStore } from '../../ports.ts';
import { readerChange, type StateChange, type StateRecord } from '../../spaces.ts';
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

/** What was found, and what cannot be read. */
export interface Found<T> {
  readonly found: readonly T[];
  readonly unreadable: readonly Unreadable[];
}

/** What a store holds of the deliveries to one endpoint. */
export interface Deliveries {
  /** Newest first. */
  readonly log: readonly LogRecord[];
  /** What waits, in the order in which it is due. */
  readonly waiting: readonly QueueRecord[];
  /** Requests that the leader has not taken yet. */
  readonly asked: readonly AskRecord[];
  readonly unreadable: readonly Unreadable[];
}

/** Why an endpoint is off, in the words of the records. */
export const BY_HAND = 'by hand';

/** Why an endpoint was removed whose receiver answered 410. */
export const GONE_REASON = '410 Gone';

/** Endpoints by name, with their present state: disabled after the receiver answered 410. */
export async function listEndpoints(store: StateStore): Promise<Found<EndpointRecord>> {
  return endpointsOf(await store.read('webhooks/endpoints'));
}

/** Reads the endpoints among records of a store; what cannot be read is named. */
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
    found: found.map((record) => standing(record, gone.get(record.endpoint.name))),
    unreadable: [...unreadable, ...marks.unreadable],
  };
}

/** Whether anything is sent. */
export function isOn({ state, endpoint }: EndpointRecord): boolean {
  return state === 'on' && !endpoint.disabled;
}

/**
 * The record of an endpoint that is added, or changed: then on or off by hand stays so. A 410 is void when the receiver is
 * another one now.
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
 * Adds an endpoint, or changes it: what waits for it stays. It is given what is decided from now on: the first one to be
 * added says where reading begins.
 *
 * @param nowMs wall clock.
 */
export async function putEndpoint(store: StateStore, endpoint: Endpoint, entry: Entry): Promise<EndpointRecord> {
  const record = enteredEndpoint(endpoint, await find(store, endpoint.name), entry);
  await store.write([endpointChange(record), ...(await firstReading(store))]);
  return record;
}

/**
 * Switches it on or off. What waited while it was off is sent when it is on again.
 *
 * @returns how it stands now; `undefined` when there is none of this name. One that the configuration disables stays so.
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
  // Later than before even when the clock is not, so that a 410 of before is void.
  const sinceMs = Math.max(nowMs, known.sinceMs + 1);
  const why = state === 'off' ? { reason: BY_HAND } : {};
  const record: EndpointRecord = { endpoint: enabled, from, state, ...why, sinceMs };
  await store.write([endpointChange(record)]);
  return record;
}

/**
 * Removes an endpoint. Whoever leads removes what waits for it, its log and its dead letters.
 *
 * @returns whether there was one.
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

/** Asks for an event to be sent now. An event that is asked for twice before it is taken over is sent once. */
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

/** What was sent to an endpoint, and what is to be. */
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

/** What was given up for an endpoint, oldest first. */
export async function deadLetters(store: StateStore, name: string): Promise<Found<DeadRecord>> {
  const { found, unreadable } = sorted(ofEndpoint(await store.read('webhooks/dead'), name), decodeDead);
  return { found: found.toSorted((a, b) => a.diedAtMs - b.diedAtMs), unreadable };
}

/**
 * Where reading begins when nobody has read yet: after the last event that is kept now.
 *
 * @returns nothing when someone has.
 */
export async function firstReading(store: StateStore): Promise<readonly StateChange[]> {
  if ((await store.read('readers', [READER])).length > 0) return [];
  return [readerChange(READER, await store.newest())];
}

/** Decodes each, and keeps apart what cannot be. */
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

function standing(record: EndpointRecord, mark: GoneMark | undefined): EndpointRecord {
  if (mark?.ofMs !== record.sinceMs || record.state === 'off') return record;
  return { ...record, state: 'off', reason: GONE_REASON };
}

function named<T>({ key }: StateRecord, decoded: Decoded<T>): Decoded<{ readonly name: string; readonly value: T }> {
  return decoded.ok ? { ok: true, value: { name: keyParts(key).name, value: decoded.value } } : decoded;
}

function ofEndpoint(records: readonly StateRecord[], name: string): readonly StateRecord[] {
  return records.filter(({ key }) => keyParts(key).name === name);
}
