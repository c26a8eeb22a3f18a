import type { RouteElement, WithdrawalElement } from '../bgp/element.ts';
import type { AdjRibIn } from '../rib/adj-rib-in.ts';
import { routeKey, type HeldRoute } from '../rib/route-table.ts';
import { formClash } from '../rib/path-ids.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import { DUMP_BACKLOG_MS } from '../policy/fixed.ts';

/**
 * The result for a route. `held`: stored, or older than the stored one. `full`: the table has no room for it.
 * `changed-form`: it has a path identifier and the others have none, or the reverse, so the state of the others is not
 * known (see `FormClash`).
 */
export type Held = 'held' | 'full' | 'changed-form';

/** Stores a session's route or withdrawal of one prefix. A message older than the stored one changes nothing. */
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
  const isStored = view.put(rib, { prefix, pathId, path, at, dumped });
  // The same route under another key. It is removed after the new one was added, and its withdrawal is evidence.
  if (!dumped) {
    for (const { pathId: other } of twins) {
      view.put(rib, { prefix, pathId: other, path: undefined, at, dumped });
      const gone = rib.routes.get(routeKey(prefix, other));
      if (gone !== undefined) view.drop(rib, gone);
    }
  }
  if (!isStored) return 'full';
  return isUnknown ? 'changed-form' : 'held';
}
