import { u16, writeU32 } from '../../streams/mrt/record/octets.ts';
import { HEADER_BYTES, TYPE } from '../../streams/mrt/record/record-types.ts';

/**
 * Ways to write the same routes so that bgpdump can read them, where it cannot read the file itself. A mend moves or
 * relabels bytes; it decodes no prefix and no path, so it hides no fault of ours.
 */
export const MENDS = {
  /** The records that our framing found, without the bytes between them. */
  'whole-records': (records: readonly Uint8Array[]): readonly Uint8Array[] => records,
  'one-entry-a-record': (records: readonly Uint8Array[]): readonly Uint8Array[] => records.flatMap(splitBatch),
  'declare-add-path': (records: readonly Uint8Array[]): readonly Uint8Array[] => records.map(declareAddPath),
} as const;

export type Mend = keyof typeof MENDS;

const VIEW_AND_SEQUENCE_BYTES = 4;
/** RFC 6396 section 4.2: prefix 4, length 1, status 1, time 4, peer address 4, peer AS 2, then the attributes' length. */
const ATTRIBUTES_LENGTH_AT = 16;

/** Several entries of TABLE_DUMP AFI_IPv4 after one head, as RIS wrote in 2000, each into a record of its own. */
function splitBatch(record: Uint8Array): Uint8Array[] {
  if (u16(record, 4) !== TYPE.tableDump) return [record];
  const head = record.subarray(0, HEADER_BYTES + VIEW_AND_SEQUENCE_BYTES);
  const entries: Uint8Array[] = [];
  for (let at = head.length; at < record.length;) {
    const next = at + ATTRIBUTES_LENGTH_AT + 2 + u16(record, at + ATTRIBUTES_LENGTH_AT);
    const entry = Buffer.concat([head, record.subarray(at, next)]);
    writeU32(entry, 8, entry.length - HEADER_BYTES);
    entries.push(entry);
    at = next;
  }
  return entries;
}

const MESSAGE_AS4 = 4;
const MESSAGE_AS4_ADDPATH = 9;
const UPDATE = 2;
/** After the header: two AS numbers, interface, address family, two addresses, marker, length. */
const MESSAGE_TYPE_AT = { 1: HEADER_BYTES + 12 + 8 + 18, 2: HEADER_BYTES + 12 + 32 + 18 } as const;

/** UPDATEs of a session with ADD-PATH that BIRD 1 wrote as BGP4MP MESSAGE_AS4; RFC 8050 section 3 has a subtype for them. */
function declareAddPath(record: Uint8Array): Uint8Array {
  if (u16(record, 4) !== TYPE.bgp4mp || u16(record, 6) !== MESSAGE_AS4) return record;
  const family = u16(record, HEADER_BYTES + 10);
  if (record[MESSAGE_TYPE_AT[family === 1 ? 1 : 2]] !== UPDATE) return record;
  const mended = record.slice();
  mended[7] = MESSAGE_AS4_ADDPATH;
  return mended;
}
