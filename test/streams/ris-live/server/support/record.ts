import { parseAddress } from '../../../../../src/bgp/prefix.ts';
import type { Collector } from '../../../../../src/bgp/peer.ts';
import { CollectorVoice } from '../../../../../streams/ris-live/server/collector-voice.ts';
import { Counts } from '../../../../../streams/ris-live/server/counts.ts';
import type { RisMessage } from '../../../../../streams/ris-live/server/message.ts';

export interface RecordParts {
  /** Milliseconds. */
  readonly at: number;
  readonly peer: string;
  readonly asn: number;
  readonly local?: string;
  readonly localAsn?: number;
  /** MRT subtype. @default 4, MESSAGE_AS4 */
  readonly subtype?: number;
  readonly body: Uint8Array;
}

/** One BGP4MP_ET record (RFC 6396 section 4.5). */
export function record(parts: RecordParts): Uint8Array {
  const { at, peer, asn, localAsn = 12654, subtype = 4, body } = parts;
  const four = subtype === 4 || subtype === 5 || subtype === 7;
  const address = octets(peer);
  const head = [
    ...bytes((at % 1000) * 1000, 4),
    ...bytes(asn, four ? 4 : 2),
    ...bytes(localAsn, four ? 4 : 2),
    ...bytes(0, 2),
    ...bytes(address.length === 4 ? 1 : 2, 2),
    ...address,
    ...octets(parts.local ?? (address.length === 4 ? '192.0.2.254' : '2001:db8::fe')),
  ];
  const header = [
    ...bytes(Math.floor(at / 1000), 4),
    ...bytes(17, 2),
    ...bytes(subtype, 2),
    ...bytes(head.length + body.length, 4),
  ];
  return Uint8Array.from([...header, ...head, ...body]);
}

/** STATE_CHANGE_AS4 (RFC 6396 section 4.4.4). */
export function stateRecord(parts: Omit<RecordParts, 'body' | 'subtype'> & { from: number; to: number }): Uint8Array {
  return record({ ...parts, subtype: 5, body: Uint8Array.from([...bytes(parts.from, 2), ...bytes(parts.to, 2)]) });
}

/** A BGP message around this body (RFC 4271 section 4.1). */
export function bgp(type: number, body: readonly number[] = []): Uint8Array {
  return Uint8Array.from([...Array.from({ length: 16 }, () => 255), ...bytes(19 + body.length, 2), type, ...body]);
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function bytes(value: number, length: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(value / 256 ** (length - 1 - i)) % 256);
}

function octets(text: string): number[] {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return address.words.flatMap((word) => bytes(word, 4)).slice(0, address.family === 'ipv4' ? 4 : 16);
}

/** What a collector sends of these records, and what it leaves out. */
export function sentOf(
  records: readonly Uint8Array[],
  { collector = 'rrc00', keepalives = false } = {},
): { messages: RisMessage[]; counts: Counts } {
  const counts = new Counts();
  const voice = new CollectorVoice(collector as Collector, { keepalives, counts });
  const messages: RisMessage[] = [];
  for (const [i, bytes] of records.entries()) {
    const next = records[i + 1];
    voice.record(bytes, 0, bytes.length, next === undefined ? -1 : new DataView(next.buffer).getUint32(0), messages);
  }
  return { messages, counts };
}
