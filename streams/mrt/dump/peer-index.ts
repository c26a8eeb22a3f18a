import type { Family } from '../../../src/bgp/prefix.ts';
import { addressAt } from '../../bgp-message/address.ts';
import { u16, u32, u8 } from '../record/octets.ts';

/** One peer of a RIB dump, and how many prefixes of each family the dump carried for it, watched or not. */
export interface DumpPeer {
  readonly address: string;
  readonly asn: number;
  readonly routes: Record<Family, number>;
}

/**
 * The peers of a PEER_INDEX_TABLE (RFC 6396 section 4.3.1) at `body`; `undefined`: its content does not match what it
 * declares.
 */
export function readPeers(bytes: Uint8Array, body: number, end: number): DumpPeer[] | undefined {
  let at = body + 6 + u16(bytes, body + 4);
  const count = u16(bytes, at);
  at += 2;
  if (at > end) return undefined;
  const peers: DumpPeer[] = [];
  for (let i = 0; i < count; i++) {
    const type = u8(bytes, at);
    const octets = (type & 1) === 0 ? 4 : 16;
    const asAt = at + 5 + octets;
    const next = asAt + ((type & 2) === 0 ? 2 : 4);
    if (next > end) return undefined;
    const asn = (type & 2) === 0 ? u16(bytes, asAt) : u32(bytes, asAt);
    peers.push({ address: addressAt(bytes, at + 5, octets), asn, routes: { ipv4: 0, ipv6: 0 } });
    at = next;
  }
  return at === end ? peers : undefined;
}
