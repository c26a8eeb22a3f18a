import { u16, u32 } from './octets.ts';

/** MRT types, RFC 6396 section 4 and appendix B. */
export const TYPE = {
  bgp: 5,
  ospf2: 11,
  tableDump: 12,
  tableDump2: 13,
  bgp4mp: 16,
  bgp4mpEt: 17,
} as const;

/** TABLE_DUMP_V2 subtypes, RFC 6396 section 4.3, RFC 6397, RFC 8050 section 4. */
export const PEER_INDEX_TABLE = 1;

/** Subtype of TABLE_DUMP_V2, RFC 6397. */
export const GEO_PEER_TABLE = 7;

/** Subtype of BGP4MP that only names a file, RFC 6396 appendix B. */
const BGP4MP_SNAPSHOT = 3;

/** Bytes of the common header, RFC 6396 section 2: seconds, type, subtype, length of what follows. */
export const HEADER_BYTES = 12;

const BGP_OLD = ['NULL', 'UPDATE', 'PREF_UPDATE', 'STATE_CHANGE', 'SYNC', 'OPEN', 'NOTIFY', 'KEEPALIVE'];
const BGP4MP = [
  'STATE_CHANGE',
  'MESSAGE',
  'ENTRY',
  'SNAPSHOT',
  'MESSAGE_AS4',
  'STATE_CHANGE_AS4',
  'MESSAGE_LOCAL',
  'MESSAGE_AS4_LOCAL',
  'MESSAGE_ADDPATH',
  'MESSAGE_AS4_ADDPATH',
  'MESSAGE_LOCAL_ADDPATH',
  'MESSAGE_AS4_LOCAL_ADDPATH',
];
const TABLE_DUMP_V2 = [
  undefined,
  'PEER_INDEX_TABLE',
  'RIB_IPV4_UNICAST',
  'RIB_IPV4_MULTICAST',
  'RIB_IPV6_UNICAST',
  'RIB_IPV6_MULTICAST',
  'RIB_GENERIC',
  'GEO_PEER_TABLE',
  'RIB_IPV4_UNICAST_ADDPATH',
  'RIB_IPV4_MULTICAST_ADDPATH',
  'RIB_IPV6_UNICAST_ADDPATH',
  'RIB_IPV6_MULTICAST_ADDPATH',
  'RIB_GENERIC_ADDPATH',
];
const ANY = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'];

/** Name and known subtypes of every type that archives contain. TABLE_DUMP 3 and 4 are Zebra's four-octet forms. */
const TYPES: Readonly<Record<number, { name: string; subtypes: readonly (string | undefined)[] }>> = {
  5: { name: 'BGP', subtypes: BGP_OLD },
  9: { name: 'BGP4PLUS', subtypes: BGP_OLD },
  10: { name: 'BGP4PLUS_01', subtypes: BGP_OLD },
  11: { name: 'OSPFv2', subtypes: ANY },
  12: { name: 'TABLE_DUMP', subtypes: [undefined, 'AFI_IPv4', 'AFI_IPv6', 'AFI_IPv4_AS4', 'AFI_IPv6_AS4'] },
  13: { name: 'TABLE_DUMP_V2', subtypes: TABLE_DUMP_V2 },
  16: { name: 'BGP4MP', subtypes: BGP4MP },
  17: { name: 'BGP4MP_ET', subtypes: BGP4MP },
  32: { name: 'ISIS', subtypes: ANY },
  33: { name: 'ISIS_ET', subtypes: ANY },
  48: { name: 'OSPFv3', subtypes: ANY },
  49: { name: 'OSPFv3_ET', subtypes: ANY },
};

/** `known[type << 4 | subtype]`: the header check runs once a record. */
const known = new Uint8Array(64 << 4);
for (const [type, { subtypes }] of Object.entries(TYPES)) {
  for (const [subtype, name] of subtypes.entries()) {
    if (name !== undefined) known[(Number(type) << 4) | subtype] = 1;
  }
}

/** Whether an RFC names this type and subtype. */
export function isKnownType(type: number, subtype: number): boolean {
  return type < 64 && subtype < 16 && known[(type << 4) | subtype] === 1;
}

/** Whether records of this type and subtype are read; all others are skipped by their length. */
export function isRead(type: number, subtype: number): boolean {
  switch (type) {
    case TYPE.bgp4mp:
    case TYPE.bgp4mpEt:
      return subtype !== BGP4MP_SNAPSHOT && isKnownType(type, subtype);
    case TYPE.tableDump2:
    case TYPE.tableDump:
    case TYPE.bgp:
      return isKnownType(type, subtype);
    default:
      return false;
  }
}

/** For people: `BGP4MP MESSAGE_AS4`, `type 70 subtype 2`. */
export function typeName(type: number, subtype: number): string {
  const found = TYPES[type];
  const name = found?.subtypes[subtype];
  return found === undefined || name === undefined ? `type ${type} subtype ${subtype}` : `${found.name} ${name}`;
}

/** `foreign` is a header of a type or subtype that no RFC names: it may be one, or other bytes. */
export type Header = 'known' | 'foreign' | 'none';

/** What the bytes at `at` look like; 'none' when there is no whole header before `end`. */
export function readHeader(bytes: Uint8Array, at: number, end: number, maxLength: number): Header {
  if (at + HEADER_BYTES > end) return 'none';
  const length = u32(bytes, at + 8);
  // No type has an empty body; a zero length would walk through the body, or a hole of zeros, as if it were headers.
  if (length === 0 || length > maxLength) return 'none';
  return isKnownType(u16(bytes, at + 4), u16(bytes, at + 6)) ? 'known' : 'foreign';
}
