import type { AsPath } from '../../../src/bgp/as-path.ts';
import { AS_TRANS } from '../../../src/bgp/asn.ts';
import type { Family } from '../../../src/bgp/prefix.ts';
import { u16, u32 } from '../../mrt/record/octets.ts';
import { mergedPath, readAsPath } from './bgp-as-path.ts';
import { addressAt, readNlri, type Nlri } from './bgp-nlri.ts';

/** How the session writes AS numbers, and whether the collector's AS is another than the peer's. */
export interface Dialect {
  readonly asWidth: 2 | 4;
  readonly isExternal: boolean;
}

/** The parts of an UPDATE (RFC 4271 section 4.3, RFC 4760) that RIS Live's JSON contains. */
export interface Update {
  /** IPv4's own field first, then MP_UNREACH_NLRI. */
  readonly withdrawn: readonly Nlri[];
  readonly announced: readonly Announced[];
  readonly path: AsPath;
  /** RFC 1997: AS number and value, in the order of the message. */
  readonly communities: readonly (readonly [number, number])[];
  readonly origin: Origin | undefined;
  readonly med: number | undefined;
  /** `64512:10.0.0.1` */
  readonly aggregator: string | undefined;
  /** RFC 4724 section 2: an End-of-RIB, which only says that the table of this family is complete. */
  readonly endOfRib: Family | undefined;
}

/** The ORIGIN attribute (RFC 4271 section 4.3). */
export type Origin = 'IGP' | 'EGP' | 'INCOMPLETE';

/** Prefixes that are announced with one next hop. */
export interface Announced {
  /** The address; for IPv6 it may be `global,link-local`. */
  readonly nextHop: string;
  readonly prefixes: readonly Nlri[];
}

/** An UPDATE that was read, or why it cannot be. */
export type ReadUpdate =
  { readonly ok: true; readonly update: Update } | { readonly ok: false; readonly reason: string };

const CODE = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  med: 4,
  aggregator: 7,
  communities: 8,
  mpReach: 14,
  mpUnreach: 15,
  as4Path: 17,
  as4Aggregator: 18,
} as const;
const ORIGINS: readonly Origin[] = ['IGP', 'EGP', 'INCOMPLETE'];
const EXTENDED_LENGTH = 0x10;
const OPTIONAL = 0x80;
/** The last attribute type that IANA had assigned when this was written. */
const LAST_ASSIGNED = 42;
/** Octets of next hop in MP_REACH_NLRI: an address, two, or each after a route distinguisher of 8 octets (RFC 4659). */
const NEXT_HOP_OCTETS = new Set([4, 16, 24, 32, 48]);

const NO_NLRI = 'NLRI malformed (RFC 7606 section 5.3)';
const NO_MP = 'MP_REACH_NLRI or MP_UNREACH_NLRI malformed (RFC 4760)';

/** Reads the body of an UPDATE, all of `bytes[from..end)`. It reads the message completely, or reports why not. */
export function readUpdate(bytes: Uint8Array, from: number, end: number, dialect: Dialect): ReadUpdate {
  const withdrawnEnd = from + 2 + u16(bytes, from);
  const attributes = withdrawnEnd + 2;
  if (attributes > end) return no('withdrawn routes reach beyond the message (RFC 4271 section 4.3)');
  const attributesEnd = attributes + u16(bytes, withdrawnEnd);
  if (attributesEnd > end) return no('path attributes reach beyond the message (RFC 4271 section 4.3)');

  const places = walk(bytes, attributes, attributesEnd);
  if (typeof places === 'string') return no(places);
  const withdrawn = readNlri(bytes, from + 2, withdrawnEnd, 'ipv4');
  const announced = readNlri(bytes, attributesEnd, end, 'ipv4');
  if (withdrawn === undefined || announced === undefined) return no(NO_NLRI);
  const unreach = readUnreach(bytes, places.at(CODE.mpUnreach));
  const reach = readReach(bytes, places.at(CODE.mpReach));
  if (unreach === undefined || reach === undefined) return no(NO_MP);

  const hop = places.at(CODE.nextHop);
  const groups: Announced[] = [];
  if (announced.length > 0)
    groups.push({ nextHop: hop === undefined ? '' : addressAt(bytes, hop.from, 4), prefixes: announced });
  if (reach.prefixes.length > 0) groups.push(reach);
  const routes: Routes = {
    withdrawn: withdrawn.length === 0 ? unreach : [...withdrawn, ...unreach],
    announced: groups,
    hasOwnNlri: announced.length > 0,
  };
  const endOfRib = routes.withdrawn.length + groups.length === 0 ? familyThatEnds(bytes, places) : undefined;
  return describe(bytes, places, { ...routes, endOfRib }, dialect);
}

