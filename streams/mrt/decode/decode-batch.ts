import type { Batch, BatchPeer } from '#bgpkit-parser-wasm';
import type { AsPath, PathEntry } from '../../../src/bgp/as-path.ts';
import type { Asn } from '../../../src/bgp/asn.ts';
import type { AddressWords, Prefix } from '../../../src/bgp/prefix.ts';
import { addressText, prefixOf } from '../../../src/bgp/prefix.ts';

/** The columns of a decoded batch hold these numbers; see the types of bgpkit-parser-wasm. */
export const KIND = { rib: 0, announcement: 1, withdrawal: 2, peerState: 3, endOfRib: 4 } as const;

/** Bits of a decoded row. */
export const FLAG = { pathId: 1, local: 2, multicast: 4 } as const;
/** Numbers of reasons, see `reasonText`, that hide more than the decoder says of them. */
export const REASON = { unknownMessage: 3, local: 4 } as const;
/** "None" in columns of indexes. */
export const NONE = 0xffff_ffff;

const PREFIX_BYTES = 18;
const SEGMENT = { set: 1, sequence: 2 } as const;

/** The prefix at an index of the batch's table. */
export function prefixAt(batch: Batch, index: number): Prefix {
  const at = index * PREFIX_BYTES;
  const { prefixes } = batch;
  const words: AddressWords = [
    wordAt(prefixes, at + 2),
    wordAt(prefixes, at + 6),
    wordAt(prefixes, at + 10),
    wordAt(prefixes, at + 14),
  ];
  return prefixOf(prefixes[at] === 4 ? 'ipv4' : 'ipv6', words, prefixes[at + 1] ?? 0);
}

/** The AS path at an index of the batch's table. Confederation segments are left out, sets are sorted upward. */
export function pathAt(batch: Batch, index: number): AsPath {
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

/** The canonical text of a session's address. */
export function addressOf(address: BatchPeer['address']): string {
  if (address.length === 4) return addressText('ipv4', [wordAt(address, 0), 0, 0, 0]);
  return addressText('ipv6', [wordAt(address, 0), wordAt(address, 4), wordAt(address, 8), wordAt(address, 12)]);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) * 0x100_0000 +
      ((bytes[at + 1] ?? 0) << 16) +
      ((bytes[at + 2] ?? 0) << 8) +
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}
