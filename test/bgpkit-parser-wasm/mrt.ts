/** Builds MRT records and BGP messages byte by byte (RFC 6396, RFC 4271), the wrong ones too. */

export type Bytes = readonly number[];

export function u16(value: number): Bytes {
  return [(value >>> 8) & 255, value & 255];
}

export function u32(value: number): Bytes {
  return [...u16(Math.floor(value / 0x1_0000)), ...u16(value % 0x1_0000)];
}

export function ip(text: string): Bytes {
  return text.split('.').map(Number);
}

/** `10.1.0.0/16`, only the octets that its length needs. */
export function nlri(...prefixes: readonly string[]): Bytes {
  return prefixes.flatMap((prefix) => {
    const [address = '', length = ''] = prefix.split('/');
    return [Number(length), ...ip(address).slice(0, Math.ceil(Number(length) / 8))];
  });
}

export const SECONDS = 1_419_264_900;

export function record(type: number, subtype: number, body: Bytes, declared: number = body.length): Uint8Array {
  return Uint8Array.from([...u32(SECONDS), ...u16(type), ...u16(subtype), ...u32(declared), ...body]);
}

export function join(...records: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(records);
}

export function attribute(flags: number, type: number, value: Bytes): Bytes {
  return value.length > 255
    ? [flags | 0x10, type, ...u16(value.length), ...value]
    : [flags, type, value.length, ...value];
}

export function sequence(...asns: readonly number[]): Bytes {
  return [2, asns.length, ...asns.flatMap(u32)];
}

export function sequence16(...asns: readonly number[]): Bytes {
  return [2, asns.length, ...asns.flatMap(u16)];
}

export const ORIGIN: Bytes = attribute(0x40, 1, [0]);
export const NEXT_HOP: Bytes = attribute(0x40, 3, [198, 51, 100, 11]);
export const asPath = (value: Bytes): Bytes => attribute(0x40, 2, value);
export const PATH: Bytes = asPath(sequence(64500, 4837, 131279));
/** All a good announcement over IPv4 needs. */
export const ATTRIBUTES: Bytes = [...ORIGIN, ...PATH, ...NEXT_HOP];

export interface UpdateParts {
  readonly withdrawn?: Bytes;
  readonly attributes?: Bytes;
  readonly announced?: Bytes;
}

export function updateBody({ withdrawn = [], attributes = [], announced = [] }: UpdateParts): Bytes {
  return [...u16(withdrawn.length), ...withdrawn, ...u16(attributes.length), ...attributes, ...announced];
}

export const MARKER: Bytes = Array.from({ length: 16 }, () => 255);

export function message(body: Bytes, type = 2, length: number = 19 + body.length): Bytes {
  return [...MARKER, ...u16(length), type, ...body];
}

export const PEER = { address: '192.0.2.1', asn: 64500 };
export const LOCAL = { address: '192.0.2.254', asn: 64999 };

export function as4(...rest: readonly Bytes[]): Bytes {
  return [...u32(PEER.asn), ...u32(LOCAL.asn), ...ends(), ...rest.flat()];
}

export function as2(...rest: readonly Bytes[]): Bytes {
  return [...u16(PEER.asn), ...u16(LOCAL.asn), ...ends(), ...rest.flat()];
}

function ends(): Bytes {
  return [...u16(0), ...u16(1), ...ip(PEER.address), ...ip(LOCAL.address)];
}

/** BGP4MP_MESSAGE_AS4 of an UPDATE. */
export function update(parts: UpdateParts): Uint8Array {
  return record(16, 4, as4(message(updateBody(parts))));
}

export function peerIndexTable(...peers: readonly { address: string; asn: number }[]): Uint8Array {
  const entries = peers.flatMap(({ address, asn }) => [2, ...ip('10.0.0.1'), ...ip(address), ...u32(asn)]);
  return record(13, 1, [...ip('10.0.0.9'), ...u16(0), ...u16(peers.length), ...entries]);
}

export function ribEntry(peer: number, attributes: Bytes, pathId?: number): Bytes {
  const learned = u32(1_000_000_000);
  return [
    ...u16(peer),
    ...learned,
    ...(pathId === undefined ? [] : u32(pathId)),
    ...u16(attributes.length),
    ...attributes,
  ];
}

/** RIB_IPV4_UNICAST. */
export function rib(prefix: string, entries: readonly Bytes[], count: number = entries.length): Uint8Array {
  return record(13, 2, [...u32(1), ...nlri(prefix), ...u16(count), ...entries.flat()]);
}
