import type {
  EndOfRibElement,
  GapElement,
  GapReason,
  PeerStateElement,
  RouteElement,
  RoutingElement,
  WithdrawalElement,
} from '../bgp/element.ts';
import type { Collector, Peer, PeerId } from '../bgp/peer.ts';
import { comparePrefixes, type Family } from '../bgp/prefix.ts';
import { later, type EventTime } from '../bgp/time.ts';
import { ConcernedViews } from '../rib/concerned-views.ts';
import { DirtySet } from '../rib/dirty-set.ts';
import type { Effect } from './effect.ts';
import { Probation } from './probation.ts';
import type { HeldRoute } from '../rib/route-table.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import { Liveness } from './liveness.ts';
import { stateDumped, type Session, type PeerState } from './session.ts';
import { MissedRoutes } from './missed-routes.ts';
import { Sessions } from './sessions.ts';
import { FAMILIES } from '../territory/territory.ts';
import { DUMP_BACKLOG_MS, SLOW_TABLE_FACTOR } from '../policy/fixed.ts';
import { holdRoute, type Held } from './hold-route.ts';
import { PeerTableSnapshots } from './peer-table-snapshots.ts';
import { Votes } from './votes.ts';
import type { VotingPolicy } from '../policy/voting-policy.ts';

/**
 * Takes elements to the views: keeps each session's peer state and says who votes. A peer that goes down or silent in a
 * gap loses its vote before its routes go, so nothing of it is ever taken for a withdrawal.
 */
export class PeerTable {
  readonly #views: readonly TerritoryView[];
  readonly #concerned: ConcernedViews;
  readonly #voting: VotingPolicy;
  /** Encodes the state of all peers, and restores it. */
  readonly snapshots: PeerTableSnapshots;
  readonly #sessions: Sessions;
  readonly #probation: Probation;
  readonly #liveness: Liveness;
  readonly #votes: Votes;
  readonly #missed: MissedRoutes;

