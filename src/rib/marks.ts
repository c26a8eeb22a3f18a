import { asnOf, type Asn } from '../bgp/asn.ts';
import { originsOf, upstreamOf, type AsPath } from '../bgp/as-path.ts';
import { contains, type Prefix, type PrefixText } from '../bgp/prefix.ts';
import type { Territory } from '../territory/territory.ts';

/**
 * Upstreams, origins and prefixes are only counted for territories with at most this many units. For tens of thousands
 * of units such lists are not readable, and every voter would need counters for each.
 */
export const MAX_DETAILED_UNITS = 256;

/** A property of a route: an upstream, an origin or a prefix. */
export type Mark =
  | { readonly kind: 'upstream'; readonly unit: number; readonly asn: Asn }
  /** An origin that does not count; if every origin counts, any origin. */
  | { readonly kind: 'origin'; readonly unit: number; readonly asn: Asn }
  | { readonly kind: 'prefix'; readonly prefix: PrefixText };

/**
 * Only routes inside the territory's blocks show its upstreams and origins; a covering route belongs to another
 * network.
 */
export function marksOf(
  territory: Territory,
  route: { prefix: Prefix; path: AsPath; units: readonly number[]; counts: boolean },
): string[] {
  if (!territory.blocks.some((block) => contains(block, route.prefix))) return [];
  const upstream = route.counts ? upstreamOf(route.path) : undefined;
  const origins = route.counts && territory.origins.length > 0 ? [] : originsOf(route.path);
  const marks = route.counts ? [`prefix ${route.prefix.text}`] : [];
  for (const unit of route.units) {
    if (upstream !== undefined) marks.push(`upstream ${unit} ${upstream}`);
    for (const asn of origins) marks.push(`origin ${unit} ${asn}`);
  }
  return marks;
}

/** Reads a mark as it is written in the state. */
export function parseMark(mark: string): Mark {
  const [kind, first, second] = mark.split(' ');
  if (kind === 'prefix') return { kind, prefix: first as PrefixText };
  const asn = asnOf(Number(second));
  if ((kind !== 'upstream' && kind !== 'origin') || asn === undefined) throw new Error(`no mark: ${mark}`);
  return { kind, unit: Number(first), asn };
}
