import type { GapElement, RouteElement, WithdrawalElement } from '../bgp/element.ts';
import type { EventTime } from '../bgp/time.ts';
import { routeKey } from '../rib/route-table.ts';
import type { ConcernedViews } from '../rib/concerned-views.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import { FAMILIES } from '../territory/territory.ts';
import type { Effect } from './effect.ts';
import type { Probation } from './probation.ts';
import { stateMissing, stateResent, type Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { Votes } from './votes.ts';

interface Parts {
  readonly views: readonly TerritoryView[];
  readonly concerned: ConcernedViews;
  readonly sessions: Sessions;
  readonly probation: Probation;
  readonly votes: Votes;
}

/**
 * Messages that could not be read, but whose routes are known: a malformed attribute (RFC 7606 "treat-as-withdraw"; an
 * observer does not know what the router did). The peer has no vote until it has sent each of these routes again. No
 * other route of it was missed.
 */
export class MissedRoutes {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** These routes of a peer are in doubt from now on. Routes that concern no territory are ignored. */
  missing({ collector, peer, reason, routes }: Required<GapElement>, now: EventTime): readonly Effect[] {
    const { concerned, sessions, probation, votes } = this.#parts;
    const watched = routes.filter(({ prefix }) => concerned.of(prefix).length > 0);
    if (watched.length === 0) return [];
    const session = sessions.of(peer);
    const voters = votes.hasAny(session) ? [session] : [];
    for (const family of FAMILIES) {
      const keys = watched.filter(({ prefix }) => prefix.family === family).map((route) => keyOf(route));
      if (keys.length > 0) session.peerState[family] = stateMissing(session.peerState[family], keys, now);
    }
    if (FAMILIES.every((family) => session.peerState[family].kind !== 'syncing')) sessions.endSync(session);
    sessions.dirty.add(peer.id);
    probation.forget(peer);
    votes.revote(session, now);
    return [{ kind: 'gap', collector, peer, reason, voters }];
  }

  /**
   * The peer sent a route. When it was the last one in doubt, the peer is in sync again. A RIB dump is too old to prove
   * this.
   */
  noteRoute(session: Session, element: RouteElement | WithdrawalElement, now: EventTime): readonly Effect[] {
    const { family } = element.prefix;
    const before = session.peerState[family];
    if (element.type === 'rib' || before.kind !== 'in-gap' || before.missed === undefined) return [];
    const state = stateResent(before, keyOf(element), element.at);
    if (state === before) return [];
    session.peerState[family] = state;
    this.#parts.sessions.dirty.add(session.peer.id);
    if (state.kind === 'in-gap') return [];
    this.#goOn(session, element, now);
    this.#parts.votes.revote(session, now);
    return [{ kind: 'settled', session }];
  }

  /** A peer of unknown table size continues its probation. */
  #goOn(session: Session, { prefix: { family } }: RouteElement | WithdrawalElement, now: EventTime): void {
    for (const view of this.#parts.views) {
      const rib = view.family === family ? view.ribs.get(session.peer.id) : undefined;
      if (rib?.learned === true) session.peerState[family] = { kind: 'in-sync' };
      else if (rib !== undefined && session.table[family] === undefined) this.#parts.probation.watch(view, rib, now);
    }
  }
}

function keyOf({ prefix, pathId }: Pick<RouteElement, 'prefix' | 'pathId'>): string {
  return routeKey(prefix, pathId);
}
