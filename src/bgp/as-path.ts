import { asnOf, type Asn } from './asn.ts';

/**
 * An AS_PATH (RFC 4271 section 4.3) after the merge with AS4_PATH (RFC 6793 section 4.2.3): one entry per AS of its
 * sequences, with prepends; an AS_SET is one entry, sorted upward. Confederation segments (RFC 5065) are left out: they
 * are private to the peer. Empty when the peer originates the route itself over iBGP, or none was sent.
 */
export type AsPath = readonly PathEntry[];

/** One AS, or the members of an AS_SET. */
export type PathEntry = Asn | readonly Asn[];

/** The origin AS: the last entry. An AS_SET leaves it open, so all its members come back. */
export function originsOf(path: AsPath): readonly Asn[] {
  const last = path.at(-1);
  if (last === undefined) return [];
  return typeof last === 'number' ? [last] : last;
}

/**
 * The upstream: the AS to which the origin announced. It is the entry before the leftmost occurrence of the origin;
 * entries after that were prepended or inserted by the origin (a poisoned path). `undefined`: there is none, or it is a
 * set.
 */
export function upstreamOf(path: AsPath): Asn | undefined {
  const origin = path.at(-1);
  const upstream = path[path.findIndex((entry) => entry === origin) - 1];
  return typeof upstream === 'number' ? upstream : undefined;
}

/** The form that routers print: `30844 3356 1239 4837 131279`, an AS_SET as `{64500,64501}`. */
export function pathText(path: AsPath): string {
  return path.map((entry) => (typeof entry === 'number' ? String(entry) : `{${entry.join(',')}}`)).join(' ');
}

/** Reads what `pathText` writes, with one space between entries; `undefined` when it is anything else. */
export function parseAsPath(text: string): AsPath | undefined {
  const words = text === '' ? [] : text.split(' ');
  return asPathOf(words.map(entryOf), decimalAsn);
}

/**
 * A path from a list of entries. An AS_SET is a nested list; its members are sorted ascending.
 *
 * @param memberOf reads one AS number; `undefined`: it is not one, and the whole path is `undefined`.
 */
export function asPathOf(
  entries: readonly unknown[],
  memberOf: (value: unknown) => Asn | undefined,
): AsPath | undefined {
  const path: PathEntry[] = [];
  for (const entry of entries) {
    const read = Array.isArray(entry) ? setOf(entry, memberOf) : memberOf(entry);
    if (read === undefined) return undefined;
    path.push(read);
  }
  return path;
}

function setOf(entries: readonly unknown[], memberOf: (value: unknown) => Asn | undefined): readonly Asn[] | undefined {
  const members: Asn[] = [];
  for (const entry of entries) {
    const member = memberOf(entry);
    if (member === undefined) return undefined;
    members.push(member);
  }
  return members.sort((a, b) => a - b);
}

/** `{64500,64501}` is a list of words. */
function entryOf(word: string): string | readonly string[] {
  if (!word.startsWith('{') || !word.endsWith('}')) return word;
  return word === '{}' ? [] : word.slice(1, -1).split(',');
}

/** Decimal digits, of a number that is exact. */
function decimalAsn(word: unknown): Asn | undefined {
  return typeof word === 'string' && /^\d{1,15}$/.test(word) ? asnOf(Number(word)) : undefined;
}
