import type { Prefix } from '../../src/bgp/prefix.ts';
import { SHORTEST_COVERING } from '../../src/visibility/territory.ts';

/** What to let through: routes that concern these blocks, or all routes. */
export type Watch = readonly Prefix[] | 'everything';

/** Addresses are looked at to this many bits: all of IPv4, the /48 that IPv6 units are. Longer is let through. */
const SPACE_BITS = { ipv4: 32, ipv6: 48 } as const;

/**
 * Answers from the bytes of an NLRI whether a prefix can concern a watched block, as `concerns` in
 * src/visibility/territory.ts says it: overlap, down to a /8, never a default route. May say yes too often, never too
 * seldom.
 */
export interface Space {
  /** `bytes[at]` is the first of the prefix's address bytes, `length` its bits. */
  concerns(bytes: Uint8Array, at: number, length: number): boolean;
}

export function spaceOf(watch: Watch, family: 'ipv4' | 'ipv6'): Space {
  if (watch === 'everything') return { concerns: () => true };
  const blocks = watch.filter((block) => block.family === family && block.length >= SHORTEST_COVERING);
  return blocks.length === 0
    ? { concerns: () => false }
    : spaceOfRanges(rangesOf(blocks, SPACE_BITS[family]), SPACE_BITS[family]);
}

type Range = { first: number; last: number };

function spaceOfRanges(ranges: readonly Range[], bits: number): Space {
  const unit = 2 ** (bits - 16);
  // Almost every prefix ends here: nothing watched has these first 16 bits, or these first 8.
  const by16 = new Uint8Array(65_536);
  const by8 = new Uint8Array(256);
  for (const { first, last } of ranges) {
    by16.fill(1, Math.floor(first / unit), Math.floor(last / unit) + 1);
    by8.fill(1, Math.floor(first / unit / 256), Math.floor(last / unit / 256) + 1);
  }
  return {
    concerns(bytes, at, length) {
      const top = bytes[at] ?? 0;
      if (length < 16) return length >= SHORTEST_COVERING && by8[top] === 1 && touches(ranges, bytes, at, length, bits);
      return by16[(top << 8) | (bytes[at + 1] ?? 0)] === 1 && touches(ranges, bytes, at, length, bits);
    },
  };
}

function touches(ranges: readonly Range[], bytes: Uint8Array, at: number, length: number, bits: number): boolean {
  const used = Math.min(length, bits);
  let value = 0;
  for (let i = 0; i < bits / 8; i++) value = value * 256 + (i * 8 < used ? (bytes[at + i] ?? 0) : 0);
  const size = 2 ** (bits - used);
  const first = Math.floor(value / size) * size;
  const last = first + size - 1;

  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.last ?? 0) < first) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low];
  return range !== undefined && range.first <= last;
}

/** Disjoint ranges in ascending order. */
function rangesOf(blocks: readonly Prefix[], bits: number): readonly Range[] {
  const ranges = blocks.map((block) => rangeOf(block, bits)).sort((a, b) => a.first - b.first);
  const joined: Range[] = [];
  for (const range of ranges) {
    const before = joined.at(-1);
    if (before !== undefined && range.first <= before.last) before.last = Math.max(before.last, range.last);
    else joined.push({ ...range });
  }
  return joined;
}

function rangeOf(block: Prefix, bits: number): Range {
  const first = bits === 32 ? block.words[0] : block.words[0] * 65_536 + (block.words[1] >>> 16);
  const size = 2 ** (bits - Math.min(block.length, bits));
  return { first: Math.floor(first / size) * size, last: Math.floor(first / size) * size + size - 1 };
}
