import type { RouteName } from '../../../src/bgp/element.ts';
import { prefixOf, type AddressWords, type Family } from '../../../src/bgp/prefix.ts';
import { u16, u32, u8 } from '../record/octets.ts';
import { HEADER_BYTES, TYPE } from '../record/record-types.ts';

const BGP_HEADER_BYTES = 19;
const MP_REACH = 14;
/** Attribute flag "extended length", RFC 4271 section 4.3. */
const EXTENDED = 0x10;

/**
 * The routes that an UPDATE announces, or that a RIB record is about, from the record at `start`; `undefined`: they
 * cannot be read. Used only for records with malformed attributes, to know which routes are in doubt: the decoder
 * returns none of them.
 *
 * @returns at least one route.
 */
export function routesOf(record: Uint8Array, start: number): readonly RouteName[] | undefined {
  const type = u16(record, start + 4);
  const subtype = u16(record, start + 6);
  const body = start + HEADER_BYTES;
  const end = Math.min(body + u32(record, start + 8), record.length);
  const routes: RouteName[] = [];
  let isRead = false;
  if (type === TYPE.tableDump2 && (subtype === 2 || subtype === 4)) {
    isRead = readOne(record, body + 4, end, subtype === 2 ? 'ipv4' : 'ipv6', routes);
  } else if (type === TYPE.bgp4mp || type === TYPE.bgp4mpEt) {
    isRead = readMessage({ bytes: record, at: type === TYPE.bgp4mpEt ? body + 4 : body, end }, subtype, routes);
  }
  return isRead && routes.length > 0 ? routes : undefined;
}

interface Span {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
}

/** RFC 6396 section 4.4, RFC 8050 section 3, RFC 4271 section 4.3. */
function readMessage({ bytes, at, end }: Span, subtype: number, routes: RouteName[]): boolean {
  const asBytes = subtype === 4 || subtype === 9 ? 4 : subtype === 1 || subtype === 8 ? 2 : 0;
  if (asBytes === 0) return false;
  const addPath = subtype >= 8;
  const afiAt = at + 2 * asBytes + 2;
  const update = afiAt + 2 + (u16(bytes, afiAt) === 1 ? 8 : 32) + BGP_HEADER_BYTES;
  const attributes = update + 2 + u16(bytes, update) + 2;
  const nlri = attributes + u16(bytes, attributes - 2);
  if (nlri > end) return false;
  let from = attributes;
  while (from < nlri) {
    const isLong = (u8(bytes, from) & EXTENDED) !== 0;
    const value = from + (isLong ? 4 : 3);
    const stop = value + (isLong ? u16(bytes, from + 2) : u8(bytes, from + 2));
    if (stop > nlri) return false;
    if (u8(bytes, from + 1) === MP_REACH && !readReach({ bytes, at: value, end: stop }, addPath, routes)) return false;
    from = stop;
  }
  return readAll({ bytes, at: nlri, end }, 'ipv4', addPath, routes);
}

/** RFC 4760 section 3. Multicast routes forward no packets, so they are not read. */
function readReach({ bytes, at, end }: Span, addPath: boolean, routes: RouteName[]): boolean {
  const afi = u16(bytes, at);
  if (u8(bytes, at + 2) === 2) return true;
  if (afi !== 1 && afi !== 2) return true;
  const nlri = at + 5 + u8(bytes, at + 3);
  return nlri <= end && readAll({ bytes, at: nlri, end }, afi === 1 ? 'ipv4' : 'ipv6', addPath, routes);
}

function readAll({ bytes, at, end }: Span, family: Family, addPath: boolean, routes: RouteName[]): boolean {
  let from = at;
  while (from < end) {
    const pathId = addPath ? u32(bytes, from) : undefined;
    if (addPath) from += 4;
    if (!readOne(bytes, from, end, family, routes, pathId)) return false;
    from += 1 + ((u8(bytes, from) + 7) >> 3);
  }
  return true;
}

// oxlint-disable-next-line max-params -- no object a record or route where millions pass
function readOne(
  bytes: Uint8Array,
  at: number,
  end: number,
  family: Family,
  routes: RouteName[],
  pathId?: number,
): boolean {
  const length = u8(bytes, at);
  const size = (length + 7) >> 3;
  if (length > (family === 'ipv4' ? 32 : 128) || at + 1 + size > end) return false;
  const octets = new Uint8Array(16);
  octets.set(bytes.subarray(at + 1, at + 1 + size));
  const words: AddressWords = [u32(octets, 0), u32(octets, 4), u32(octets, 8), u32(octets, 12)];
  routes.push({ prefix: prefixOf(family, words, length), pathId });
  return true;
}
