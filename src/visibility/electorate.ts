import type {
  Element,
  EndOfRibElement,
  GapElement,
  GapReason,
  PeerStateElement,
  RouteElement,
  WithdrawalElement,
} from '../bgp/element.ts';
import type { Collector, Peer, PeerId } from '../bgp/peer.ts';
import type { Family } from '../bgp/prefix.ts';
import { later, type EventTime } from '../bgp/time.ts';
import type { Effect } from './effect.ts';
import { Learners } from './learners.ts';
import type { Plane } from './plane.ts';
import { Pulses } from './pulses.ts';
import { MAX_SESSIONS, newSession, type Session, type Standing } from './session.ts';
import { routeKey } from './view.ts';
import type { VotingPolicy } from './voting.ts';

/** Routers write updates while they dump: one up to this long before the dump may be missing in it. BGPView's value. */
const DUMP_BACKLOG_MS = 60_000;

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/**
 * Takes elements to the planes: keeps each session's standing and says who votes. A peer that goes down or silent in a
 * gap loses its vote before its routes go, so nothing of it is ever taken for a withdrawal.
 */
export class Electorate {
  readonly #planes: readonly Plane[];
  readonly #voting: VotingPolicy;
  readonly #sessions = new Map<PeerId, Session>();
  /** Sessions that came up and have not told their whole table yet. */
  readonly #syncing = new Set<Session>();
  readonly #learners: Learners;
  readonly #pulses: Pulses;
  readonly #largest: Record<Family, number> = { ipv4: 0, ipv6: 0 };

  constructor(planes: readonly Plane[], voting: VotingPolicy) {
    this.#planes = planes;
    this.#voting = voting;
    this.#learners = new Learners(voting.learnMs);
    this.#pulses = new Pulses(voting.peerSilenceMs);
  }

