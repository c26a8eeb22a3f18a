import { MrtDecoder, reasonText } from '#bgpkit-parser-wasm';
import type { AsPath } from '../../../src/bgp/as-path.ts';
import type { Asn } from '../../../src/bgp/asn.ts';
import type { GapReason, RouteName, RoutingElement } from '../../../src/bgp/element.ts';
import type { Collector, Peer } from '../../../src/bgp/peer.ts';
import { peerOf } from '../../../src/bgp/peer.ts';
import type { Prefix } from '../../../src/bgp/prefix.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import { readColumns, type DecodedColumns } from './columns.ts';
import { FLAG, KIND, NONE, pathAt, prefixAt, REASON } from './decode-batch.ts';
import type { CreateRecordDecoder, DecodedRecord, DecodeProblem, RecordDecoder, Treatment } from './decoded.ts';
import { KnownSessions, type KnownSession } from './known-sessions.ts';
import { routesOf } from './message-routes.ts';
import type { SessionEnd } from './peer-state.ts';
import { isUnspecified, SessionBook } from './peer-state.ts';

const TREATMENTS: readonly Treatment[] = ['skipped', 'attribute-discarded', 'routes-unknown', 'peer-unknown'];
const MICROSECONDS_PER_MS = 1000;
const AS_0 = 0 as Asn;
const AS_0_REASON = 'AS 0 in the AS_PATH (RFC 7607 section 2)';
/**
 * Most sessions of an AS in one record. An AS has a few sessions with a collector; a file with more must not fill the
 * memory.
 */
const MAX_GAPS = 64;

/**
 * Makes the decoders for the files of one replay. Decoders of one collector share the knowledge of its sessions,
 * because the state records of some daemons are incomplete (see `SessionBook`).
 */
export function recordDecoders(): CreateRecordDecoder {
  const sessions = new Map<Collector, Sessions>();
  return (collector) => {
    const known = sessions.get(collector) ?? sessionsOf(collector);
    sessions.set(collector, known);
    return decoderOf(known);
  };
}

/** A decoder for a single file. */
export const createRecordDecoder: CreateRecordDecoder = (collector) => decoderOf(sessionsOf(collector));

/** What is known of a collector's sessions. */
interface Sessions {
  readonly collector: Collector;
  readonly book: SessionBook;
  readonly known: KnownSessions;
}

function sessionsOf(collector: Collector): Sessions {
  const book = new SessionBook();
  return { collector, book, known: new KnownSessions(collector, book) };
}

function decoderOf(sessions: Sessions): RecordDecoder {
  let decoder = new MrtDecoder();
  return {
    decode(records) {
      const batch = contained(() => readColumns(decoder.decode(records)));
      if (batch !== undefined) return elementsOf(batch, records, sessions);
      // No known input does this. The decoder's state is unusable afterwards.
      decoder = new MrtDecoder();
      return trapped(sessions.collector, records);
    },
    close() {
      decoder.free();
    },
  };
}

/** `undefined` when the WebAssembly code trapped. */
function contained(decode: () => DecodedColumns): DecodedColumns | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Error && error.name === 'RuntimeError') return undefined;
    throw error;
  }
}

function trapped(collector: Collector, records: Uint8Array): DecodedRecord {
  const seconds = records.length < 4 ? 0 : new DataView(records.buffer, records.byteOffset).getUint32(0);
  const at = (seconds * 1000) as EventTime;
  return {
    elements: [{ type: 'gap', at, collector, reason: 'unreadable-message' }],
    problems: [{ offset: 0, reason: 'the decoder trapped on these records', treatment: 'peer-unknown' }],
  };
}

/** The objects that the rows of one batch refer to, created on first use: equal indexes give the same object. */
interface Tables {
  readonly collector: Collector;
  readonly book: SessionBook;
  readonly session: (index: number) => KnownSession;
  readonly prefix: (index: number) => Prefix;
  /** `undefined`: malformed, because it contains AS 0 (RFC 7607). */
  readonly path: (index: number) => AsPath | undefined;
}

