import { u16 } from '../mrt/record/octets.ts';
import type { OctetRange } from './octet-range.ts';

/** Types of path attributes (RFC 4271 section 5.1, RFC 1997, RFC 4760, RFC 6793). */
export const ATTRIBUTE = {
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

/** Why MP_REACH_NLRI or MP_UNREACH_NLRI cannot be read. */
export const NO_MP = 'MP_REACH_NLRI or MP_UNREACH_NLRI malformed (RFC 4760)';

const EXTENDED_LENGTH = 0x10;
const OPTIONAL = 0x80;
/** The last attribute type that IANA had assigned when this was written. */
const LAST_ASSIGNED = 42;

/** The three parts of an UPDATE. */
export interface UpdateParts {
  readonly withdrawn: OctetRange;
  readonly attributes: OctetRange;
  readonly announced: OctetRange;
}

/** Divides the body of an UPDATE (RFC 4271 section 4.3); a text says why that is not possible. */
export function splitUpdate({ bytes, from, to }: OctetRange): UpdateParts | string {
  const withdrawnEnd = from + 2 + u16(bytes, from);
  const attributes = withdrawnEnd + 2;
  if (attributes > to) return 'withdrawn routes reach beyond the message (RFC 4271 section 4.3)';
  const attributesEnd = attributes + u16(bytes, withdrawnEnd);
  if (attributesEnd > to) return 'path attributes reach beyond the message (RFC 4271 section 4.3)';
  return {
    withdrawn: { bytes, from: from + 2, to: withdrawnEnd },
    attributes: { bytes, from: attributes, to: attributesEnd },
    announced: { bytes, from: attributesEnd, to },
  };
}

/** Where the values of path attributes are. */
export interface Attributes {
  readonly count: number;
  readonly hasUnknownWellKnown: boolean;
  /** The value of the first attribute of a type up to AS4_AGGREGATOR. */
  at(code: number): OctetRange | undefined;
}

/**
 * Walks over path attributes (RFC 4271 section 4.3); a text says why that is not possible. If an attribute appears
 * twice, the first counts (RFC 7606 section 3.g).
 */
export function walkAttributes({ bytes, from, to: end }: OctetRange): Attributes | string {
  const found: (OctetRange | undefined)[] = [];
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
    if (code > ATTRIBUTE.as4Aggregator) hasUnknownWellKnown ||= (flags & OPTIONAL) === 0 && code > LAST_ASSIGNED;
    else if (found[code] === undefined) found[code] = { bytes, from: value, to };
    else if (code === ATTRIBUTE.mpReach || code === ATTRIBUTE.mpUnreach) return NO_MP;
    at = to;
  }
  return { count, hasUnknownWellKnown, at: (code) => found[code] };
}
