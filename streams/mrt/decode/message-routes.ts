import type { RouteName } from '../../../src/bgp/element.ts';
import { prefixOf } from '../../../src/bgp/prefix.ts';
import { ATTRIBUTE, splitUpdate, walkAttributes } from '../../bgp-message/attributes.ts';
import { readReach } from '../../bgp-message/multiprotocol.ts';
import { nlriKindOf } from '../../bgp-message/nlri-kind.ts';
import { readNlri, type Nlri } from '../../bgp-message/nlri.ts';
import type { OctetRange } from '../../bgp-message/octet-range.ts';
import { routeKindOf } from '../dump/dump-check.ts';
import { u16, u32, u8 } from '../record/octets.ts';
import { HEADER_BYTES, TYPE } from '../record/record-types.ts';

const BGP_HEADER_BYTES = 19;
/** RIB_GENERIC names its family before the prefix. */
const RIB_GENERIC = 6;
/** TABLE_DUMP_V2 subtypes from here on carry path identifiers (RFC 8050 section 4). */
const FIRST_ADD_PATH_RIB = 8;

/**
 * The unicast routes that an UPDATE announces, or that a RIB record is about, from the record at `start`; `undefined`:
 * they cannot be read. Used only for records with malformed attributes, to know which routes are in doubt: the decoder
 * returns none of them.
 *
 * @returns no route when it announces no unicast route of IPv4 or IPv6.
 */
export function routesOf(record: Uint8Array, start: number): readonly RouteName[] | undefined {
  const type = u16(record, start + 4);
  const body = start + HEADER_BYTES;
  const to = Math.min(body + u32(record, start + 8), record.length);
  const subtype = u16(record, start + 6);
  const routes = nlriOf({ bytes: record, from: body, to }, type, subtype);
  return routes?.map(({ family, words, length, pathId }) => ({ prefix: prefixOf(family, words, length), pathId }));
}

function nlriOf(body: OctetRange, type: number, subtype: number): readonly Nlri[] | undefined {
  switch (type) {
    case TYPE.tableDump2:
      return ribNlri(body, subtype);
    case TYPE.bgp4mp:
      return messageNlri(body, subtype);
    case TYPE.bgp4mpEt:
      return messageNlri({ ...body, from: body.from + 4 }, subtype);
    default:
      return undefined;
  }
}

/** RFC 6396 sections 4.3.2 and 4.3.3. With ADD-PATH, the path identifiers are in the entries, behind the prefix. */
function ribNlri({ bytes, from, to }: OctetRange, subtype: number): readonly Nlri[] | undefined {
  const found = routeKindOf(bytes, from, subtype);
  const kind = found && nlriKindOf(found.afi, found.safi);
  if (kind === undefined) return undefined;
  if (!kind.decides) return [];
  if (subtype >= FIRST_ADD_PATH_RIB) return undefined;
  const at = from + (subtype === RIB_GENERIC ? 7 : 4);
  const end = at + 1 + ((u8(bytes, at) + 7) >> 3);
  return end > to ? undefined : readNlri({ bytes, from: at, to: end }, kind.family);
}

/** RFC 6396 section 4.4, RFC 8050 section 3, RFC 4271 section 4.3. */
function messageNlri({ bytes, from, to }: OctetRange, subtype: number): readonly Nlri[] | undefined {
  const asBytes = subtype === 4 || subtype === 9 ? 4 : subtype === 1 || subtype === 8 ? 2 : 0;
  if (asBytes === 0) return undefined;
  const addPath = subtype >= 8;
  const afiAt = from + 2 * asBytes + 2;
  const afi = u16(bytes, afiAt);
  if (afi !== 1 && afi !== 2) return undefined;
  const message = afiAt + 2 + (afi === 1 ? 8 : 32);
  // Of a message that is cut, the routes beyond the cut are in doubt too.
  if (u16(bytes, message + 16) !== to - message) return undefined;
  const parts = splitUpdate({ bytes, from: message + BGP_HEADER_BYTES, to });
  if (typeof parts === 'string') return undefined;
  const attributes = walkAttributes(parts.attributes);
  if (typeof attributes === 'string') return undefined;
  const reach = readReach(attributes.at(ATTRIBUTE.mpReach), addPath);
  const announced = readNlri(parts.announced, 'ipv4', addPath);
  return reach && announced && [...reach.prefixes, ...announced];
}
