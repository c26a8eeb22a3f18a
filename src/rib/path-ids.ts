import type { Prefix } from '../bgp/prefix.ts';
import type { AdjRibIn } from './adj-rib-in.ts';
import { routeKey, type HeldRoute } from './route-table.ts';

/**
 * Routes with path identifiers beside routes without, in one session's table.
 *
 * A session uses path identifiers or not; this is agreed when it opens (RFC 7911 section 4). Still, both forms meet in
 * one table: some daemons (FRR, GoBGP) dump with identifiers and write their updates without, and RIS Live's JSON never
 * has them. If keys were compared as they are, a plain withdrawal would match no route, and an outage would be missed.
 * If all old routes were removed, that would be a false outage, because such a writer never sends them again. So:
 *
 * - **Updates of one form after updates of the other** (seen at an announcement): the session was opened again without
 *   a report of it, so its old routes are gone; or a writer changed its form. It is not known which, so the session is
 *   unknown.
 * - **A withdrawal without an identifier, of a prefix with one route that has one**: the writer left the identifier
 *   out. It can mean no other route, so that route is removed.
 * - **A withdrawal without, of a prefix with several routes that have one**: it is not known which path it means.
 *   Removing all of them may be a false outage, removing one may miss an outage, so the session is unknown.
 * - **A withdrawal with an identifier, of a prefix with a route without**: a dump without identifiers has only the best
 *   of several paths. It is not known whether the last one is gone, so the session is unknown.
 * - **An announcement in one form, beside dumped routes in the other**: the prefix is there in both cases. A plain
 *   announcement replaces a single route with an identifier; otherwise both routes stay.
 *
 * An unknown session is a gap of that peer: it has no vote until a dump or an End-of-RIB shows its table.
 */
export interface FormClash {
  readonly isUnknown: boolean;
  /** The same route in the other form: the new message is about them. */
  readonly twins: readonly HeldRoute[];
}

/** A route that a session sends now. */
export interface SentRoute {
  readonly type: 'rib' | 'announcement' | 'withdrawal';
  readonly prefix: Prefix;
  readonly pathId: number | undefined;
}

const NONE: FormClash = { isUnknown: false, twins: [] };
const UNKNOWN: FormClash = { isUnknown: true, twins: [] };

/** What a new route means for the routes that this session has in the other form. */
export function formClash(rib: AdjRibIn, route: SentRoute): FormClash {
  const { type, pathId } = route;
  const others = pathId === undefined ? rib.routes.sizeWithPathId : rib.routes.size - rib.routes.sizeWithPathId;
  if (others === 0) return NONE;
  const same = inOtherForm(rib, route);
  // The end of a dump removes what the dump did not confirm, so both routes stay until then. A newer message wins.
  if (type === 'rib') return { isUnknown: false, twins: same };

  const live = same.filter(({ path }) => path !== undefined);
  if (type === 'announcement') {
    if (rib.routes.updated(pathId === undefined ? 'withPathId' : 'plain') > 0) return UNKNOWN;
    return { isUnknown: false, twins: pathId === undefined && live.length === 1 ? live : [] };
  }
  if (live.length === 0) return NONE;
  return pathId === undefined && live.length === 1 ? { isUnknown: false, twins: live } : UNKNOWN;
}

function inOtherForm(rib: AdjRibIn, { prefix, pathId }: SentRoute): readonly HeldRoute[] {
  if (pathId === undefined) return [...rib.routes.withPathIdTo(prefix.text)];
  const plain = rib.routes.get(routeKey(prefix, undefined));
  return plain === undefined ? [] : [plain];
}
