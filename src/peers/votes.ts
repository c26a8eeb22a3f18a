import type { Family } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import type { Liveness } from './liveness.ts';
import type { Session } from './session.ts';
import type { VotingPolicy } from './voting-policy.ts';

/** Gives votes to those who may, and takes them back: it follows from peer state, table and what was learned, and nothing else. */
export class Votes {
  readonly #views: readonly TerritoryView[];
  readonly #fullFeedShare: number;
  readonly #largest: Record<Family, number> = { ipv4: 0, ipv6: 0 };

  readonly #liveness: Pick<Liveness, 'isNamed'>;

  constructor(views: readonly TerritoryView[], { fullFeedShare }: VotingPolicy, liveness: Pick<Liveness, 'isNamed'>) {
    this.#views = views;
    this.#liveness = liveness;
    this.#fullFeedShare = fullFeedShare;
  }

  /** Routes of the largest table known. */
  get largest(): Readonly<Record<Family, number>> {
    return this.#largest;
  }

  /** True when this table is larger than any before: then all are to be asked anew. */
  compare(family: Family, routes: number): boolean {
    if (routes <= this.#largest[family]) return false;
    this.#largest[family] = routes;
    for (const view of this.#views) if (view.family === family) view.largestTable = routes;
    return true;
  }

  revote(session: Session, at: EventTime): void {
    for (const view of this.#views) {
      const may = this.#mayVote(session, view);
      const rib = may ? view.ribOf(session.peer) : view.ribs.get(session.peer.id);
      const isMissed = session.peerState[view.family].kind !== 'in-sync';
      if (rib !== undefined) view.setVote(rib, may, at, isMissed);
    }
  }

  hasAny(session: Session): boolean {
    return this.#views.some((view) => view.ribs.get(session.peer.id)?.votes === true);
  }

  #mayVote(session: Session, view: TerritoryView): boolean {
    if (session.peerState[view.family].kind !== 'in-sync') return false;
    const rib = view.ribs.get(session.peer.id);
    const size = session.table[view.family];
    if (size === undefined) return rib?.learned === true;
    // A table from elsewhere, as a seed is, counts only while the feed itself names the peer.
    if (!this.#liveness.isNamed(session.peer.id)) return false;
    return rib?.partial !== true && size > 0 && size >= this.#fullFeedShare * this.#largest[view.family];
  }
}
