import { IPv4CidrRange, IPv6CidrRange } from 'ip-num';
import { parseAddress, parsePrefix, type Prefix } from '../bgp/prefix.ts';

/** A prefix that was written without host bits, or why it is not one. */
export type Cidr = { readonly ok: true; readonly prefix: Prefix } | { readonly ok: false; readonly reason: string };

/**
 * Reads a block as a person writes it. Stricter than what feeds may write: one spelling of the length, no zone, no host
 * bits: in a configuration they are usually a mistake. ip-num refuses texts that only look like an address (`01.2.3.4`,
 * `1.2.3/24`), but accepts `fe80::%eth0/64` and `/08`, so these are checked first.
 */
export function parseCidr(text: string): Cidr {
  const shape = /^([0-9a-fA-F:.]{2,45})\/(0|[1-9]\d{0,2})$/.exec(text);
  if (shape === null) return { ok: false, reason: 'is not an address block such as 192.0.2.0/24 or 2001:db8::/32' };
  try {
    const range = text.includes(':') ? IPv6CidrRange.fromCidr(text) : IPv4CidrRange.fromCidr(text);
    const prefix = parsePrefix(`${range.getFirst().toString()}/${range.getPrefix().value}`);
    const written = parseAddress(shape[1] ?? '');
    if (prefix === undefined || written === undefined) return { ok: false, reason: 'is not an address block' };
    if (written.words.every((word, i) => word === prefix.words[i])) return { ok: true, prefix };
    return { ok: false, reason: `has host bits set: write ${prefix.text}` };
  } catch (error) {
    const why = error instanceof Error ? error.message.split(' and A ')[0] : String(error);
    return { ok: false, reason: `is not an address block: ${why}` };
  }
}
