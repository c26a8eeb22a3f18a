import { createHash, type Hash } from 'node:crypto';
import { eventTimeOf, isoTime, type EventTime } from '../bgp/time.ts';
import type { UnroutableEvent } from '../detect/events/event.ts';
import { parseJson } from '../lib/json.ts';
import type { Batch, Committed, StateStore } from '../ports.ts';
import { isEngineSpace } from '../state/record.ts';
import type { StateChange } from '../spaces.ts';
import { SCHEMA } from './keys.ts';
import { CARRIED_SPACES, historySpaces, isCarriedSpace } from '../spaces.ts';
import { byPlace } from './record-order.ts';
import { isEvent } from '../detect/events/is-event.ts';

/** The first line. Before the first decision, `number` is 0 and `cursor` is absent. */
interface Header {
  readonly unroutable: 'export';
  readonly schema: number;
  /** Name of the watch. */
  readonly name: string;
  readonly number: number;
  readonly cursor?: string;
  readonly elements: number;
}

/** What was imported, or why nothing was imported. */
export type Imported =
  | { readonly ok: true; readonly events: number; readonly records: number }
  /** The reason for people. Nothing was changed. */
  | { readonly ok: false; readonly reason: string };

/**
 * Most characters of an export, which is held in memory until its checksum is verified. A large country with a year of
 * events needs a tenth.
 */
const MOST_CHARACTERS = 1 << 30;

/** How long an import may write before another process may take the lead. */
const LEASE_MS = 60_000;

/**
 * The content of a store, without leases and instances, as lines of JSON without line ends: a header, records, events,
 * and a checksum of all lines before. The state comes first. Events that are stored while it is read are then ahead of
 * it; a process that continues from the import decides them again, with the same ids. Stores with the same content give
 * the same bytes.
 */
export async function* exportStore(store: StateStore, name: string): AsyncGenerator<string> {
  const kept = await store.load();
  const hash = createHash('sha256');
  let lines = 0;
  const lineOf = (value: object): string => {
    const line = JSON.stringify(value);
    hash.update(`${line}\n`);
    lines++;
    return line;
  };

  const { number = 0, elements = 0 } = kept ?? {};
  const cursor = kept && { cursor: isoTime(kept.cursor) };
  yield lineOf({ unroutable: 'export', schema: SCHEMA, name, number, ...cursor, elements } satisfies Header);
  for (const record of (kept?.records ?? []).toSorted(byPlace)) yield lineOf(record);
  const others = [...historySpaces(kept?.records ?? []), ...CARRIED_SPACES];
  for (const space of others) for (const record of await store.read(space)) yield lineOf(record);
  for await (const event of store.events()) yield lineOf({ event });
  yield JSON.stringify({ lines, sha256: hash.digest('hex') });
}

/**
 * Imports an export into an empty store, after reading all of it and verifying its checksum. One commit writes state
 * and events. Other records are written before, so that an interrupted import can be repeated.
 *
 * @param lines without line ends.
 */
export async function importStore(store: StateStore, lines: AsyncIterable<string>): Promise<Imported> {
  const before = await contentsOf(store);
  if (before !== undefined) return { ok: false, reason: before };
  const read = await readExport(lines);
  if (!read.ok) return read;

  const lease = await store.leases.acquire(`import ${String(process.pid)}`, LEASE_MS);
  if (lease === undefined) return { ok: false, reason: 'another program leads this store: stop it first' };
  try {
    // Another process may have led and written while we read.
    const now = await contentsOf(store);
    if (now !== undefined) return { ok: false, reason: now };
    return await put(store, read.value, lease.token);
  } finally {
    await store.leases.release(lease);
  }
}

async function put(store: StateStore, { header, changes, events }: ExportContent, token: number): Promise<Imported> {
  const { number, cursor, elements } = header;
  const others = changes.filter(({ space }) => !isEngineSpace(space));
  const written = await store.write(others, token);
  if (!written.ok) return refusal(written);
  if (cursor !== undefined) {
    const state = changes.filter(({ space }) => isEngineSpace(space));
    const batch: Batch = { number, cursor, elements, events, changes: state, whole: true };
    const committed = await store.commit(batch, token);
    if (!committed.ok) return refusal(committed);
  }
  return { ok: true, events: events.length, records: changes.length };
}

function refusal({ reason }: Extract<Committed, { ok: false }>): Imported {
  return { ok: false, reason: `the store was taken over by another program (${reason})` };
}

