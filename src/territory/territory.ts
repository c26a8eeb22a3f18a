import type { Asn } from '../bgp/asn.ts';
import {
  comparePrefixes,
  contains,
  familyBits,
  overlaps,
  prefixOf,
  type AddressWords,
  type Family,
  type Prefix,
} from '../bgp/prefix.ts';

/** The address blocks watched together, and the origin ASes whose routes count: a country, a network. */
export interface Territory {
  /** `KP`: upper-case letters, digits and `-`, at most 32. Part of event subjects and of keys. */
  readonly id: string;
  /** For people: `North Korea`. */
  readonly name: string;
  /** They do not overlap. */
  readonly blocks: readonly Prefix[];
  /** Empty: any origin counts. */
  readonly origins: readonly Asn[];
  /** IANA name of the local time zone, `Asia/Pyongyang`. */
  readonly timeZone: string | undefined;
}

/** The two address families, in the order in which they are reported. */
export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** Blocks are cut into units of this length: the Internet seldom routes smaller prefixes. */
export const UNIT_LENGTH: Readonly<Record<Family, number>> = { ipv4: 24, ipv6: 48 };

/** More units than this per territory and family is refused: every voter keeps a counter for each. */
export const MAX_UNITS = 65_536;

/** Less specific routes down to this length count as covering; a default route never does. */
export const SHORTEST_COVERING = 8;

/** How many units the territory's blocks of this family are cut into. A block smaller than a unit is one. */
export function countUnits(territory: Pick<Territory, 'blocks'>, family: Family): number {
  return territory.blocks
    .filter((block) => block.family === family)
    .reduce((sum, block) => sum + 2 ** Math.max(0, UNIT_LENGTH[family] - block.length), 0);
}

/** The blocks of one family in address order. */
export function blocksOf(territory: Pick<Territory, 'blocks'>, family: Family): readonly Prefix[] {
  return territory.blocks.filter((block) => block.family === family).sort(comparePrefixes);
}

/** The units of one family in address order. A block longer than a unit is a unit as it is. */
export function unitsOf(territory: Pick<Territory, 'blocks'>, family: Family): readonly Prefix[] {
  return blocksOf(territory, family).flatMap((block) => cut(block, UNIT_LENGTH[family]));
}

/**
 * Whether a route to this prefix can concern the territory. The prefilter and the route table keep only such routes.
 */
export function concerns(territory: Pick<Territory, 'blocks'>, prefix: Prefix): boolean {
  return prefix.length >= SHORTEST_COVERING && territory.blocks.some((block) => overlaps(block, prefix));
}

/** The test that a source applies to prefixes: whether one concerns any of these blocks. */
export function watching(blocks: readonly Prefix[] | 'everything'): (prefix: Prefix) => boolean {
  return blocks === 'everything' ? () => true : (prefix) => concerns({ blocks }, prefix);
}

/** Indices of the units that a route to this prefix covers completely or in part: a run. `units`: from `unitsOf`. */
export function covered(units: readonly Prefix[], prefix: Prefix): readonly number[] {
  if (prefix.length < SHORTEST_COVERING) return [];
  const found: number[] = [];
  const first = firstAtOrAfter(units, prefix);
  const before = units[first - 1];
  if (before !== undefined && contains(before, prefix)) found.push(first - 1);
  for (let i = first; i < units.length; i++) {
    const unit = units[i];
    if (unit === undefined || !contains(prefix, unit)) break;
    found.push(i);
  }
  return found;
}

function firstAtOrAfter(units: readonly Prefix[], prefix: Prefix): number {
  let low = 0;
  let high = units.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const unit = units[middle];
    if (unit !== undefined && comparePrefixes(unit, prefix) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function cut(block: Prefix, length: number): readonly Prefix[] {
  if (block.length >= length) return [block];
  const count = 2 ** (length - block.length);
  return Array.from({ length: count }, (_, i) => prefixOf(block.family, added(block.words, i, length), length));
}

/** The network address plus `i` times the size of a prefix of this length. Units are at most /48, so two words carry it. */
function added(words: AddressWords, i: number, length: number): AddressWords {
  if (length <= 32) return [words[0] + i * 2 ** (32 - length), words[1], words[2], words[3]];
  const low = words[1] + i * 2 ** (64 - length);
  return [words[0] + Math.floor(low / 2 ** 32), low % 2 ** 32, words[2], words[3]];
}

/** Every block starts at its network address and has a length its family allows; `prefixOf` and `parsePrefix` see to it. */
export function isWholeBlock(block: Prefix): boolean {
  return block.length >= SHORTEST_COVERING && block.length <= familyBits(block.family);
}
