import { parseAddress, parsePrefix } from '../../src/bgp/prefix.ts';

/** Writes MRT records (RFC 6396, RFC 8050) of BGP messages (RFC 4271, RFC 4760), right ones and wrong ones. */

export type Bytes = readonly number[];

export function u16(value: number): Bytes {
  return [(value >>> 8) & 0xff, value & 0xff];
}

export function u32(value: number): Bytes {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

export function record(seconds: number, type: number, subtype: number, body: Bytes, length = body.length): Bytes {
  return [...u32(seconds), ...u16(type), ...u16(subtype), ...u32(length), ...body];
}

export function bytesOf(...parts: readonly Bytes[]): Uint8Array {
  return Uint8Array.from(parts.flat());
}

export function address(text: string): Bytes {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return (parsed.family === 'ipv4' ? [parsed.words[0]] : parsed.words).flatMap((word) => u32(word));
}

/** `192.0.2.0/24`, with ADD-PATH `7@192.0.2.0/24`. */
export function nlri(text: string): Bytes {
  const [, pathId, prefix = ''] = /^(?:(\d+)@)?(.*)$/.exec(text) ?? [];
  const parsed = parsePrefix(prefix);
  if (parsed === undefined) throw new Error(`no prefix: ${text}`);
  const bytes = (parsed.family === 'ipv4' ? [parsed.words[0]] : parsed.words).flatMap((word) => u32(word));
  return [
    ...(pathId === undefined ? [] : u32(Number(pathId))),
    parsed.length,
    ...bytes.slice(0, Math.ceil(parsed.length / 8)),
  ];
}

export function attribute(type: number, value: Bytes, flags = 0x40): Bytes {
  return value.length > 255
    ? [flags | 0x10, type, ...u16(value.length), ...value]
    : [flags, type, value.length, ...value];
}

export function asPath(path: readonly number[], asBytes: 2 | 4 = 4): Bytes {
  return attribute(2, [2, path.length, ...path.flatMap((asn) => (asBytes === 2 ? u16(asn) : u32(asn)))]);
}

export interface UpdateParts {
  readonly withdrawn?: readonly string[];
  readonly announced?: readonly string[];
  readonly announced6?: readonly string[];
  readonly withdrawn6?: readonly string[];
  readonly path?: readonly number[];
  readonly asBytes?: 2 | 4;
  /** SAFI of the MP attributes. @default 1, unicast */
  readonly safi?: number;
  readonly more?: Bytes;
}

export function bgp(type: number, body: Bytes): Bytes {
  return [...Array.from({ length: 16 }, () => 0xff), ...u16(19 + body.length), type, ...body];
}

export function update(parts: UpdateParts): Bytes {
  const { withdrawn = [], announced = [], announced6 = [], withdrawn6, path = [64500, 131279], safi = 1 } = parts;
  const names = announced.length + announced6.length > 0;
  const attributes = [
    ...(names ? [...attribute(1, [0]), ...asPath(path, parts.asBytes)] : []),
    ...(announced.length > 0 ? attribute(3, address('192.0.2.1')) : []),
    ...(announced6.length > 0
      ? attribute(14, [...u16(2), safi, 16, ...address('2001:db8::1'), 0, ...announced6.flatMap(nlri)], 0x80)
      : []),
    ...(withdrawn6 === undefined ? [] : attribute(15, [...u16(2), safi, ...withdrawn6.flatMap(nlri)], 0x80)),
    ...(parts.more ?? []),
  ];
  const gone = withdrawn.flatMap(nlri);
  return bgp(2, [...u16(gone.length), ...gone, ...u16(attributes.length), ...attributes, ...announced.flatMap(nlri)]);
}

export interface Session {
  readonly address: string;
  readonly asn: number;
}

export const PEER: Session = { address: '198.51.100.1', asn: 64500 };
export const OTHER_PEER: Session = { address: '198.51.100.2', asn: 64501 };

function session(peer: Session, asBytes: 2 | 4): Bytes {
  const as = (asn: number): Bytes => (asBytes === 2 ? u16(asn) : u32(asn));
  const isIpv6 = peer.address.includes(':');
  const local = isIpv6 ? '2001:db8:ffff::1' : '198.51.100.254';
  return [
    ...as(peer.asn),
    ...as(64999),
    ...u16(0),
    ...u16(isIpv6 ? 2 : 1),
    ...address(peer.address),
    ...address(local),
  ];
}

export interface MessageOptions {
  readonly peer?: Session;
  readonly asBytes?: 2 | 4;
  readonly addPath?: boolean;
  /** Microseconds make it a BGP4MP_ET record. */
  readonly microseconds?: number;
}

export function message(seconds: number, body: Bytes, options: MessageOptions = {}): Bytes {
  const { peer = PEER, asBytes = 4, addPath = false, microseconds } = options;
  const subtype = asBytes === 2 ? (addPath ? 8 : 1) : addPath ? 9 : 4;
  const all = [...session(peer, asBytes), ...body];
  return microseconds === undefined
    ? record(seconds, 16, subtype, all)
    : record(seconds, 17, subtype, [...u32(microseconds), ...all]);
}

export function stateChange(seconds: number, from: number, to: number, peer: Session = PEER): Bytes {
  return record(seconds, 16, 5, [...session(peer, 4), ...u16(from), ...u16(to)]);
}

export function peerIndexTable(seconds: number, peers: readonly Session[]): Bytes {
  const entries = peers.flatMap(({ address: text, asn }) => [
    text.includes(':') ? 3 : 2,
    ...address('192.0.2.9'),
    ...address(text),
    ...u32(asn),
  ]);
  return record(seconds, 13, 1, [...address('192.0.2.254'), ...u16(0), ...u16(peers.length), ...entries]);
}

/** A RIB record with a route of each of these peers, by their index. */
export function rib(
  seconds: number,
  prefix: string,
  peers: readonly number[],
  path: readonly number[] = [64500, 131279],
): Bytes {
  const attributes = [...attribute(1, [0]), ...asPath(path), ...attribute(3, address('192.0.2.1'))];
  const entries = peers.flatMap((peer) => [
    ...u16(peer),
    ...u32(seconds - 86_400),
    ...u16(attributes.length),
    ...attributes,
  ]);
  return record(seconds, 13, prefix.includes(':') ? 4 : 2, [
    ...u32(0),
    ...nlri(prefix),
    ...u16(peers.length),
    ...entries,
  ]);
}

/** One entry of a TABLE_DUMP record: the record has one, or a batch of them. */
export function tableEntry(seconds: number, prefix: string, peer: Session = PEER): Bytes {
  const [network = '', length = '0'] = prefix.split('/');
  const attributes = [...attribute(1, [0]), ...asPath([peer.asn], 2), ...attribute(3, address('192.0.2.1'))];
  return [
    ...address(network),
    Number(length),
    1,
    ...u32(seconds - 60),
    ...address(peer.address),
    ...u16(peer.asn),
    ...u16(attributes.length),
    ...attributes,
  ];
}

export function tableDump(seconds: number, entries: readonly Bytes[], shortBy = 0): Bytes {
  const body = [...u16(0), ...u16(0), ...entries.flat()];
  return record(seconds, 12, 1, body, body.length - shortBy);
}
