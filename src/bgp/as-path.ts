import type { Asn } from './asn.ts';

/**
 * An AS_PATH (RFC 4271 section 4.3) after the merge with AS4_PATH (RFC 6793 section 4.2.3): one entry per AS of its
 * sequences, prepends kept; an AS_SET is one entry, sorted upward. Confederation segments (RFC 5065) are left out:
 * they are private to the peer. Empty when the peer originates the route itself over iBGP, or none was sent.
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
 * The AS that the origin announced to: the entry before the leftmost occurrence of the origin that ends the path, as what
 * stands behind that is prepended or put in by the origin (a poisoned path). `undefined` when there is none, or it is a set.
 */
export function upstreamOf(path: AsPath): Asn | undefined {
  const origin = path.at(-1);
  const upstream = path[path.findIndex((entry) => entry === origin) - 1];
  return typeof upstream === 'number' ? upstream : undefined;
}

/** As routers print it: `30844 3356 1239 4837 131279`, an AS_SET as `{64500,64501}`. */
export function pathText(path: AsPath): string {
  return path.map((entry) => (typeof entry === 'number' ? String(entry) : `{${entry.join(',')}}`)).join(' ');
}
