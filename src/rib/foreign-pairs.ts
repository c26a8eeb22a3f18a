import type { Asn } from '../bgp/asn.ts';
import { parseMark } from './marks.ts';
import type { AdjRibIn } from './adj-rib-in.ts';
import type { Tally } from './tally.ts';
import type { Territory } from '../territory/territory.ts';

/** The parts of a territory view that are needed. */
interface Viewed {
  readonly territory: Territory;
  readonly usualTable: number;
  readonly tally: Tally;
  readonly ribs: ReadonlyMap<string, AdjRibIn>;
  readonly visible: Readonly<Uint8Array>;
}

/**
 * Voters that have a route of an origin that does not count to a visible network, and do not see it: by AS, the indices
 * of these networks. Without a table, they are witnesses, too: that they have a route to it shows that they would see
 * it. With a table there are none: a voter that does not see it may never see it.
 */
export function foreignPairs(view: Viewed): ReadonlyMap<Asn, readonly number[]> {
  const pairs = new Map<Asn, number[]>();
  if (view.usualTable > 0 || view.territory.origins.length === 0) return pairs;
  const marks = [...view.tally.marks()].filter((mark) => mark.startsWith('origin '));
  if (marks.length === 0) return pairs;
  const seen = new Set<string>();
  for (const { votes, peer, sees } of view.ribs.values())
    if (votes) for (const [unit, is] of sees.entries()) if (is === 1) seen.add(`${peer.asn} ${unit}`);
  for (const mark of marks) {
    const parsed = parseMark(mark);
    if (parsed.kind !== 'origin' || view.visible[parsed.unit] !== 1) continue;
    for (const asn of view.tally.holders(mark)) {
      const key = `${asn} ${parsed.unit}`;
      if (seen.has(key)) continue;
      seen.add(key);
      pairs.set(asn, [...(pairs.get(asn) ?? []), parsed.unit]);
    }
  }
  return pairs;
}