/** `DecodedRecord` while it grows. */
interface Growing {
  readonly elements: RoutingElement[];
  readonly problems: DecodeProblem[];
}

function elementsOf(batch: DecodedColumns, records: Uint8Array, sessions: Sessions): DecodedRecord {
  const tables = tablesOf(batch, sessions);
  const elements: RoutingElement[] = [];
  const problems: DecodeProblem[] = [];
  const decoded = { elements, problems };
  let row = 0;
  for (let index = 0; index < batch.problemOffset.length; index++) {
    const offset = batch.problemOffset[index] ?? 0;
    for (; row < batch.rows && (batch.offset[row] ?? 0) <= offset; row++) pushRow(decoded, batch, row, tables);
    const problem = problemAt(batch, index, tables);
    problems.push(problem);
    pushGaps(decoded, records, msOf(batch.problemTime[index]), tables);
  }
  for (; row < batch.rows; row++) pushRow(decoded, batch, row, tables);
  return decoded;
}

function tablesOf(batch: DecodedColumns, { collector, book, known }: Sessions): Tables {
  const sessions = known.of(batch);
  return {
    collector,
    book,
    session: (index) => sessions[index] ?? unnamed(collector),
    prefix: interned((index) => prefixAt(batch, index)),
    path: interned((index) => {
      const path = index === NONE ? [] : pathAt(batch, index);
      return path.some((entry) => entry === 0 || (typeof entry === 'object' && entry.includes(AS_0)))
        ? undefined
        : path;
    }),
  };
}

/** The session of a row that names none. */
function unnamed(collector: Collector): KnownSession {
  return { peer: peerOf(collector, '0.0.0.0', AS_0), local: { address: '0.0.0.0', asn: AS_0 } };
}

function interned<T>(build: (index: number) => T): (index: number) => T {
  const known = new Map<number, T>();
  return (index) => {
    const found = known.get(index);
    if (found !== undefined) return found;
    const value = build(index);
    known.set(index, value);
    return value;
  };
}

function pushRow(decoded: Growing, batch: DecodedColumns, row: number, tables: Tables): void {
  const { elements } = decoded;
  const flags = batch.flags[row] ?? 0;
  // Skip messages that the collector itself sent, because they say nothing about its peer, and multicast routes,
  // because they forward no packets.
  if ((flags & (FLAG.local | FLAG.multicast)) !== 0) return;
  const at = msOf(batch.time[row]);
  const { peer, local } = tables.session(batch.peer[row] ?? NONE);
  const detail = batch.detail[row] ?? 0;
  const kind = batch.kind[row];
  if (kind === KIND.peerState) {
    pushState(elements, at, { peer, local, detail }, tables);
    return;
  }
  if (isUnspecified(peer)) {
    // In a dump these are the collector's own routes. Elsewhere the record does not name the session of the AS.
    if (kind !== KIND.rib) pushGapOf(tables.book.meant(peer), 'unreadable-message', { ...tables, elements, at });
    return;
  }
  if (kind === KIND.endOfRib) {
    elements.push({ type: 'end-of-rib', at, peer, family: detail === 4 ? 'ipv4' : 'ipv6' });
    return;
  }
  const prefix = tables.prefix(batch.prefix[row] ?? NONE);
  const pathId = (flags & FLAG.pathId) === 0 ? undefined : detail;
  if (kind === KIND.withdrawal) {
    elements.push({ type: 'withdrawal', at, peer, prefix, pathId });
    return;
  }
  const path = tables.path(batch.path[row] ?? NONE);
  if (path === undefined) {
    pushMissed(decoded, { at, peer, offset: batch.offset[row] ?? 0 }, { prefix, pathId });
    return;
  }
  elements.push({ type: kind === KIND.rib ? 'rib' : 'announcement', at, peer, prefix, pathId, path });
}