  constructor(views: readonly TerritoryView[], voting: VotingPolicy) {
    this.#views = views;
    this.#voting = voting;
    const dirty = new DirtySet<PeerId>();
    const sessions = (this.#sessions = new Sessions(dirty));
    const probation = (this.#probation = new Probation(voting.learnMs, dirty));
    const liveness = (this.#liveness = new Liveness(voting.peerSilenceMs, dirty));
    const votes = (this.#votes = new Votes(views, voting, liveness));
    const concerned = (this.#concerned = new ConcernedViews(views));
    this.#missed = new MissedRoutes({ views, concerned, sessions, probation, votes });
    this.snapshots = new PeerTableSnapshots({ views, sessions, probation, liveness, votes, dirty });
  }

  /** `now` is the engine's time: that of the element, unless the element is late. */
  apply(element: RoutingElement, now: EventTime): readonly Effect[] {
    if ('peer' in element && element.peer !== undefined && this.#sessions.isTooMany(element.peer)) return [];
    switch (element.type) {
      case 'tick':
        return element.peer === undefined ? [] : this.#pulse(element.peer, now);
      case 'gap':
        return this.#gap(element, now);
      case 'rib':
      case 'announcement':
      case 'withdrawal':
        return this.#route(element, now);
      case 'end-of-rib':
        return element.dump === undefined ? this.#endOfRib(element, now) : this.#endOfDump(element, element.dump, now);
      case 'peer-state':
        return this.#stateWord(this.#sessions.of(element.peer), element, now);
    }
  }

  /** When the next vote is given or expires without any element. */
  deadline(): EventTime | undefined {
    let next = this.#probation.deadline();
    const consider = (at: EventTime | undefined): void => {
      if (at !== undefined && (next === undefined || at < next)) next = at;
    };
    consider(this.#liveness.deadline());
    for (const session of this.#sessions.syncing)
      for (const family of FAMILIES) consider(this.#syncedBy(session, family));
    for (const view of this.#views) consider(view.formerSince && later(view.formerSince, this.#voting.forgetMs));
    return next;
  }

  /** Makes the changes that are due at `at`, the deadline. */
  expire(at: EventTime): readonly Effect[] {
    const effects: Effect[] = [];
    for (const session of this.#sessions.syncing) {
      const due = FAMILIES.filter((family) => (this.#syncedBy(session, family) ?? Infinity) <= at);
      if (due.length > 0) effects.push(...this.#settle(session, due, at));
    }
    for (const { view, peer } of this.#probation.takeDue(at)) {
      const session = this.#sessions.of(peer);
      if (session.peerState[view.family].kind === 'unheard') session.peerState[view.family] = { kind: 'in-sync' };
      this.#sessions.dirty.add(peer.id);
      this.#votes.revote(session, at);
    }
    effects.push(...this.#silence(this.#liveness.takeSilent(at), at));
    for (const view of this.#views) view.forgetFormer((at - this.#voting.forgetMs) as EventTime);
    return effects;
  }

  /** The feed names this peer, so its table from a seed counts from now on. */
  #pulse(peer: Peer, now: EventTime): readonly Effect[] {
    const session = this.#liveness.start(peer, now) ? this.#sessions.find(peer.id) : undefined;
    if (session === undefined) return [];
    this.#votes.revote(session, now);
    return this.#votes.hasAny(session) ? [{ kind: 'settled', session }] : [];
  }

  #route(element: RouteElement | WithdrawalElement, now: EventTime): readonly Effect[] {
    const views = this.#concerned.of(element.prefix);
    if (views.length === 0) return [];
    const session = this.#sessions.of(element.peer);
    this.#liveness.noteMessage(element.peer, element.at);
    const peerState = session.peerState[element.prefix.family];
    if (peerState.kind === 'down') {
      // A dump or a late message from before it went down. An announcement after that shows that the session is up
      // again; the routes of a dump are stored until the end of the dump shows it.
      if (element.at <= peerState.since) return [];
      if (element.type === 'announcement') {
        session.stateAt = element.at;
        this.#peerState(session, 'up', element.at);
      }
    }
    const held = new Set(views.map((view) => this.#hold(view, session, element)));
    const reason = held.has('full') ? 'too-many-routes' : held.has('changed-form') ? 'changed-form' : undefined;
    if (reason === undefined) return this.#missed.noteRoute(session, element, now);
    return this.#mistrust([session], { collector: element.peer.collector, peer: element.peer, reason }, now);
  }

  #hold(view: TerritoryView, session: Session, element: RouteElement | WithdrawalElement): Held {
    const rib = view.ribOf(session.peer);
    const held = holdRoute(view, rib, element);
    if (session.table[element.prefix.family] === undefined) this.#probation.watch(view, rib, element.at);
    return held;
  }

  /**
   * Takes a state message. One older than the last is ignored. A late one still proves that earlier routes are gone;
   * and routes that were sent after it prove that the session is up.
   */
  #stateWord(session: Session, { state, at }: PeerStateElement, now: EventTime): readonly Effect[] {
    if (session.stateAt !== undefined && at < session.stateAt) return [];
    session.stateAt = at;
    if (at === now) return this.#peerState(session, state, now);
    const hasSpoken = this.#views.some(({ ribs }) => ribs.get(session.peer.id)?.hasSpokenAfter(at));
    return this.#peerState(session, hasSpoken ? 'up' : state, now, at);
  }

  #peerState(session: Session, state: 'up' | 'down', at: EventTime, reportedAt = Infinity): readonly Effect[] {
    for (const family of FAMILIES)
      session.peerState[family] = state === 'up' ? { kind: 'syncing', since: at } : { kind: 'down', since: at };
    if (state === 'up') this.#sessions.startSync(session);
    else {
      this.#sessions.endSync(session);
      this.#liveness.stop(session.peer);
    }
    this.#markWhole(session, FAMILIES);
    this.#votes.revote(session, at);
    this.#forgetRoutes(session, (receivedAt) => receivedAt < reportedAt);
    return state === 'down' ? [{ kind: 'settled', session }] : [];
  }

  /**
   * End-of-RIB proves a whole table only if its start was received: a session reset inside a gap sent a part of it
   * there.
   */
  #endOfRib(element: EndOfRibElement, now: EventTime): readonly Effect[] {
    const session = this.#sessions.of(element.peer);
    const families = element.family === undefined ? FAMILIES : [element.family];
    const due = families.filter((family) => !['down', 'in-gap'].includes(session.peerState[family].kind));
    return this.#settle(session, due, now);
  }

  #endOfDump(element: EndOfRibElement, dump: NonNullable<EndOfRibElement['dump']>, now: EventTime): readonly Effect[] {
    const session = this.#sessions.of(element.peer);
    const isNewer = (peerState: PeerState): boolean =>
      'since' in peerState && peerState.kind !== 'in-gap' && peerState.since > dump.from;
    const families = (element.family === undefined ? FAMILIES : [element.family]).filter(
      (family) => !isNewer(session.peerState[family]),
    );
    const isGone = (at: EventTime, dumped: boolean): boolean =>
      at < dump.from && (dumped || dump.from - at >= DUMP_BACKLOG_MS);
    let isOther = false;
    for (const family of families) {
      this.#forgetRoutes(session, isGone, { family, lackedAt: now });
      session.table[family] = dump.routes[family];
      if (this.#votes.measure(family, this.#sessions.all(), now)) isOther = true;
    }
    const isMissing = (family: Family): boolean => {
      const state = (session.peerState[family] = stateDumped(session.peerState[family], dump.from));
      return state.kind === 'in-gap';
    };
    const effects = this.#settle(
      session,
      families.filter((family) => !isMissing(family)),
      now,
    );
    if (isOther) for (const other of this.#sessions.all()) this.#votes.revote(other, now);
    return effects;
  }

  #gap(element: GapElement, now: EventTime): readonly Effect[] {
    const { collector, peer, reason, routes } = element;
    if (peer !== undefined && routes !== undefined) return this.#missed.missing({ ...element, peer, routes }, now);
    const sessions = peer === undefined ? this.#sessions.ofCollector(collector) : [this.#sessions.of(peer)];
    return this.#mistrust(sessions, { collector, peer, reason }, now);
  }

  /** Peers of one collector that fall silent at the same moment are one gap. */
  #silence(peers: readonly Peer[], at: EventTime): readonly Effect[] {
    return [...new Set(peers.map((peer) => peer.collector))].flatMap((collector) => {
      const silent = peers.filter((peer) => peer.collector === collector);
      const peer = silent.length === 1 ? silent[0] : undefined;
      return this.#mistrust(
        silent.map((one) => this.#sessions.of(one)),
        { collector, peer, reason: 'silent-peer' },
        at,
      );
    });
  }

  #mistrust(
    sessions: readonly Session[],
    gap: { collector: Collector; peer: Peer | undefined; reason: GapReason },
    at: EventTime,
  ): readonly Effect[] {
    const voters = sessions.filter((session) => this.#votes.hasAny(session));
    for (const session of sessions) {
      for (const family of FAMILIES) {
        // A session that was down may be up again, with a table that we missed.
        const state = session.peerState[family];
        if (state.kind !== 'in-gap' || state.missed !== undefined)
          session.peerState[family] = { kind: 'in-gap', since: at };
      }
      this.#sessions.endSync(session);
      this.#probation.forget(session.peer);
      this.#liveness.stop(session.peer);
      this.#votes.revote(session, at);
    }
    return [{ kind: 'gap', ...gap, voters }];
  }

  #settle(session: Session, families: readonly Family[], at: EventTime): readonly Effect[] {
    for (const family of families) session.peerState[family] = { kind: 'in-sync' };
    if (FAMILIES.every((family) => session.peerState[family].kind !== 'syncing')) this.#sessions.endSync(session);
    this.#markWhole(session, families);
    this.#sessions.dirty.add(session.peer.id);
    this.#votes.revote(session, at);
    return families.length === 0 ? [] : [{ kind: 'settled', session }];
  }

  /** The session sent its table in these families from the start, for all territories. */
  #markWhole(session: Session, families: readonly Family[]): void {
    for (const view of this.#views) {
      const rib = view.ribs.get(session.peer.id);
      if (rib !== undefined && families.includes(view.family)) rib.partial = false;
    }
  }

  /** @param dump family and end of the dump that lacks the routes; absent: routes of both families. */
  #forgetRoutes(
    session: Session,
    gone: (at: EventTime, dumped: boolean) => boolean,
    dump?: { readonly family: Family; readonly lackedAt: EventTime },
  ): void {
    for (const view of this.#views) {
      const rib = view.ribs.get(session.peer.id);
      if (rib === undefined || (dump !== undefined && view.family !== dump.family)) continue;
      // Sorted, independent of arrival: routes that a dump lacks are evidence.
      const forgotten = [...rib.routes.values()].filter((held) => gone(held.at, held.dumped));
      if (dump !== undefined) forgotten.sort(byPrefix);
      for (const held of forgotten) view.drop(rib, held, dump?.lackedAt);
    }
  }

  /** A table without a watched route so far may still be under way. */
  #syncedBy({ peer, peerState }: Session, family: Family): EventTime | undefined {
    const state = peerState[family];
    if (state.kind !== 'syncing') return undefined;
    const hasRoutes = this.#views.some(
      (view) => view.family === family && (view.ribs.get(peer.id)?.routes.size ?? 0) > 0,
    );
    return later(state.since, this.#voting.resyncMs * (hasRoutes ? 1 : SLOW_TABLE_FACTOR));
  }
}

function byPrefix(a: HeldRoute, b: HeldRoute): number {
  return comparePrefixes(a.prefix, b.prefix) || (a.pathId ?? -1) - (b.pathId ?? -1);
}
