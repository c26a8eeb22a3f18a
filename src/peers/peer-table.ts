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
import { Altered } from '../rib/dirty-set.ts';
import type { Effect } from './effect.ts';
import { Learners } from './probation.ts';
import type { Plane } from '../rib/territory-view.ts';
import { Pulses } from './liveness.ts';
import type { Session, Standing } from './session.ts';
import { Sessions } from './sessions.ts';
import { FAMILIES } from '../territory/territory.ts';
import { routeKey } from '../rib/adj-rib-in.ts';
import { VoterBook } from './peer-table-snapshots.ts';
import { Votes } from './votes.ts';
import type { VotingPolicy } from './voting-policy.ts';

/** Routers write updates while they dump: one up to this long before the dump may be missing in it. BGPView's value. */
const DUMP_BACKLOG_MS = 60_000;

/**
 * Takes elements to the planes: keeps each session's standing and says who votes. A peer that goes down or silent in a
 * gap loses its vote before its routes go, so nothing of it is ever taken for a withdrawal.
 */
export class Electorate {
  readonly #planes: readonly Plane[];
  readonly #voting: VotingPolicy;
  /** Writes down who was heard, and reads it again. */
  readonly book: VoterBook;
  readonly #sessions: Sessions;
  readonly #learners: Learners;
  readonly #pulses: Pulses;
  readonly #votes: Votes;

  constructor(planes: readonly Plane[], voting: VotingPolicy) {
    this.#planes = planes;
    this.#voting = voting;
    const altered = new Altered<PeerId>();
    const sessions = (this.#sessions = new Sessions(altered));
    const learners = (this.#learners = new Learners(voting.learnMs, altered));
    const pulses = (this.#pulses = new Pulses(voting.peerSilenceMs, altered));
    const votes = (this.#votes = new Votes(planes, voting));
    this.book = new VoterBook({ planes, sessions, learners, pulses, votes, altered });
  }

  /** `now` is the engine's time: that of the element, unless the element is late. */
  apply(element: Element, now: EventTime): readonly Effect[] {
    if ('peer' in element && element.peer !== undefined && this.#sessions.isTooMany(element.peer)) return [];
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
        return this.#stateWord(this.#sessions.of(element.peer), element, now);
    }
  }

  /** When the next vote is given or forgotten without any element. */
  deadline(): EventTime | undefined {
    let next = this.#learners.deadline();
    const consider = (at: EventTime | undefined): void => {
      if (at !== undefined && (next === undefined || at < next)) next = at;
    };
    consider(this.#pulses.deadline());
    for (const session of this.#sessions.syncing)
      for (const family of FAMILIES) consider(this.#syncedBy(session.standing[family]));
    for (const plane of this.#planes) consider(plane.formerSince && later(plane.formerSince, this.#voting.forgetMs));
    return next;
  }

  /** Does what is due at `at`, which is the deadline. */
  expire(at: EventTime): readonly Effect[] {
    const effects: Effect[] = [];
    for (const session of this.#sessions.syncing) {
      const due = FAMILIES.filter((family) => (this.#syncedBy(session.standing[family]) ?? Infinity) <= at);
      if (due.length > 0) effects.push(...this.#settle(session, due, at));
    }
    for (const { plane, peer } of this.#learners.takeDue(at)) {
      const session = this.#sessions.of(peer);
      if (session.standing[plane.family].kind === 'unheard') session.standing[plane.family] = { kind: 'in-sync' };
      this.#sessions.altered.add(peer.id);
      this.#votes.revote(session, at);
    }
    effects.push(...this.#silence(this.#pulses.takeSilent(at), at));
    for (const plane of this.#planes) plane.forgetFormer((at - this.#voting.forgetMs) as EventTime);
    return effects;
  }

  #route(element: RouteElement | WithdrawalElement, now: EventTime): readonly Effect[] {
    const planes = this.#planes.filter((plane) => plane.concerns(element.prefix));
    if (planes.length === 0) return [];
    const session = this.#sessions.of(element.peer);
    this.#pulses.hear(element.peer, element.at);
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
    if (state === 'up') this.#sessions.startSync(session);
    else {
      this.#sessions.endSync(session);
      this.#pulses.stop(session.peer);
    }
    this.#markWhole(session, FAMILIES);
    this.#votes.revote(session, at);
    this.#forgetRoutes(session, at, (heard) => heard < told);
    return state === 'down' ? [{ kind: 'settled', session }] : [];
  }

  #endOfRib(element: EndOfRibElement, now: EventTime): readonly Effect[] {
    const session = this.#sessions.of(element.peer);
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
    const session = this.#sessions.of(element.peer);
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
      if (this.#votes.compare(family, dump.routes[family])) hasGrown = true;
    }
    const effects = this.#settle(session, families, now);
    if (hasGrown) for (const other of this.#sessions.all()) this.#votes.revote(other, now);
    return effects;
  }

  #gap(element: GapElement, now: EventTime): readonly Effect[] {
    const { collector, peer, reason } = element;
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
        // Who was down may be up since, with a table that we missed.
        if (session.standing[family].kind !== 'in-gap') session.standing[family] = { kind: 'in-gap', since: at };
      }
      this.#sessions.endSync(session);
      this.#learners.forget(session.peer);
      this.#pulses.stop(session.peer);
      this.#votes.revote(session, at);
    }
    return [{ kind: 'gap', ...gap, voters }];
  }

  #settle(session: Session, families: readonly Family[], at: EventTime): readonly Effect[] {
    for (const family of families) session.standing[family] = { kind: 'in-sync' };
    if (FAMILIES.every((family) => session.standing[family].kind !== 'syncing')) this.#sessions.endSync(session);
    this.#markWhole(session, families);
    this.#sessions.altered.add(session.peer.id);
    this.#votes.revote(session, at);
    return families.length === 0 ? [] : [{ kind: 'settled', session }];
  }

  /** Its table in these families was told from the start, to all territories. */
  #markWhole(session: Session, families: readonly Family[]): void {
    for (const plane of this.#planes) {
      const view = plane.views.get(session.peer.id);
      if (view !== undefined && families.includes(plane.family)) view.partial = false;
    }
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
}
