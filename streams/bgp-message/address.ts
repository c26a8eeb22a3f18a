import { addressText } from '../../src/bgp/prefix.ts';
import { u32 } from '../mrt/record/octets.ts';

/** Text of the address of 4 or 16 octets at `at`, which are there. */
export function addressAt(bytes: Uint8Array, at: number, octets: 4 | 16): string {
  if (octets === 4) return addressText('ipv4', [u32(bytes, at), 0, 0, 0]);
  return addressText('ipv6', [u32(bytes, at), u32(bytes, at + 4), u32(bytes, at + 8), u32(bytes, at + 12)]);
}