  /** `now` is the engine's time: that of the element, unless the element is late. */
  apply(element: Element, now: EventTime): readonly Effect[] {
    if ('peer' in element && element.peer !== undefined && this.#isTooMany(element.peer)) return [];
    switch (element.type) {
      case 'tick':
        if (element.peer !== undefined) this.#pulses.start(element.peer, now);
        return [];
      case 'gap':
        return this.#gap(element, now);
      case 'rib':
      case 'announcement':
      case 'withdrawal':
        return this.#route(element, now);
      case 'end-of-rib':
        return element.dump === undefined ? this.#endOfRib(element, now) : this.#endOfDump(element, element.dump, now);
      case 'peer-state':
        return this.#stateWord(this.#session(element.peer), element, now);
    }
  }

  /** When the next vote is given or forgotten without any element. */
  deadline(): EventTime | undefined {
    let next = this.#learners.deadline();
    const consider = (at: EventTime | undefined): void => {
      if (at !== undefined && (next === undefined || at < next)) next = at;
    };
    consider(this.#pulses.deadline());
    for (const session of this.#syncing)
      for (const family of FAMILIES) consider(this.#syncedBy(session.standing[family]));
    for (const plane of this.#planes) consider(plane.formerSince && later(plane.formerSince, this.#voting.forgetMs));
    return next;
  }

  /** Does what is due at `at`, which is the deadline. */
  expire(at: EventTime): readonly Effect[] {
    const effects: Effect[] = [];
    for (const session of this.#syncing) {
      const due = FAMILIES.filter((family) => (this.#syncedBy(session.standing[family]) ?? Infinity) <= at);
      if (due.length > 0) effects.push(...this.#settle(session, due, at));
    }
    for (const { plane, peer } of this.#learners.takeDue(at)) {
      const session = this.#session(peer);
      if (session.standing[plane.family].kind === 'unheard') session.standing[plane.family] = { kind: 'in-sync' };
      this.#revote(session, at);
    }
    effects.push(...this.#silence(this.#pulses.takeSilent(at), at));
    for (const plane of this.#planes) plane.forgetFormer((at - this.#voting.forgetMs) as EventTime);
    return effects;
  }

  #route(element: RouteElement | WithdrawalElement, now: EventTime): readonly Effect[] {
    const planes = this.#planes.filter((plane) => plane.concerns(element.prefix));
    if (planes.length === 0) return [];
    const session = this.#session(element.peer);
    this.#pulses.hear(element.peer, now);
    const standing = session.standing[element.prefix.family];
    if (standing.kind === 'down') {
      // A dump or a late message from before it went down; what comes after says that the session is up again.
      if (element.type === 'rib' || element.at <= standing.since) return [];
      if (element.type === 'announcement') {
        session.stateAt = element.at;
        this.#peerState(session, 'up', element.at);
      }
    }
    const kept = planes.map((plane) => this.#hold(plane, session, element));
    return kept.every(Boolean)
      ? []
      : this.#mistrust(
          [session],
          { collector: element.peer.collector, peer: element.peer, reason: 'too-many-routes' },
          now,
        );
  }

  #hold(plane: Plane, session: Session, element: RouteElement | WithdrawalElement): boolean {
    const { at, prefix, pathId } = element;
    const view = plane.viewOf(session.peer);
    const held = view.routes.get(routeKey(prefix, pathId));
    const dumped = element.type === 'rib';
    if (held !== undefined) {
      if (held.at > at) return true;
      if (dumped && !held.dumped && at - held.at < DUMP_BACKLOG_MS) return true;
    }
    const path = element.type === 'withdrawal' ? undefined : element.path;
    const kept = plane.put(view, { prefix, pathId, path, at, dumped });
    if (session.table[prefix.family] === undefined) this.#learners.watch(plane, view, at);
    return kept;
  }

  /**
   * A word that came after a newer one is no news: a session that is up again is not down. Late, it still says that what
   * was told before it is gone; and what was told after it, that the session is up.
   */
  #stateWord(session: Session, { state, at }: PeerStateElement, now: EventTime): readonly Effect[] {
    if (session.stateAt !== undefined && at < session.stateAt) return [];
    session.stateAt = at;
    if (at === now) return this.#peerState(session, state, now);
    const hasSpoken = this.#planes.some(({ views }) => views.get(session.peer.id)?.hasSpokenAfter(at));
    return this.#peerState(session, hasSpoken ? 'up' : state, now, at);
  }

  #peerState(session: Session, state: 'up' | 'down', at: EventTime, told = Infinity): readonly Effect[] {
    for (const family of FAMILIES)
      session.standing[family] = state === 'up' ? { kind: 'syncing', since: at } : { kind: 'down', since: at };
    if (state === 'up') this.#syncing.add(session);
    else {
      this.#syncing.delete(session);
      this.#pulses.stop(session.peer);
    }
    this.#revote(session, at);
    this.#forgetRoutes(session, at, (heard) => heard < told);
    return state === 'down' ? [{ kind: 'settled', session }] : [];
  }

  #endOfRib(element: EndOfRibElement, now: EventTime): readonly Effect[] {
    const session = this.#session(element.peer);
    const families = element.family === undefined ? FAMILIES : [element.family];
    const due = families.filter((family) => session.standing[family].kind !== 'down');
    for (const family of due) {
      const standing = session.standing[family];
      // Its session was reset inside the gap: what it has not told again is gone.
      if (standing.kind === 'in-gap') this.#forgetRoutes(session, now, (at) => at < standing.since, family);
    }
    return this.#settle(session, due, now);
  }

  #endOfDump(element: EndOfRibElement, dump: NonNullable<EndOfRibElement['dump']>, now: EventTime): readonly Effect[] {
    const session = this.#session(element.peer);
    const isNewer = (standing: Standing): boolean =>
      'since' in standing && standing.kind !== 'in-gap' && standing.since > dump.from;
    const families = (element.family === undefined ? FAMILIES : [element.family]).filter(
      (family) => !isNewer(session.standing[family]),
    );
    const isGone = (at: EventTime, dumped: boolean): boolean =>
      at < dump.from && (dumped || dump.from - at >= DUMP_BACKLOG_MS);
    let hasGrown = false;
    for (const family of families) {
      this.#forgetRoutes(session, now, isGone, family);
      session.table[family] = dump.routes[family];
      if (dump.routes[family] <= this.#largest[family]) continue;
      this.#largest[family] = dump.routes[family];
      hasGrown = true;
    }
    for (const plane of this.#planes) plane.largestTable = this.#largest[plane.family];
    const effects = this.#settle(session, families, now);
    if (hasGrown) for (const other of this.#sessions.values()) this.#revote(other, now);
    return effects;
  }

  #gap(element: GapElement, now: EventTime): readonly Effect[] {
    const { collector, peer, reason } = element;
    const sessions = peer === undefined ? this.#sessionsOf(collector) : [this.#session(peer)];
    return this.#mistrust(sessions, { collector, peer, reason }, now);
  }

  /** Peers of one collector that fall silent at the same moment are one gap. */
  #silence(peers: readonly Peer[], at: EventTime): readonly Effect[] {
    return [...new Set(peers.map((peer) => peer.collector))].flatMap((collector) => {
      const silent = peers.filter((peer) => peer.collector === collector);
      const peer = silent.length === 1 ? silent[0] : undefined;
      return this.#mistrust(
        silent.map((one) => this.#session(one)),
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
    const voters = sessions.filter((session) => this.#votes(session));
    for (const session of sessions) {
      for (const family of FAMILIES) {
        // Who was down may be up since, with a table that we missed.
        if (session.standing[family].kind !== 'in-gap') session.standing[family] = { kind: 'in-gap', since: at };
      }
      this.#syncing.delete(session);
      this.#learners.forget(session.peer);
      this.#pulses.stop(session.peer);
      this.#revote(session, at);
    }
    return [{ kind: 'gap', ...gap, voters }];
  }

  #sessionsOf(collector: Collector): readonly Session[] {
    return [...this.#sessions.values()].filter((session) => session.peer.collector === collector);
  }

  #settle(session: Session, families: readonly Family[], at: EventTime): readonly Effect[] {
    for (const family of families) session.standing[family] = { kind: 'in-sync' };
    if (FAMILIES.every((family) => session.standing[family].kind !== 'syncing')) this.#syncing.delete(session);
    this.#revote(session, at);
    return families.length === 0 ? [] : [{ kind: 'settled', session }];
  }

  #revote(session: Session, at: EventTime): void {
    for (const plane of this.#planes) {
      const may = this.#mayVote(session, plane);
      const view = may ? plane.viewOf(session.peer) : plane.views.get(session.peer.id);
      const isMissed = session.standing[plane.family].kind !== 'in-sync';
      if (view !== undefined) plane.setVote(view, may, at, isMissed);
    }
  }

  #mayVote(session: Session, plane: Plane): boolean {
    if (session.standing[plane.family].kind !== 'in-sync') return false;
    const size = session.table[plane.family];
    if (size === undefined) return plane.views.get(session.peer.id)?.learned === true;
    return size > 0 && size >= this.#voting.fullFeedShare * this.#largest[plane.family];
  }

  #votes(session: Session): boolean {
    return this.#planes.some((plane) => plane.views.get(session.peer.id)?.votes === true);
  }

  #forgetRoutes(
    session: Session,
    at: EventTime,
    gone: (at: EventTime, dumped: boolean) => boolean,
    family?: Family,
  ): void {
    for (const plane of this.#planes) {
      const view = plane.views.get(session.peer.id);
      if (view === undefined || (family !== undefined && plane.family !== family)) continue;
      for (const held of [...view.routes.values()]) if (gone(held.at, held.dumped)) plane.drop(view, held, at);
    }
  }

  #syncedBy(standing: Standing): EventTime | undefined {
    return standing.kind === 'syncing' ? later(standing.since, this.#voting.resyncMs) : undefined;
  }

  /** A feed that makes up peers fills no memory: whoever comes when all seats are taken is not heard, and has no vote. */
  #isTooMany(peer: Peer): boolean {
    return this.#sessions.size >= MAX_SESSIONS && !this.#sessions.has(peer.id);
  }

  #session(peer: Peer): Session {
    let session = this.#sessions.get(peer.id);
    if (session === undefined) this.#sessions.set(peer.id, (session = newSession(peer)));
    return session;
  }
}
