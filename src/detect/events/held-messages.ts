import { comparePrefixes } from '../../bgp/prefix.ts';
import type { HeldRoute } from '../../rib/route-table.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import { changeOf, type VisibilityChange } from '../../rib/visibility-changes.ts';
import { compareTexts } from '../../lib/compare-texts.ts';

/** The largest number of routes behind one event. */
const MOST_ROUTES = 262_144;

/** Which of the voters' routes to select. */
interface Meant {
  /** Only routes to one of these networks; `undefined`: to any network. */
  readonly units?: readonly number[] | undefined;
  readonly isMeant: (held: HeldRoute) => boolean;
}

/** The messages that announced the routes which voters hold now, or that withdrew them, in order of time. */
export function heldMessages(view: TerritoryView, { units, isMeant }: Meant): readonly VisibilityChange[] {
  const asked = units && new Set(units);
  const found: VisibilityChange[] = [];
  for (const rib of view.ribs.values()) {
    if (!rib.votes) continue;
    for (const held of rib.routes.values()) {
      if (found.length >= MOST_ROUTES) break;
      const isOfUnits = asked === undefined || held.units.some((unit) => asked.has(unit));
      if (isOfUnits && isMeant(held)) found.push(changeOf(rib, held, held.path === undefined));
    }
  }
  return found.sort((a, b) => a.at - b.at || compareTexts(a.peer.id, b.peer.id) || comparePrefixes(a.prefix, b.prefix));
}
