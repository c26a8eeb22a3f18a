import type { Brand } from './brand.ts';

/** IPv4 and IPv6 are evaluated separately and never added together. */
export type Family = 'ipv4' | 'ipv6';

/** Canonical text of a prefix: no host bits, IPv6 as in RFC 5952. Two equal prefixes have equal text. */
export type PrefixText = Brand<string, 'PrefixText'>;

/** Four 32-bit words of an address, most significant first. IPv4 uses the first, the others are 0. */
export type AddressWords = readonly [number, number, number, number];

/** An IP prefix, as NLRI carry it (RFC 4271 section 4.3, RFC 4760 section 5). Host bits are always 0. */
export interface Prefix {
  readonly family: Family;
  /** Bits: 0–32 for IPv4, 0–128 for IPv6. */
  readonly length: number;
  readonly words: AddressWords;
  readonly text: PrefixText;
}

/** Bits of an address. */
export function familyBits(family: Family): 32 | 128 {
  return family === 'ipv4' ? 32 : 128;
}

/** Builds a prefix from the words of any address in it: host bits are cleared. */
export function prefixOf(family: Family, words: AddressWords, length: number): Prefix {
  const network: AddressWords = [
    masked(words[0], length),
    masked(words[1], length - 32),
    masked(words[2], length - 64),
    masked(words[3], length - 96),
  ];
  return { family, length, words: network, text: `${addressText(family, network)}/${length}` as PrefixText };
}

/**
 * Reads `192.0.2.0/24` or any spelling of an IPv6 prefix, as feeds write them; host bits are cleared. Strict: four
 * decimal octets without leading zeros, a length in range. Anything else is `undefined`.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const digits = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits)) return undefined;

  const address = parseAddress(text.slice(0, slash));
  const length = Number(digits);
  if (address === undefined || length > familyBits(address.family)) return undefined;
  return prefixOf(address.family, address.words, length);
}

/** Reads an IP address without a zone; `undefined`: not an address. */
export function parseAddress(text: string): { family: Family; words: AddressWords } | undefined {
  if (!text.includes(':')) {
    const word = parseQuad(text);
    return word === undefined ? undefined : { family: 'ipv4', words: [word, 0, 0, 0] };
  }
  const words = parseIpv6(text);
  return words === undefined ? undefined : { family: 'ipv6', words };
}

/** The canonical text of an address; `undefined`: not an address, or one with a zone. */
export function canonicalAddress(text: string): string | undefined {
  const parsed = parseAddress(text);
  return parsed === undefined ? undefined : addressText(parsed.family, parsed.words);
}

/** Dotted quad, or RFC 5952: lower case, the longest run of zero groups (the first of equals, two or more) as `::`. */
export function addressText(family: Family, words: AddressWords): string {
  if (family === 'ipv4') {
    const word = words[0];
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  }
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  const run = longestZeroRun(groups);
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

/** True when every address of `inner` lies in `outer`; equal prefixes contain each other. */
export function contains(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  return outer.words.every((word, i) => masked(inner.words[i] ?? 0, outer.length - 32 * i) === word);
}

/** True when one prefix contains the other. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return contains(a, b) || contains(b, a);
}

/** Order by family, address, then length: the order of a RIB. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family === 'ipv4' ? -1 : 1;
  for (let i = 0; i < 4; i++) {
    const difference = (a.words[i] ?? 0) - (b.words[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function masked(word: number, bits: number): number {
  if (bits >= 32) return word >>> 0;
  if (bits <= 0) return 0;
  return (word & (0xffff_ffff << (32 - bits))) >>> 0;
}

function parseQuad(text: string): number | undefined {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (octets === undefined) return undefined;
  let word = 0;
  for (const octet of octets) {
    if (octet.length > 1 && octet.startsWith('0')) return undefined;
    const value = Number(octet);
    if (value > 255) return undefined;
    word = word * 256 + value;
  }
  return word;
}

function parseIpv6(text: string): AddressWords | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;

  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return [pair(groups, 0), pair(groups, 2), pair(groups, 4), pair(groups, 6)];
}

/** The last group may be a dotted quad (RFC 4291 section 2.2), in the part that ends the address. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (isEnd && i === parts.length - 1 && part.includes('.')) {
      const quad = parseQuad(part);
      if (quad === undefined) return undefined;
      groups.push(quad >>> 16, quad & 0xffff);
      continue;
    }
    if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined;
    groups.push(Number.parseInt(part, 16));
  }
  return groups.length > 8 ? undefined : groups;
}

function pair(groups: readonly number[], at: number): number {
  return (groups[at] ?? 0) * 0x1_0000 + (groups[at + 1] ?? 0);
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}

function hex(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}
