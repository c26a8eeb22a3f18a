import type { AsPath, PathEntry } from '../../src/bgp/as-path.ts';
import type { Asn } from '../../src/bgp/asn.ts';
import { u16, u32 } from '../mrt/record/octets.ts';
import type { OctetRange } from './octet-range.ts';

/** Segment types, RFC 4271 section 4.3 and RFC 5065 section 3. */
const AS_SET = 1;
const AS_SEQUENCE = 2;
const AS_CONFED_SET = 4;

/**
 * Reads the value of an AS_PATH or AS4_PATH, all of it; `undefined` when it is malformed (RFC 7606
 * section 7.2): an unknown segment type, an empty segment, or one that reaches beyond the attribute.
 */
export function readAsPath({ bytes, from, to }: OctetRange, width: 2 | 4): AsPath | undefined {
  const path: PathEntry[] = [];
  for (let at = from; at < to;) {
    const type = bytes[at] ?? 0;
    const count = bytes[at + 1] ?? 0;
    const next = at + 2 + count * width;
    if (type < AS_SET || type > AS_CONFED_SET || count === 0 || next > to) return undefined;
    const members: Asn[] = [];
    for (at += 2; at < next; at += width) members.push((width === 4 ? u32(bytes, at) : u16(bytes, at)) as Asn);
    if (type === AS_SEQUENCE) path.push(...members);
    if (type === AS_SET) path.push(members.sort((a, b) => a - b));
  }
  return path;
}

/** The true path of a two-octet session, RFC 6793 section 4.2.3: AS4_PATH, and before it what it lacks. */
export function mergedPath(path: AsPath, as4: AsPath): AsPath {
  return as4.length > path.length ? path : [...path.slice(0, path.length - as4.length), ...as4];
}
