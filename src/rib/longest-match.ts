import type { Asn } from '../bgp/asn.ts';
import { prefixOf, type Prefix, type PrefixText } from '../bgp/prefix.ts';
import { SHORTEST_COVERING } from '../territory/territory.ts';
import type { AdjRibIn } from './adj-rib-in.ts';
import type { HeldRoute } from './route-table.ts';

/**
 * Which units a session sees: by longest match (RFC 1812 section 5.2.4.3), enough of the unit's addresses lead to an
 * origin that counts. If it has only counting routes to whole units, one of them is enough, without a match.
 */
export class LongestMatch {
  readonly #units: readonly Prefix[];
  readonly #coveredAt: number;
  readonly #turned: (rib: AdjRibIn, unit: number, sees: boolean) => void;
  /** By unit: prefixes that cover all of it, longest first, where that was asked. */
  readonly #covering: (readonly PrefixText[] | undefined)[] = [];

  /**
   * @param coveredAt least share of a unit's addresses for the unit to count as seen.
   * @param turned called when a session starts or stops seeing a unit.
   */
  constructor(
    units: readonly Prefix[],
    coveredAt: number,
    turned: (rib: AdjRibIn, unit: number, sees: boolean) => void,
  ) {
    this.#units = units;
    this.#coveredAt = coveredAt;
    this.#turned = turned;
  }

  /** A route replaces another of the same prefix. Call this after the table has changed. */
  replace(rib: AdjRibIn, before: HeldRoute | undefined, held: HeldRoute | undefined): void {
    const route = held ?? before;
    if (route === undefined) return;
    const by = Number(held?.counts === true) - Number(before?.counts === true);
    if (route.isPart) for (const unit of route.units) rib.parts.replace(unit, before, held);
    else {
      const foreign = Number(isForeign(held)) - Number(isForeign(before));
      if (by === 0 && foreign === 0) return;
      rib.foreign += foreign;
    }
    for (const unit of route.units) {
      if (by !== 0) rib.cover[unit] = (rib.cover[unit] ?? 0) + by;
      const sees = this.#sees(rib, unit);
      if (sees === (rib.sees[unit] === 1)) continue;
      rib.sees[unit] = sees ? 1 : 0;
      rib.seen += sees ? 1 : -1;
      this.#turned(rib, unit, sees);
    }
  }

  #sees(rib: AdjRibIn, unit: number): boolean {
    const isCovered = (rib.cover[unit] ?? 0) > 0;
    if (!rib.parts.has(unit)) return isCovered && (rib.foreign === 0 || this.#isWholeRight(rib, unit));
    const prefix = this.#units[unit];
    return prefix !== undefined && rib.parts.reckon(unit, prefix, this.#isWholeRight(rib, unit)) >= this.#coveredAt;
  }

  /** Whether the longest route to all of this unit counts. */
  #isWholeRight(rib: AdjRibIn, index: number): boolean {
    const unit = this.#units[index];
    if (unit === undefined) return false;
    for (const text of (this.#covering[index] ??= coveringTexts(unit))) {
      const plain = rib.routes.get(text);
      let isThere = plain?.path !== undefined;
      let counts = isThere && plain?.counts === true;
      // A prefix may have several paths: one that counts is enough.
      for (const route of rib.routes.withPathIdTo(text)) {
        isThere ||= route.path !== undefined;
        counts ||= route.path !== undefined && route.counts;
      }
      if (isThere) return counts;
    }
    return false;
  }
}

/** Voters for which only a part of some unit leads to an origin that counts. */
export interface PartialSight {
  readonly voters: number;
  /** The largest such part of a unit's addresses at any voter. */
  readonly largest: number;
}

/** `undefined` when there is no such voter. */
export function partialSight(ribs: Iterable<AdjRibIn>): PartialSight | undefined {
  const voters = new Set<Asn>();
  let largest = 0;
  for (const { votes, parts, peer } of ribs) {
    if (!votes || parts.size === 0) continue;
    for (const [, share] of parts.shares()) {
      if (share <= 0 || share >= 1) continue;
      voters.add(peer.asn);
      largest = Math.max(largest, share);
    }
  }
  return voters.size === 0 ? undefined : { voters: voters.size, largest };
}

function isForeign(route: HeldRoute | undefined): boolean {
  return route?.path !== undefined && !route.counts;
}

/** Prefix lengths, longest first, down to the shortest that concerns a unit. */
function coveringTexts(unit: Prefix): readonly PrefixText[] {
  const texts: PrefixText[] = [];
  for (let length = unit.length; length >= SHORTEST_COVERING; length--)
    texts.push(prefixOf(unit.family, unit.words, length).text);
  return texts;
}
