import type { AsPath, PathEntry } from '../../../src/bgp/as-path.ts';
import type { Asn } from '../../../src/bgp/asn.ts';
import type { AddressWords, Prefix } from '../../../src/bgp/prefix.ts';
import { addressText, prefixOf } from '../../../src/bgp/prefix.ts';
import { u32 } from '../record/octets.ts';
import { PREFIX_BYTES, type DecodedColumns } from './columns.ts';
import type { SessionEnd } from './peer-state.ts';

/** The columns of a decoded batch hold these numbers; see `DecodedColumns`. */
export const KIND = { rib: 0, announcement: 1, withdrawal: 2, peerState: 3, endOfRib: 4 } as const;

/** Bits of a decoded row. */
export const FLAG = { pathId: 1, local: 2, multicast: 4 } as const;
/** Numbers of reasons, see `reasonText`, that hide more than the decoder says of them. */
export const REASON = { unknownMessage: 3, local: 4 } as const;
/** "None" in columns of indexes. */
export const NONE = 0xffff_ffff;

/** An end: 4 or 6, 16 bytes of address, and the AS number. */
const END_BYTES = 21;
const ASN_AT = 17;
const SEGMENT = { set: 1, sequence: 2 } as const;

/** The prefix at an index of the batch's table. */
export function prefixAt(batch: DecodedColumns, index: number): Prefix {
  const at = index * PREFIX_BYTES;
  const { prefixes } = batch;
  return prefixOf(prefixes[at] === 4 ? 'ipv4' : 'ipv6', addressWords(prefixes, at + 2), prefixes[at + 1] ?? 0);
}

/** The AS path at an index of the batch's table. Confederation segments are left out, sets are sorted upward. */
export function pathAt(batch: DecodedColumns, index: number): AsPath {
  const words = batch.pathWords;
  const end = batch.pathStarts[index + 1] ?? 0;
  const path: PathEntry[] = [];
  for (let at = batch.pathStarts[index] ?? end; at < end;) {
    const head = words[at] ?? 0;
    const stop = at + 1 + (head & 0xff_ffff);
    const type = head >>> 24;
    if (type === SEGMENT.sequence) for (let i = at + 1; i < stop; i++) path.push(words[i] as Asn);
    if (type === SEGMENT.set) path.push([...words.slice(at + 1, stop).sort()] as Asn[]);
    at = stop;
  }
  return path;
}

/** The two ends of the session that begins at this byte of the batch's table. */
export function sessionEnds(peers: Uint8Array, at: number): { readonly peer: SessionEnd; readonly local: SessionEnd } {
  return { peer: endAt(peers, at), local: endAt(peers, at + END_BYTES) };
}

function endAt(bytes: Uint8Array, at: number): SessionEnd {
  const words = addressWords(bytes, at + 1);
  return { address: addressText(bytes[at] === 4 ? 'ipv4' : 'ipv6', words), asn: u32(bytes, at + ASN_AT) as Asn };
}

function addressWords(bytes: Uint8Array, at: number): AddressWords {
  return [u32(bytes, at), u32(bytes, at + 4), u32(bytes, at + 8), u32(bytes, at + 12)];
}
