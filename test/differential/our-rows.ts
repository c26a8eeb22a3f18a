import { MrtDecoder, reasonText } from '#bgpkit-parser-wasm';
import { readColumns, SESSION_BYTES, type DecodedColumns } from '../../streams/mrt/decode/columns.ts';
import { FLAG, KIND, NONE, prefixAt, sessionEnds } from '../../streams/mrt/decode/decode-batch.ts';
import { u16 } from '../../streams/mrt/record/octets.ts';
import { TYPE } from '../../streams/mrt/record/record-types.ts';

/** One row in the words of bgpdump's, see `normalRow`, and the record it came from. */
export interface OurRow {
  readonly text: string;
  readonly record: Uint8Array;
}

export interface OurRows {
  readonly rows: readonly OurRow[];
  /** bgpdump has no word for them. */
  readonly endsOfRib: number;
  /** How many problems of each reason. */
  readonly problems: Readonly<Record<string, number>>;
}

const BATCH_BYTES = 1 << 20;

/** What our decoder makes of a file's records. */
export function ourRows(records: readonly Uint8Array[]): OurRows {
  const decoder = new MrtDecoder();
  const all: Collected = { rows: [], endsOfRib: 0, problems: {} };
  let from = 0;
  let bytes = 0;
  for (const [i, record] of records.entries()) {
    bytes += record.length;
    if (bytes < BATCH_BYTES && i + 1 < records.length) continue;
    collect(all, decoder, records.slice(from, i + 1));
    from = i + 1;
    bytes = 0;
  }
  decoder.free();
  return all;
}

interface Collected {
  readonly rows: OurRow[];
  endsOfRib: number;
  readonly problems: Record<string, number>;
}

function collect(all: Collected, decoder: MrtDecoder, records: readonly Uint8Array[]): void {
  const batch = readColumns(decoder.decode(Buffer.concat(records)));
  const textOf = textsOf(batch);
  let row = 0;
  let offset = 0;
  for (const record of records) {
    const isTimed = u16(record, 4) === TYPE.bgp4mpEt;
    for (; row < batch.rows && batch.offset[row] === offset; row++) {
      if (batch.kind[row] === KIND.endOfRib) all.endsOfRib++;
      else all.rows.push({ text: textOf(row, isTimed), record });
    }
    offset += record.length;
  }
  if (row !== batch.rows) throw new Error(`row ${row} of ${batch.rows} belongs to no record`);
  for (const reason of batch.problemReason) {
    const text = reasonText(reason);
    all.problems[text] = (all.problems[text] ?? 0) + 1;
  }
}

const LETTERS: Readonly<Record<number, string>> = {
  [KIND.rib]: 'B',
  [KIND.announcement]: 'A',
  [KIND.withdrawal]: 'W',
  [KIND.peerState]: 'STATE',
};

function textsOf(batch: DecodedColumns): (row: number, isTimed: boolean) => string {
  const peers = Array.from({ length: batch.peers.length / SESSION_BYTES }, (_, index) => {
    const { peer } = sessionEnds(batch.peers, index * SESSION_BYTES);
    return `${peer.address}|${peer.asn}`;
  });
  const prefixes = memo((index) => prefixAt(batch, index).text);
  const paths = memo((index) => (index === NONE ? '' : pathText(batch, index)));
  return (row, isTimed) => {
    const kind = batch.kind[row] ?? NONE;
    const detail = batch.detail[row] ?? 0;
    const peer = peers[batch.peer[row] ?? NONE];
    const head = `${LETTERS[kind]}|${timeText(batch.time[row] ?? 0, isTimed)}|${peer}`;
    if (kind === KIND.peerState) return `${head}|${detail >>> 16}|${detail & 0xffff}`;

    const pathId = ((batch.flags[row] ?? 0) & FLAG.pathId) === 0 ? '' : `|${detail}`;
    const prefix = `${head}|${prefixes(batch.prefix[row] ?? NONE)}${pathId}`;
    return kind === KIND.withdrawal ? prefix : `${prefix}|${paths(batch.path[row] ?? NONE)}`;
  };
}

function timeText(microseconds: number, isTimed: boolean): string {
  const seconds = Math.floor(microseconds / 1e6);
  return isTimed ? `${seconds}.${String(microseconds - seconds * 1e6).padStart(6, '0')}` : String(seconds);
}

/** By segment type, RFC 4271 section 4.3 and RFC 5065 section 3. */
const SEGMENTS: Readonly<Record<number, readonly [open: string, between: string, close: string]>> = {
  1: ['{', ',', '}'],
  2: ['', ' ', ''],
  3: ['(', ' ', ')'],
  4: ['[', ',', ']'],
};

/** All segments as they came: prepends, sets in their order, confederations. */
function pathText(batch: DecodedColumns, index: number): string {
  const words = batch.pathWords;
  const end = batch.pathStarts[index + 1] ?? 0;
  const texts: string[] = [];
  for (let at = batch.pathStarts[index] ?? end; at < end;) {
    const head = words[at] ?? 0;
    const stop = at + 1 + (head & 0xff_ffff);
    const [open, between, close] = SEGMENTS[head >>> 24] ?? ['?', ',', '?'];
    texts.push(open + words.subarray(at + 1, stop).join(between) + close);
    at = stop;
  }
  return texts.join(' ');
}

function memo(build: (index: number) => string): (index: number) => string {
  const known: string[] = [];
  return (index) => (known[index] ??= build(index));
}
