import { u16, u8 } from '../mrt/record/octets.ts';
import { nlriKindOf, type NlriKind } from './nlri-kind.ts';
import { readNlri, type Nlri } from './nlri.ts';
import type { OctetRange } from './octet-range.ts';

/** Octets of next hop in MP_REACH_NLRI: an address, two, or each after a route distinguisher of 8 octets (RFC 4659). */
const NEXT_HOP_OCTETS = new Set([4, 16, 24, 32, 48]);

/** What an MP_REACH_NLRI announces. */
export interface MpReach {
  readonly nextHop: OctetRange;
  readonly prefixes: readonly Nlri[];
}

const NONE: readonly Nlri[] = [];
const NO_ROUTES: MpReach = { nextHop: { bytes: new Uint8Array(0), from: 0, to: 0 }, prefixes: NONE };

/**
 * The unicast routes of an MP_REACH_NLRI (RFC 4760 section 3, RFC 2545 section 3), if there is one; `undefined`:
 * malformed. Other families have none.
 */
export function readReach(value: OctetRange | undefined, addPath = false): MpReach | undefined {
  if (value === undefined) return NO_ROUTES;
  const { bytes, from, to } = value;
  if (from + 4 > to) return undefined;
  const kind = kindAt(value);
  if (kind === undefined) return NO_ROUTES;
  const octets = u8(bytes, from + 3);
  const nextHop = { bytes, from: from + 4, to: from + 4 + octets };
  // The octet after the next hop is reserved and ignored.
  const nlri = nextHop.to + 1;
  if (!NEXT_HOP_OCTETS.has(octets) || nlri > to) return undefined;
  const prefixes = unicastOf({ bytes, from: nlri, to }, kind, addPath);
  return prefixes && { nextHop, prefixes };
}

/** The unicast routes that an MP_UNREACH_NLRI (RFC 4760 section 4) withdraws, if there is one; `undefined`: malformed. */
export function readUnreach(value: OctetRange | undefined): readonly Nlri[] | undefined {
  if (value === undefined) return NONE;
  const { bytes, from, to } = value;
  if (from + 3 > to) return undefined;
  const kind = kindAt(value);
  return kind === undefined ? NONE : unicastOf({ bytes, from: from + 3, to }, kind, false);
}

/** The kind of the NLRI in an MP_REACH_NLRI or MP_UNREACH_NLRI; `undefined`: not plain prefixes. */
export function kindAt({ bytes, from }: OctetRange): NlriKind | undefined {
  return nlriKindOf(u16(bytes, from), u8(bytes, from + 2));
}

/** Multicast routes are left out, but read: if they are malformed, the rest may be damaged too. */
function unicastOf(nlri: OctetRange, { family, decides }: NlriKind, addPath: boolean): readonly Nlri[] | undefined {
  const prefixes = readNlri(nlri, family, addPath);
  return decides ? prefixes : prefixes && NONE;
}
