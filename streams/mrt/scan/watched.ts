import type { Family, Prefix } from '../../../src/bgp/prefix.ts';
import { SHORTEST_COVERING } from '../../../src/territory/territory.ts';

/** What to let through: routes that concern these blocks, or all routes. */
export type WatchedBlocks = readonly Prefix[] | 'everything';

/** Bits of an address that are compared: all of IPv4, and 48 of IPv6, the size of its units. Longer prefixes pass. */
const SPACE_BITS = { ipv4: 32, ipv6: 48 } as const;

/**
 * Answers from the bytes of an NLRI whether a prefix can concern a watched block, as `concerns` in
 * src/territory/territory.ts says it: overlap, down to a /8, never a default route. May say yes too often, never too
 * seldom.
 */
export interface AddressSpace {
  /** `bytes[at]` is the first of the prefix's address bytes, `length` its bits. */
  concerns(bytes: Uint8Array, at: number, length: number): boolean;
}

/** The addresses of one family for which routes concern the watched blocks. */
export function spaceOf(watch: WatchedBlocks, family: Family): AddressSpace {
  const bits = SPACE_BITS[family];
  return new RangeSpace(watchedRanges(watch, family), bits, watch === 'everything' ? 0 : SHORTEST_COVERING);
}

/** Addresses as numbers, of 32 bits or of 48. */
export type AddressRange = { first: number; last: number };

/** What is watched of a family: disjoint ranges in ascending order. */
export function watchedRanges(watch: WatchedBlocks, family: Family): readonly AddressRange[] {
  const bits = SPACE_BITS[family];
  if (watch === 'everything') return [{ first: 0, last: 2 ** bits - 1 }];
  const blocks = watch.filter((block) => block.family === family && block.length >= SHORTEST_COVERING);
  return rangesOf(blocks, bits);
}

/** A single class for all cases, so that the JIT compiler can inline the call. */
class RangeSpace implements AddressSpace {
  // Almost every prefix is rejected here: no watched block has its first 16 bits, or its first 8.
  readonly #by16 = new Uint8Array(65_536);
  readonly #by8 = new Uint8Array(256);
  readonly #ranges: readonly AddressRange[];
  readonly #bits: number;
  readonly #shortest: number;

  constructor(ranges: readonly AddressRange[], bits: number, shortest: number) {
    this.#ranges = ranges;
    this.#bits = bits;
    this.#shortest = shortest;
    const unit = 2 ** (bits - 16);
    for (const { first, last } of ranges) {
      this.#by16.fill(1, Math.floor(first / unit), Math.floor(last / unit) + 1);
      this.#by8.fill(1, Math.floor(first / unit / 256), Math.floor(last / unit / 256) + 1);
    }
  }

  concerns(bytes: Uint8Array, at: number, length: number): boolean {
    const top = bytes[at] ?? 0;
    const isNear =
      length < 16
        ? length >= this.#shortest && this.#by8[top] === 1
        : this.#by16[(top << 8) | (bytes[at + 1] ?? 0)] === 1;
    return isNear && touches(this.#ranges, bytes, at, length, this.#bits);
  }
}

// oxlint-disable-next-line max-params -- no object a record or route where millions pass
function touches(
  ranges: readonly AddressRange[],
  bytes: Uint8Array,
  at: number,
  length: number,
  bits: number,
): boolean {
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
function rangesOf(blocks: readonly Prefix[], bits: number): readonly AddressRange[] {
  const ranges = blocks.map((block) => rangeOf(block, bits)).sort((a, b) => a.first - b.first);
  const joined: AddressRange[] = [];
  for (const range of ranges) {
    const before = joined.at(-1);
    if (before !== undefined && range.first <= before.last) before.last = Math.max(before.last, range.last);
    else joined.push({ ...range });
  }
  return joined;
}

function rangeOf(block: Prefix, bits: number): AddressRange {
  const first = bits === 32 ? block.words[0] : block.words[0] * 65_536 + (block.words[1] >>> 16);
  const size = 2 ** (bits - Math.min(block.length, bits));
  return { first: Math.floor(first / size) * size, last: Math.floor(first / size) * size + size - 1 };
}