/** Why a store is not empty. */
async function contentsOf(store: StateStore): Promise<string | undefined> {
  const kept = await store.load();
  if (kept !== undefined) return `the store is not empty: it is at commit ${String(kept.number)}`;
  const newest = await store.newest();
  if (newest !== undefined) return `the store is not empty: it has events, ${newest} last`;
  return undefined;
}

interface ExportContent {
  readonly header: Omit<Header, 'cursor'> & { readonly cursor: EventTime | undefined };
  readonly changes: readonly StateChange[];
  readonly events: readonly UnroutableEvent[];
}

type ReadExport = { readonly ok: true; readonly value: ExportContent } | Extract<Imported, { ok: false }>;

async function readExport(lines: AsyncIterable<string>): Promise<ReadExport> {
  const reader = new ExportReader();
  for await (const line of lines) {
    const fault = reader.take(line);
    if (fault !== undefined) return { ok: false, reason: `line ${String(reader.line)}: ${fault}` };
  }
  return reader.end();
}

/** Reads an export line by line. */
class ExportReader {
  line = 0;
  readonly #hash: Hash = createHash('sha256');
  readonly #changes: StateChange[] = [];
  readonly #events: UnroutableEvent[] = [];
  #header: ExportContent['header'] | undefined;
  #characters = 0;
  #isOver = false;

  /** Returns what is wrong with the line. */
  take(line: string): string | undefined {
    this.line++;
    this.#characters += line.length;
    if (this.#isOver) return 'there is more after the checksum';
    if (this.#characters > MOST_CHARACTERS) return 'it is larger than any export';
    const value = objectOf(line);
    if (value === undefined) return 'it is not a JSON object';
    if (this.#header === undefined) return this.#takeHeader(line, value);
    if ('sha256' in value) return this.#takeChecksum(value);
    this.#hash.update(`${line}\n`);
    return 'event' in value ? this.#takeEvent(value['event']) : this.#takeRecord(value);
  }

  end(): ReadExport {
    if (this.line === 0) return { ok: false, reason: 'it is empty' };
    if (this.#header === undefined || !this.#isOver) {
      return { ok: false, reason: `it ends after line ${String(this.line)}, before its checksum: it was cut short` };
    }
    return { ok: true, value: { header: this.#header, changes: this.#changes, events: this.#events } };
  }

  #takeHeader(line: string, value: Fields): string | undefined {
    const { schema, name, number, elements, cursor } = value;
    if (value['unroutable'] !== 'export') return 'it is not the first line of an export';
    if (typeof schema === 'number' && schema > SCHEMA) {
      return `it was written by a newer version (schema ${String(schema)}, this one knows ${String(SCHEMA)})`;
    }
    if (schema !== SCHEMA) return `schema ${JSON.stringify(schema)} cannot be read, only ${String(SCHEMA)}`;
    if (typeof name !== 'string' || !isCount(number) || !isCount(elements))
      return 'name, number or elements are missing';
    const at = typeof cursor === 'string' ? eventTimeOf(Date.parse(cursor)) : undefined;
    if ((at === undefined) !== (number === 0)) return 'its cursor is not a time';
    this.#header = { unroutable: 'export', schema, name, number, elements, cursor: at };
    this.#hash.update(`${line}\n`);
    return undefined;
  }

  #takeRecord({ space, key, value }: Fields): string | undefined {
    if (typeof space !== 'string' || typeof key !== 'string' || typeof value !== 'string') {
      return 'it is neither a record nor an event';
    }
    if (!isCarriedSpace(space)) return `there is no space ${JSON.stringify(space)}`;
    if (this.#header?.cursor === undefined && isEngineSpace(space))
      return 'there is state, but the header announces none';
    this.#changes.push({ space, key, value });
    return undefined;
  }

  #takeEvent(event: unknown): string | undefined {
    if (!isEvent(event)) return 'its event is not one of this program';
    if (this.#header?.cursor === undefined) return 'there is an event, but the header announces none';
    this.#events.push(event);
    return undefined;
  }

  #takeChecksum({ lines, sha256 }: Fields): string | undefined {
    this.#isOver = true;
    const before = this.line - 1;
    if (lines !== before) return `there are ${String(before)} lines before it, and it counts ${JSON.stringify(lines)}`;
    if (sha256 !== this.#hash.digest('hex'))
      return 'its checksum does not match the lines before it: one of them was changed';
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(line: string): Fields | undefined {
  const value = parseJson(line);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
