import type { AsPath } from '../../../src/bgp/as-path.ts';
import { AS_TRANS } from '../../../src/bgp/asn.ts';
import type { Family } from '../../../src/bgp/prefix.ts';
import { addressAt } from '../../bgp-message/address.ts';
import { mergedPath, readAsPath } from '../../bgp-message/as-path.ts';
import { ATTRIBUTE, NO_MP, splitUpdate, walkAttributes, type Attributes } from '../../bgp-message/attributes.ts';
import { kindAt, readReach, readUnreach } from '../../bgp-message/multiprotocol.ts';
import { readNlri, type Nlri } from '../../bgp-message/nlri.ts';
import type { OctetRange } from '../../bgp-message/octet-range.ts';
import { u16, u32 } from '../../mrt/record/octets.ts';

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

const ORIGINS: readonly Origin[] = ['IGP', 'EGP', 'INCOMPLETE'];
const NO_NLRI = 'NLRI malformed (RFC 7606 section 5.3)';

/** Reads the body of an UPDATE, all of `bytes[from..to)`. It reads the message completely, or reports why not. */
export function readUpdate(bytes: Uint8Array, from: number, to: number, dialect: Dialect): ReadUpdate {
  const parts = splitUpdate({ bytes, from, to });
  if (typeof parts === 'string') return no(parts);
  const attributes = walkAttributes(parts.attributes);
  if (typeof attributes === 'string') return no(attributes);
  const withdrawn = readNlri(parts.withdrawn, 'ipv4');
  const announced = readNlri(parts.announced, 'ipv4');
  if (withdrawn === undefined || announced === undefined) return no(NO_NLRI);
  const unreach = readUnreach(attributes.at(ATTRIBUTE.mpUnreach));
  const reach = readReach(attributes.at(ATTRIBUTE.mpReach));
  if (unreach === undefined || reach === undefined) return no(NO_MP);

  const hop = attributes.at(ATTRIBUTE.nextHop);
  const groups: Announced[] = [];
  if (announced.length > 0)
    groups.push({ nextHop: hop === undefined ? '' : addressAt(bytes, hop.from, 4), prefixes: announced });
  if (reach.prefixes.length > 0) groups.push({ nextHop: nextHopText(reach.nextHop), prefixes: reach.prefixes });
  const routes: Routes = {
    withdrawn: withdrawn.length === 0 ? unreach : [...withdrawn, ...unreach],
    announced: groups,
    hasOwnNlri: announced.length > 0,
  };
  const endOfRib = routes.withdrawn.length + groups.length === 0 ? familyThatEnds(attributes) : undefined;
  return describe(attributes, { ...routes, endOfRib }, dialect);
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
function familyThatEnds(attributes: Attributes): Family | undefined {
  if (attributes.count === 0) return 'ipv4';
  const unreach = attributes.at(ATTRIBUTE.mpUnreach);
  const kind = attributes.count === 1 && unreach !== undefined ? kindAt(unreach) : undefined;
  return kind?.decides === true ? kind.family : undefined;
}

function describe(attributes: Attributes, routes: Routes, { asWidth, isExternal }: Dialect): ReadUpdate {
  const { withdrawn, announced, hasOwnNlri, endOfRib } = routes;
  const path = readPath(attributes, asWidth);
  const origin = readOrigin(attributes.at(ATTRIBUTE.origin));
  if (announced.length > 0) {
    const reason = faultOf(attributes, { path, origin, hasOwnNlri, isExternal });
    if (reason !== undefined) return no(reason);
  }
  const med = attributes.at(ATTRIBUTE.med);
  return {
    ok: true,
    update: {
      withdrawn,
      announced,
      path: path ?? [],
      communities: readCommunities(attributes.at(ATTRIBUTE.communities)),
      origin,
      med: med !== undefined && med.to - med.from === 4 ? u32(med.bytes, med.from) : undefined,
      aggregator: readAggregator(attributes, asWidth),
      endOfRib,
    },
  };
}

function readOrigin(value: OctetRange | undefined): Origin | undefined {
  return value !== undefined && value.to - value.from === 1 ? ORIGINS[value.bytes[value.from] ?? 3] : undefined;
}

interface Route {
  readonly path: AsPath | undefined;
  readonly origin: Origin | undefined;
  readonly hasOwnNlri: boolean;
  readonly isExternal: boolean;
}

/** Why a router would not accept the announced routes (RFC 7606 sections 3 and 7). */
function faultOf(attributes: Attributes, { path, origin, hasOwnNlri, isExternal }: Route): string | undefined {
  const hop = attributes.at(ATTRIBUTE.nextHop);
  const asPath = attributes.at(ATTRIBUTE.asPath);
  const communities = attributes.at(ATTRIBUTE.communities);
  if (attributes.at(ATTRIBUTE.origin) === undefined || asPath === undefined || (hasOwnNlri && hop === undefined)) {
    return 'mandatory attribute missing (RFC 7606 section 3.d)';
  }
  if (origin === undefined) return 'ORIGIN malformed (RFC 7606 section 7.1)';
  if (path === undefined) return 'AS_PATH malformed (RFC 7606 section 7.2)';
  if (asPath.from === asPath.to && isExternal) return 'AS_PATH empty from an external peer (RFC 4271 section 5.1.2)';
  if (hop !== undefined && hop.to - hop.from !== 4) return 'NEXT_HOP malformed (RFC 7606 section 7.3)';
  if (communities !== undefined && (communities.to - communities.from) % 4 !== 0) {
    return 'COMMUNITIES malformed (RFC 7606 section 7.8)';
  }
  return attributes.hasUnknownWellKnown ? 'unknown well-known attribute (RFC 4271 section 6.3)' : undefined;
}

function readPath(attributes: Attributes, width: 2 | 4): AsPath | undefined {
  const at = attributes.at(ATTRIBUTE.asPath);
  const path = at && readAsPath(at, width);
  const as4At = width === 2 ? attributes.at(ATTRIBUTE.as4Path) : undefined;
  if (path === undefined || as4At === undefined || ignoresAs4(attributes)) return path;
  const as4 = readAsPath(as4At, 4);
  return as4 === undefined ? path : mergedPath(path, as4);
}

/** RFC 6793 section 4.2.3: an AGGREGATOR other than AS_TRANS shows that the path was rewritten after AS4_PATH. */
function ignoresAs4(attributes: Attributes): boolean {
  const aggregator = attributes.at(ATTRIBUTE.aggregator);
  if (aggregator === undefined || attributes.at(ATTRIBUTE.as4Aggregator) === undefined) return false;
  return aggregator.to - aggregator.from >= 2 && u16(aggregator.bytes, aggregator.from) !== AS_TRANS;
}

function readAggregator(attributes: Attributes, width: 2 | 4): string | undefined {
  const at = attributes.at(ATTRIBUTE.aggregator);
  if (at === undefined || at.to - at.from !== width + 4) return undefined;
  const { bytes } = at;
  const asn = width === 4 ? u32(bytes, at.from) : u16(bytes, at.from);
  const as4 = attributes.at(ATTRIBUTE.as4Aggregator);
  if (width === 2 && asn === AS_TRANS && as4 !== undefined && as4.to - as4.from === 8) {
    return `${u32(bytes, as4.from)}:${addressAt(bytes, as4.from + 4, 4)}`;
  }
  return `${asn}:${addressAt(bytes, at.from + width, 4)}`;
}

function readCommunities(value: OctetRange | undefined): readonly (readonly [number, number])[] {
  const list: [number, number][] = [];
  if (value === undefined) return list;
  const { bytes, from, to } = value;
  for (let at = from; at + 4 <= to; at += 4) list.push([u16(bytes, at), u16(bytes, at + 2)]);
  return list;
}

function nextHopText({ bytes, from: at, to }: OctetRange): string {
  switch (to - at) {
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