interface Routes {
  readonly withdrawn: readonly Nlri[];
  readonly announced: readonly Announced[];
  readonly hasOwnNlri: boolean;
  readonly endOfRib?: Family | undefined;
}

/**
 * RFC 4724 section 2, of a message without prefixes: no attribute at all, or only that one family withdraws nothing.
 */
function familyThatEnds(bytes: Uint8Array, places: Places): Family | undefined {
  if (places.count === 0) return 'ipv4';
  const unreach = places.at(CODE.mpUnreach);
  return places.count === 1 && unreach !== undefined ? familyAt(bytes, unreach.from) : undefined;
}

function describe(bytes: Uint8Array, places: Places, routes: Routes, { asWidth, isExternal }: Dialect): ReadUpdate {
  const { withdrawn, announced, hasOwnNlri, endOfRib } = routes;
  const path = readPath(bytes, places, asWidth);
  const originAt = places.at(CODE.origin);
  const origin = originAt?.to === (originAt?.from ?? 0) + 1 ? ORIGINS[bytes[originAt?.from ?? 0] ?? 3] : undefined;
  if (announced.length > 0) {
    const reason = faultOf(places, { path, origin, hasOwnNlri, isExternal });
    if (reason !== undefined) return no(reason);
  }
  const med = places.at(CODE.med);
  return {
    ok: true,
    update: {
      withdrawn,
      announced,
      path: path ?? [],
      communities: readCommunities(bytes, places.at(CODE.communities)),
      origin,
      med: med !== undefined && med.to - med.from === 4 ? u32(bytes, med.from) : undefined,
      aggregator: readAggregator(bytes, places, asWidth),
      endOfRib,
    },
  };
}

interface Route {
  readonly path: AsPath | undefined;
  readonly origin: Origin | undefined;
  readonly hasOwnNlri: boolean;
  readonly isExternal: boolean;
}

/** Why a router would not accept the announced routes (RFC 7606 sections 3 and 7). */
function faultOf(places: Places, { path, origin, hasOwnNlri, isExternal }: Route): string | undefined {
  const hop = places.at(CODE.nextHop);
  const asPath = places.at(CODE.asPath);
  const communities = places.at(CODE.communities);
  if (places.at(CODE.origin) === undefined || asPath === undefined || (hasOwnNlri && hop === undefined)) {
    return 'mandatory attribute missing (RFC 7606 section 3.d)';
  }
  if (origin === undefined) return 'ORIGIN malformed (RFC 7606 section 7.1)';
  if (path === undefined) return 'AS_PATH malformed (RFC 7606 section 7.2)';
  if (asPath.from === asPath.to && isExternal) return 'AS_PATH empty from an external peer (RFC 4271 section 5.1.2)';
  if (hop !== undefined && hop.to - hop.from !== 4) return 'NEXT_HOP malformed (RFC 7606 section 7.3)';
  if (communities !== undefined && (communities.to - communities.from) % 4 !== 0) {
    return 'COMMUNITIES malformed (RFC 7606 section 7.8)';
  }
  return places.hasUnknownWellKnown ? 'unknown well-known attribute (RFC 4271 section 6.3)' : undefined;
}

/** The position of the value of an attribute. */
interface Place {
  readonly from: number;
  readonly to: number;
}

interface Places {
  readonly count: number;
  readonly hasUnknownWellKnown: boolean;
  at(code: number): Place | undefined;
}

/** RFC 4271 section 4.3. If an attribute appears twice, the first counts (RFC 7606 section 3.g). */
function walk(bytes: Uint8Array, from: number, end: number): Places | string {
  const found: (Place | undefined)[] = [];
  let hasUnknownWellKnown = false;
  let count = 0;
  for (let at = from; at < end;) {
    const flags = bytes[at] ?? 0;
    const code = bytes[at + 1] ?? 0;
    const isLong = (flags & EXTENDED_LENGTH) !== 0;
    const value = at + (isLong ? 4 : 3);
    const to = value + (isLong ? u16(bytes, at + 2) : (bytes[at + 2] ?? 0));
    if (value > end || to > end) return 'an attribute reaches beyond the path attributes (RFC 7606 section 4)';
    count++;
    if (code > CODE.as4Aggregator) hasUnknownWellKnown ||= (flags & OPTIONAL) === 0 && code > LAST_ASSIGNED;
    else if (found[code] === undefined) found[code] = { from: value, to };
    else if (code === CODE.mpReach || code === CODE.mpUnreach) return NO_MP;
    at = to;
  }
  return { count, hasUnknownWellKnown, at: (code) => found[code] };
}

