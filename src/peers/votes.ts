import type { Family } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import type { Plane } from '../rib/territory-view.ts';
import type { Session } from './session.ts';
import type { VotingPolicy } from './voting-policy.ts';

/** Gives votes to those who may, and takes them back: it follows from standing, table and what was learned, and nothing else. */
export class Votes {
  readonly #planes: readonly Plane[];
  readonly #fullFeedShare: number;
  readonly #largest: Record<Family, number> = { ipv4: 0, ipv6: 0 };

  constructor(planes: readonly Plane[], { fullFeedShare }: VotingPolicy) {
    this.#planes = planes;
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
    for (const plane of this.#planes) if (plane.family === family) plane.largestTable = routes;
    return true;
  }

  revote(session: Session, at: EventTime): void {
    for (const plane of this.#planes) {
      const may = this.#mayVote(session, plane);
      const view = may ? plane.viewOf(session.peer) : plane.views.get(session.peer.id);
      const isMissed = session.standing[plane.family].kind !== 'in-sync';
      if (view !== undefined) plane.setVote(view, may, at, isMissed);
    }
  }

  hasAny(session: Session): boolean {
    return this.#planes.some((plane) => plane.views.get(session.peer.id)?.votes === true);
  }

  #mayVote(session: Session, plane: Plane): boolean {
    if (session.standing[plane.family].kind !== 'in-sync') return false;
    const view = plane.views.get(session.peer.id);
    const size = session.table[plane.family];
    if (size === undefined) return view?.learned === true;
    return view?.partial !== true && size > 0 && size >= this.#fullFeedShare * this.#largest[plane.family];
  }
}
