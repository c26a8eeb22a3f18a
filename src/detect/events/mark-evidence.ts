import type { HeldRoute } from '../../rib/route-table.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import type { VisibilityChange } from '../../rib/visibility-changes.ts';
import { keyOf, type Change } from '../changes/change-entry.ts';
import type { Evidence } from './event.ts';
import { changesByUnit, evidenceIn, evidenceOf } from './evidence.ts';
import { heldMessages } from './held-messages.ts';

/**
 * The messages behind a change of an upstream, an origin or a prefix, since the change began. For a mark that appeared:
 * announcements of routes that show it. For a mark that went: announcements of other routes to its networks, and
 * withdrawals.
 */
export function evidenceOfMark(view: TerritoryView, change: Change): Evidence {
  const { what, on, first, units } = change;
  if (what.kind === 'unit') throw new Error('a network is not a mark');
  const keys = new Set(
    what.kind === 'prefix' ? [keyOf(what)] : units.map((unit) => keyOf({ kind: what.kind, unit, asn: what.asn })),
  );
  const shows = ({ marks }: HeldRoute): boolean => marks.some((mark) => keys.has(mark));
  const of = what.kind === 'prefix' ? undefined : units;
  const since = heldMessages(view, { units: of, isMeant: (held) => held.at >= first && shows(held) === on });
  const losses = on ? [] : lossesOf(view, change);
  if (since.length + losses.length > 0) return evidenceIn([...since, ...losses].sort((a, b) => a.at - b.at));
  const held = heldMessages(view, { units: of, isMeant: (one) => one.path !== undefined && shows(one) === on });
  // A table dump may simply lack the route, without any message about these networks. The evidence is then the last
  // messages about the country.
  return held.length > 0 ? evidenceIn(held) : evidenceOf(view, { lost: !on, from: first });
}

function lossesOf(view: TerritoryView, { units, first }: Change): readonly VisibilityChange[] {
  const changesOf = changesByUnit(view.visibilityLog.stored);
  return units
    .flatMap((unit) => view.units[unit] ?? [])
    .flatMap((prefix) => changesOf(prefix).filter(({ lost, at }) => lost && at >= first));
}