function readPath(bytes: Uint8Array, places: Places, width: 2 | 4): AsPath | undefined {
  const at = places.at(CODE.asPath);
  const path = at && readAsPath(bytes, at.from, at.to, width);
  const as4At = width === 2 ? places.at(CODE.as4Path) : undefined;
  if (path === undefined || as4At === undefined || ignoresAs4(bytes, places)) return path;
  const as4 = readAsPath(bytes, as4At.from, as4At.to, 4);
  return as4 === undefined ? path : mergedPath(path, as4);
}

/** RFC 6793 section 4.2.3: an AGGREGATOR other than AS_TRANS shows that the path was rewritten after AS4_PATH. */
function ignoresAs4(bytes: Uint8Array, places: Places): boolean {
  const aggregator = places.at(CODE.aggregator);
  if (aggregator === undefined || places.at(CODE.as4Aggregator) === undefined) return false;
  return aggregator.to - aggregator.from >= 2 && u16(bytes, aggregator.from) !== AS_TRANS;
}

function readAggregator(bytes: Uint8Array, places: Places, width: 2 | 4): string | undefined {
  const at = places.at(CODE.aggregator);
  if (at === undefined || at.to - at.from !== width + 4) return undefined;
  const asn = width === 4 ? u32(bytes, at.from) : u16(bytes, at.from);
  const as4 = places.at(CODE.as4Aggregator);
  if (width === 2 && asn === AS_TRANS && as4 !== undefined && as4.to - as4.from === 8) {
    return `${u32(bytes, as4.from)}:${addressAt(bytes, as4.from + 4, 4)}`;
  }
  return `${asn}:${addressAt(bytes, at.from + width, 4)}`;
}

function readCommunities(bytes: Uint8Array, place: Place | undefined): readonly (readonly [number, number])[] {
  const list: [number, number][] = [];
  if (place === undefined) return list;
  for (let at = place.from; at + 4 <= place.to; at += 4) list.push([u16(bytes, at), u16(bytes, at + 2)]);
  return list;
}

/**
 * Families that forward packets: unicast, and SAFI 3, formerly unicast and multicast (RFC 2858). Others are left out.
 */
function familyAt(bytes: Uint8Array, at: number): Family | undefined {
  const safi = bytes[at + 2];
  if (safi !== 1 && safi !== 3) return undefined;
  const afi = u16(bytes, at);
  if (afi === 1) return 'ipv4';
  return afi === 2 ? 'ipv6' : undefined;
}

/** RFC 4760 section 4. */
function readUnreach(bytes: Uint8Array, place: Place | undefined): readonly Nlri[] | undefined {
  if (place === undefined) return [];
  if (place.from + 3 > place.to) return undefined;
  const family = familyAt(bytes, place.from);
  return family === undefined ? [] : readNlri(bytes, place.from + 3, place.to, family);
}

/** RFC 4760 section 3, RFC 2545 section 3. */
function readReach(bytes: Uint8Array, place: Place | undefined): Announced | undefined {
  const nothing: Announced = { nextHop: '', prefixes: [] };
  if (place === undefined) return nothing;
  if (place.from + 4 > place.to) return undefined;
  const family = familyAt(bytes, place.from);
  if (family === undefined) return nothing;
  const octets = bytes[place.from + 3] ?? 0;
  // The octet after the next hop is reserved and ignored.
  const nlri = place.from + 5 + octets;
  if (!NEXT_HOP_OCTETS.has(octets) || nlri > place.to) return undefined;
  const prefixes = readNlri(bytes, nlri, place.to, family);
  return prefixes && { nextHop: nextHopText(bytes, place.from + 4, octets), prefixes };
}

function nextHopText(bytes: Uint8Array, at: number, octets: number): string {
  switch (octets) {
    case 4:
      return addressAt(bytes, at, 4);
    case 24:
      return hopText(bytes, at + 8);
    case 32:
      return `${hopText(bytes, at)},${hopText(bytes, at + 16)}`;
    case 48:
      return `${hopText(bytes, at + 8)},${hopText(bytes, at + 32)}`;
    default:
      return hopText(bytes, at);
  }
}

/** Next hops are printed as inet_ntop does: an IPv4-mapped one ends in a dotted quad (RFC 5952 section 5). */
function hopText(bytes: Uint8Array, at: number): string {
  const isMapped = u32(bytes, at) === 0 && u32(bytes, at + 4) === 0 && u32(bytes, at + 8) === 0xffff;
  return isMapped ? `::ffff:${addressAt(bytes, at + 12, 4)}` : addressAt(bytes, at, 16);
}

function no(reason: string): ReadUpdate {
  return { ok: false, reason };
}
