import type { Prefix } from '../bgp/prefix.ts';
import type { AdjRibIn } from './adj-rib-in.ts';
import { routeKey, type HeldRoute } from './route-table.ts';

/**
 * Routes with path identifiers beside routes without, in one session's table.
 *
 * Path identifiers are agreed on when a session opens (RFC 7911 section 4), so within one session all routes have them
 * or none has. Still, both forms meet in one table: some daemons dump with identifiers and write their updates without
 * (FRR, GoBGP), and RIS Live's JSON never has them. Key by key, a plain withdrawal would then name a route that is not
 * held, be passed over, and an outage would be missed. To call all old routes gone would be a false outage, because
 * such a writer never tells them again. So:
 *
 * - **Updates of one form after updates of the other** (seen at an announcement): the session was opened anew without a
 *   word about it. Its old routes are gone, or a writer changed its ways. Which of the two is not known: the session is
 *   unknown.
 * - **A withdrawal without an identifier, of a prefix with one route that has one**: the writer left the identifier
 * out.   There is no other route it could mean, so that route goes.
 * - **A withdrawal without, of a prefix with several routes that have one**: which path it means is not known. Calling
 * all   of them gone may be a false outage, calling one gone a missed one: the session is unknown.
 * - **A withdrawal with an identifier, of a prefix with a route without**: a dump without identifiers has only the best
 * of   several paths, so whether the last one went is not known: the session is unknown.
 * - **An announcement in either form, beside dumped routes in the other**: the prefix is there, whichever is meant. A
 * plain   one replaces a single route with an identifier; otherwise both are kept.
 *
 * Unknown is a gap of that peer: it has no vote until a dump or an End-of-RIB says what its table is.
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
  // A dump ends with what it does not confirm, so both are kept until then; but a newer word about the prefix wins.
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
