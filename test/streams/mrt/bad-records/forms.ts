import { expect } from 'vitest';
import { pathText } from '../../../../src/bgp/as-path.ts';
import type { Element } from '../../../../src/bgp/element.ts';
import type { DecodedRecord } from '../../../../streams/mrt/decode/decoded.ts';
import type { Bytes } from '../../../bgpkit-parser-wasm/mrt.ts';
import {
  as2,
  as4,
  asPath,
  attribute,
  ATTRIBUTES,
  ip,
  message,
  NEXT_HOP,
  nlri,
  ORIGIN,
  peerIndexTable,
  record,
  rib,
  ribEntry,
  sequence16,
  u16,
  u32,
  updateBody,
} from '../../../bgpkit-parser-wasm/mrt.ts';
import { decode } from '../decode/decode-helpers.ts';

/** Bad records among good ones, in every form in which a collector may write the same message. */

/** `A` is the peer of the bad records, `B` another; time is left out, it is the same in all. */
export function lines({ elements }: DecodedRecord): readonly string[] {
  return elements.map(line);
}

function line(element: Element): string {
  const who =
    element.type === 'tick' || element.type === 'probe' || element.peer === undefined
      ? '-'
      : (NAMES[element.peer.address] ?? '?');
  switch (element.type) {
    case 'rib':
    case 'announcement':
      return `${who} has ${element.prefix.text} by ${pathText(element.path)}`;
    case 'withdrawal':
      return `${who} withdrew ${element.prefix.text}`;
    case 'peer-state':
      return `${who} ${element.state}`;
    case 'end-of-rib':
      return `${who} end of ${element.family}`;
    case 'gap':
      return `${who} gap: ${element.reason}`;
    case 'probe':
      return 'probe';
    case 'tick':
      return 'tick';
  }
}

const NAMES: Readonly<Record<string, string>> = { '192.0.2.1': 'A', '192.0.2.2': 'B' };

export const GAP = 'A gap: unreadable-message';
export const PATH_TEXT = '64500 4837 131279';
export const ROUTE = nlri('175.45.176.0/24');
export const ROUTE_LINE = `A has 175.45.176.0/24 by ${PATH_TEXT}`;

const OTHER = [...u32(64_501), ...u32(64_999), ...u16(0), ...u16(1), ...ip('192.0.2.2'), ...ip('192.0.2.254')];
/** Of both peers: a peer index table gives no element, and makes RIB entries readable. */
export const TABLE = peerIndexTable({ address: '192.0.2.1', asn: 64_500 }, { address: '192.0.2.2', asn: 64_501 });
const OTHERS_BODY = updateBody({ attributes: ATTRIBUTES, announced: nlri('175.45.179.0/24') });
const AFTER = record(16, 4, [...OTHER, ...message(OTHERS_BODY)]);
const BEFORE = record(16, 4, as4(message(updateBody({ attributes: ATTRIBUTES, announced: nlri('175.45.178.0/24') }))));

export interface Outcome {
  /** What came of the record itself, in words. */
  readonly lines: readonly string[];
  /** `treatment: reason`. */
  readonly problems: readonly string[];
}

/** What a record gives between a good one of its peer and a good one of another; both of these must be read. */
export function between(bad: Uint8Array): Outcome {
  const { elements, problems } = decode(TABLE, BEFORE, bad, AFTER);
  const texts = lines({ elements, problems });
  const offset = TABLE.length + BEFORE.length;
  if (texts[0] !== `A has 175.45.178.0/24 by ${PATH_TEXT}`) throw new Error(`the record before: ${texts[0]}`);
  if (texts.at(-1) !== `B has 175.45.179.0/24 by ${PATH_TEXT}`) throw new Error(`the record after: ${texts.at(-1)}`);
  for (const problem of problems) if (problem.offset !== offset) throw new Error(`offset ${problem.offset}`);
  return { lines: texts.slice(1, -1), problems: problems.map(({ treatment, reason }) => `${treatment}: ${reason}`) };
}

/** A BGP message of A in each BGP4MP form with four-octet AS numbers and no path identifiers. */
export function inEveryEnvelope(bgp: Bytes): readonly Uint8Array[] {
  return [record(16, 4, as4(bgp)), record(17, 4, [...u32(123_456), ...as4(bgp)])];
}

/** An UPDATE body of A with two-octet AS numbers: as a BGP4MP message, and as the obsolete type 5. */
export function inTwoOctetForms(body: Bytes): readonly Uint8Array[] {
  const ends = [...u16(64_500), ...ip('192.0.2.1'), ...u16(64_999), ...ip('192.0.2.254')];
  return [record(16, 1, as2(message(body))), record(5, 1, [...ends, ...body])];
}

/** These attributes, AS numbers in four octets, on one route of A: announced, and found in a dump. */
export function onOneRoute(attributes: Bytes): readonly Uint8Array[] {
  const body = updateBody({ attributes, announced: ROUTE });
  return [...inEveryEnvelope(message(body)), rib('175.45.176.0/24', [ribEntry(0, attributes)])];
}

/** TABLE_DUMP (RFC 6396 section 4.2) of one route of A. */
export function tableDump(attributes: Bytes, length = 24): Uint8Array {
  const entry = [...ip('175.45.176.0'), length, 1, ...u32(1), ...ip('192.0.2.1'), ...u16(64_500)];
  return record(12, 1, [...u32(0), ...entry, ...u16(attributes.length), ...attributes]);
}

export const TWO_OCTET_ATTRIBUTES: Bytes = [...ORIGIN, ...asPath(sequence16(64_500, 4837)), ...NEXT_HOP];

export const COLLECTOR_GAP = '- gap: unreadable-message';
export const ROUTE_6: Bytes = [32, 0x20, 0x01, 0x0d, 0xb8];
export const NEXT_HOP_6: Bytes = [16, ...Array.from({ length: 16 }, () => 1), 0];

export const mpReach = (...value: Bytes): Bytes => attribute(0x80, 14, value);
export const mpUnreach = (...value: Bytes): Bytes => attribute(0x80, 15, value);

/** Each record is a gap of its peer in its place, and nothing else; its neighbours are read. */
export function expectGap(
  treatment: 'routes-unknown' | 'peer-unknown',
  records: readonly Uint8Array[],
  reason: RegExp,
): void {
  expect(records.length).toBeGreaterThan(0);
  for (const bad of records) {
    const outcome = between(bad);
    expect(outcome.lines).toEqual([GAP]);
    expect(outcome.problems).toEqual([expect.stringMatching(`^${treatment}: `)]);
    expect(outcome.problems[0]).toMatch(reason);
  }
}
