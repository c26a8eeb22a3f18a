import { u16, u32 } from '../../mrt/record/octets.ts';
import { addressAt } from '../../bgp-message/address.ts';

/** An OPEN message, RFC 4271 section 4.2. */
export interface Open {
  readonly version: number;
  /** The field of the message: 23456 where the AS number has four octets. */
  readonly asn: number;
  /** Seconds. */
  readonly holdTime: number;
  readonly routerId: string;
  /** By code (RFC 5492). */
  readonly capabilities: Readonly<Record<string, Capability>>;
}

/** One capability of an OPEN (RFC 5492). */
export interface Capability {
  readonly name: string;
  /** RFC 4760: `ipv4/unicast`. */
  readonly families?: readonly string[];
  /** RFC 6793. */
  readonly asn4?: number;
}

/** As IANA's registry "Capability Codes" names them, which is how RIS Live does since 2022. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'Multiprotocol Extensions for BGP-4',
  2: 'Route Refresh Capability for BGP-4',
  3: 'Outbound Route Filtering Capability',
  5: 'Extended Next Hop Encoding',
  6: 'BGP Extended Message',
  7: 'BGPsec Capability',
  8: 'Multiple Labels Capability',
  9: 'BGP Role',
  64: 'Graceful Restart Capability',
  65: 'Support for 4-octet AS number capability',
  67: 'Support for Dynamic Capability (capability specific)',
  69: 'ADD-PATH Capability',
  70: 'Enhanced Route Refresh Capability',
  71: 'Long-Lived Graceful Restart (LLGR) Capability',
  73: 'FQDN Capability',
  128: 'Prestandard Route Refresh (deprecated)',
  131: 'Prestandard Multisession (deprecated)',
};
const FAMILIES: Readonly<Record<string, string>> = {
  '1/1': 'ipv4/unicast',
  '1/2': 'ipv4/multicast',
  '2/1': 'ipv6/unicast',
  '2/2': 'ipv6/multicast',
};

const FIXED_BYTES = 10;
const CAPABILITIES_PARAMETER = 2;
/** RFC 9072: replaces the length and the first type when parameters need more than 255 octets. */
const EXTENDED = 255;

/** Reads what follows the header; `undefined` when lengths do not add up. */
export function readOpen(bytes: Uint8Array, from: number, end: number): Open | undefined {
  if (from + FIXED_BYTES > end) return undefined;
  const capabilities: Record<string, Capability> = {};
  const isLong = bytes[from + 9] === EXTENDED && bytes[from + 10] === EXTENDED;
  const declared = isLong ? u16(bytes, from + 11) : (bytes[from + 9] ?? 0);
  let at = from + FIXED_BYTES + (isLong ? 3 : 0);
  if (at + declared !== end) return undefined;
  while (at < end) {
    const value = at + (isLong ? 3 : 2);
    const to = value + (isLong ? u16(bytes, at + 1) : (bytes[at + 1] ?? 0));
    if (to > end) return undefined;
    if (bytes[at] === CAPABILITIES_PARAMETER && !readCapabilities(bytes, value, to, capabilities)) return undefined;
    at = to;
  }
  return {
    version: bytes[from] ?? 0,
    asn: u16(bytes, from + 1),
    holdTime: u16(bytes, from + 3),
    routerId: addressAt(bytes, from + 5, 4),
    capabilities,
  };
}

/** RFC 5492 section 4. A code may appear several times. */
function readCapabilities(bytes: Uint8Array, from: number, end: number, into: Record<string, Capability>): boolean {
  for (let at = from; at < end;) {
    const code = bytes[at] ?? 0;
    const value = at + 2;
    const to = value + (bytes[at + 1] ?? 0);
    if (value > end || to > end) return false;
    into[code] = capability(bytes, { code, value, octets: to - value }, into[code]);
    at = to;
  }
  return true;
}

interface CapabilityValue {
  readonly code: number;
  readonly value: number;
  readonly octets: number;
}

function capability(bytes: Uint8Array, found: CapabilityValue, before: Capability | undefined): Capability {
  const { code, value, octets } = found;
  const name = NAMES[code] ?? 'unknown';
  if (code === 1 && octets === 4) {
    const key = `${u16(bytes, value)}/${bytes[value + 3] ?? 0}`;
    return { name, families: [...(before?.families ?? []), FAMILIES[key] ?? key] };
  }
  if (code === 65 && octets === 4) return { name, asn4: u32(bytes, value) };
  return { name };
}
