import type { Asn } from '../bgp/asn.ts';
import type { Family } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import { smallestFullTable } from '../rib/full-table.ts';
import { FAMILIES } from '../territory/territory.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import type { Liveness } from './liveness.ts';
import type { Session } from './session.ts';
import type { VotingPolicy } from '../policy/voting-policy.ts';
import { FEW_TABLES, LARGEST_TABLES_SHARE, SAME_SIZE_SHARE } from '../policy/fixed.ts';

/** Gives and takes votes. A vote depends only on peer state, table size and probation. */
export class Votes {
  readonly #views: readonly TerritoryView[];
  readonly #fullFeedShare: number;
  readonly #usual: Record<Family, number> = { ipv4: 0, ipv6: 0 };

  readonly #liveness: Pick<Liveness, 'isNamed'>;

  constructor(views: readonly TerritoryView[], { fullFeedShare }: VotingPolicy, liveness: Pick<Liveness, 'isNamed'>) {
    this.#views = views;
    this.#liveness = liveness;
    this.#fullFeedShare = fullFeedShare;
  }

  /** Routes in a usual full table, as the peers' own tables show it; 0 while none is known. */
  get usual(): Readonly<Record<Family, number>> {
    return this.#usual;
  }

  /**
   * Computes the usual full table: the median of the tables that may be full ones at this time. So neither a few tables
   * that are far larger than the others decide, be they those of a whole collector, nor many partial feeds. Where none
   * may be a full one, that of the tenth part of the ASes with the largest ones.
   *
   * @returns true if it changed: all votes must then be decided again.
   */
  measure(family: Family, sessions: readonly Session[], at: EventTime): boolean {
    const byAs = new Map<Asn, number>();
    for (const { peer, table } of sessions) {
      const size = table[family] ?? 0;
      if (size > (byAs.get(peer.asn) ?? 0)) byAs.set(peer.asn, size);
    }
    const fewest = smallestFullTable(family, at);
    const all = [...byAs.values()].sort((a, b) => b - a);
    const full = all.filter((size) => size >= fewest);
    const usual = (full.length > 0 ? medianOf(full) : largeOf(all)) ?? 0;
    if (Math.abs(usual - this.#usual[family]) <= SAME_SIZE_SHARE * this.#usual[family]) return false;
    this.#set(family, usual);
    return true;
  }

  restore(usual: Readonly<Record<Family, number>>): void {
    for (const family of FAMILIES) this.#set(family, usual[family]);
  }

  #set(family: Family, routes: number): void {
    this.#usual[family] = routes;
    for (const view of this.#views) if (view.family === family) view.usualTable = routes;
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
    // A table from a seed counts only while the feed itself names the peer.
    if (!this.#liveness.isNamed(session.peer.id)) return false;
    return rib?.partial !== true && size > 0 && size >= this.#fullFeedShare * this.#usual[view.family];
  }
}

/** Of an even number of sizes, largest first, the smaller middle one; of two, the larger. */
function medianOf(sizes: readonly number[]): number | undefined {
  return sizes[sizes.length < FEW_TABLES ? 0 : Math.floor(sizes.length / 2)];
}

/** The size at the tenth part of the sizes, largest first. One of them may be far larger than all others. */
function largeOf(sizes: readonly number[]): number | undefined {
  return sizes[Math.max(Math.ceil(sizes.length * LARGEST_TABLES_SHARE), sizes.length < FEW_TABLES ? 1 : 2) - 1];
}