/** A route whose path has AS 0 in it: those of one message are one problem, and one gap. */
function pushMissed(
  { elements, problems }: Growing,
  { at, peer, offset }: { readonly at: EventTime; readonly peer: Peer; readonly offset: number },
  route: RouteName,
): void {
  const last = elements.at(-1);
  const isSame = problems.at(-1)?.reason === AS_0_REASON && problems.at(-1)?.offset === offset;
  if (isSame && last?.type === 'gap' && last.peer === peer && last.routes !== undefined) {
    elements[elements.length - 1] = { ...last, routes: [...last.routes, route] };
    return;
  }
  problems.push({ offset, reason: AS_0_REASON, treatment: 'routes-unknown', peer });
  const { collector } = peer;
  elements.push({ type: 'gap', at, collector, peer, reason: 'unreadable-message', routes: [route] });
}

interface StateRow {
  readonly peer: SessionEnd;
  readonly local: SessionEnd;
  /** Old state << 16 | new state. */
  readonly detail: number;
}

function pushState(elements: RoutingElement[], at: EventTime, state: StateRow, { book, collector }: Tables): void {
  const { peer, local, detail } = state;
  const meaning = book.change({ peer, local, from: detail >>> 16, to: detail & 0xffff });
  switch (meaning.type) {
    case 'nothing':
      return;
    case 'ambiguous':
      pushGapOf(meaning.peers, 'ambiguous-peer', { elements, at, collector });
      return;
    case 'up':
    case 'down':
      elements.push({
        type: 'peer-state',
        at,
        peer: peerOf(collector, meaning.peer.address, meaning.peer.asn),
        state: meaning.type,
      });
  }
}

function problemAt(batch: DecodedColumns, index: number, tables: Tables): DecodeProblem {
  const peer = batch.problemPeer[index] ?? NONE;
  const reason = batch.problemReason[index] ?? 0;
  const isNamed = peer !== NONE && !isUnspecified(tables.session(peer).peer);
  // A message of an unknown type may be an UPDATE, and a record without a readable peer may come from any peer.
  const hidesRoutes = reason === REASON.unknownMessage || (reason === REASON.local && !isNamed);
  const treatment = TREATMENTS[batch.problemTreatment[index] ?? 0] ?? 'peer-unknown';
  const problem: DecodeProblem = {
    offset: batch.problemOffset[index] ?? 0,
    reason: reasonText(reason),
    treatment: hidesRoutes ? 'peer-unknown' : treatment,
  };
  return peer === NONE ? problem : { ...problem, peer: tables.session(peer).peer };
}

/**
 * The last problem is a gap of its peer when it may hide routes; of all peers, when the record does not even name one.
 * When the attributes alone are malformed, the gap names the routes; if none of them is unicast, there is no gap.
 */
function pushGaps({ elements, problems }: Growing, records: Uint8Array, at: EventTime, tables: Tables): void {
  const { book, collector } = tables;
  const problem = problems.at(-1);
  if (problem === undefined || problem.treatment === 'skipped' || problem.treatment === 'attribute-discarded') return;
  const { peer, offset } = problem;
  const routes = problem.treatment === 'routes-unknown' ? routesOf(records, offset) : undefined;
  if (routes?.length === 0) return;
  if (routes !== undefined && peer !== undefined && !isUnspecified(peer)) {
    elements.push({ type: 'gap', at, collector, peer, reason: 'unreadable-message', routes });
    return;
  }
  const meant = peer === undefined ? [] : book.meant(peer);
  pushGapOf(meant.length === 0 ? undefined : meant, 'unreadable-message', { elements, at, collector });
}

interface Place {
  readonly elements: RoutingElement[];
  readonly at: EventTime;
  readonly collector: Collector;
}

/** A gap for each of these peers, or for all peers when it is not known which, or when there are too many. */
function pushGapOf(peers: readonly SessionEnd[] | undefined, reason: GapReason, place: Place): void {
  const { elements, at, collector } = place;
  if (peers === undefined || peers.length > MAX_GAPS) {
    elements.push({ type: 'gap', at, collector, reason });
    return;
  }
  for (const { address, asn } of peers) {
    elements.push({ type: 'gap', at, collector, peer: peerOf(collector, address, asn), reason });
  }
}

function msOf(microseconds: number | undefined): EventTime {
  return Math.floor((microseconds ?? 0) / MICROSECONDS_PER_MS) as EventTime;
}
