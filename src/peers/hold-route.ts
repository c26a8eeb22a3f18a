import type { RouteElement, WithdrawalElement } from '../bgp/element.ts';
import type { AdjRibIn } from '../rib/adj-rib-in.ts';
import { routeKey, type HeldRoute } from '../rib/route-table.ts';
import { formClash } from '../rib/path-ids.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import { DUMP_BACKLOG_MS } from '../policy/fixed.ts';

/**
 * What became of a route: `held`, also where a newer word stands; `full`: the table has no room and it was not kept;
 * `changed-form`: it has a path identifier and the others have none, or the reverse, and what that means for those is not
 * known (see `FormClash`).
 */
export type Held = 'held' | 'full' | 'changed-form';

/** Puts what a session says of one prefix into its table. What is older than what it said before changes nothing. */
export function holdRoute(view: TerritoryView, rib: AdjRibIn, element: RouteElement | WithdrawalElement): Held {
  const { at, prefix, pathId } = element;
  const dumped = element.type === 'rib';
  const isNews = (held: HeldRoute): boolean =>
    held.at <= at && !(dumped && !held.dumped && at - held.at < DUMP_BACKLOG_MS);
  const before = rib.routes.get(routeKey(prefix, pathId));
  if (before !== undefined && !isNews(before)) return 'held';
  const { isUnknown, twins } = formClash(rib, element);
  if (!twins.every(isNews)) return 'held';

  const path = element.type === 'withdrawal' ? undefined : element.path;
  const isKept = view.put(rib, { prefix, pathId, path, at, dumped });
  // The same route under another key. It goes after the new one came, and what withdraws it is evidence.
  if (!dumped) {
    for (const { pathId: other } of twins) {
      view.put(rib, { prefix, pathId: other, path: undefined, at, dumped });
      const gone = rib.routes.get(routeKey(prefix, other));
      if (gone !== undefined) view.drop(rib, gone);
    }
  }
  if (!isKept) return 'full';
  return isUnknown ? 'changed-form' : 'held';
}
