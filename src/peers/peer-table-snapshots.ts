import type { PeerId } from '../bgp/peer.ts';
import type { EventTime } from '../bgp/time.ts';
import type { DirtySet } from '../rib/dirty-set.ts';
import type { Probationer, Probation } from './probation.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import type { Liveness } from './liveness.ts';
import type { Sessions } from './sessions.ts';
import type { PeerTableSnapshot, KnownVoter, VoterInView, VoterSnapshot } from './peer-snapshot.ts';
import type { Votes } from './votes.ts';

interface Parts {
  readonly views: readonly TerritoryView[];
  readonly sessions: Sessions;
  readonly probation: Probation;
  readonly liveness: Liveness;
  readonly votes: Votes;
  readonly dirty: DirtySet<PeerId>;
}

/**
 * Stores and restores the peer table: one record per peer, because only a few of thousands change at a time, and one
 * common record.
 */
export class PeerTableSnapshots {
  /** Peers whose state changed since the last write. */
  readonly dirty: DirtySet<PeerId>;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.dirty = parts.dirty;
  }

  /** All peers with any state. */
  ids(): ReadonlySet<PeerId> {
    return new Set([...this.#parts.sessions.all().map(({ peer }) => peer.id), ...this.#parts.liveness.ids()]);
  }

  /** `undefined`: the peer has no state any more. */
  voter(id: PeerId): VoterSnapshot | undefined {
    const session = this.#parts.sessions.find(id);
    const last = this.#parts.liveness.of(id);
    if (session === undefined && last === undefined) return undefined;
    const views: Record<string, VoterInView> = {};
    for (const view of this.#parts.views) {
      const rib = view.ribs.get(id);
      const probationer = rib && this.#parts.probation.of(rib);
      if (rib === undefined || !(rib.learned || rib.partial || probationer !== undefined)) continue;
      const { learned, partial } = rib;
      views[view.key] = { learned, partial, waiting: probationer && [probationer.due, probationer.number] };
    }
    return {
      ...(session && { session: this.#parts.sessions.snapshot(session) }),
      ...(last && { heard: [last.at, last.number] }),
      views,
    };
  }

  snapshot(): PeerTableSnapshot {
    return {
      usual: this.#parts.votes.usual,
      liveness: this.#parts.liveness.snapshot(),
      nextProbationer: this.#parts.probation.next,
      nextSync: this.#parts.sessions.nextSync,
    };
  }

  /**
   * Restores the peers' state, and gives votes by it. Restore the views' routes first.
   *
   * @param fresh views that were not watched before, so they have no peer's whole table.
   */
  restore(
    { usual, liveness, nextProbationer, nextSync }: PeerTableSnapshot,
    voters: readonly KnownVoter[],
    { fresh, at }: { readonly fresh: ReadonlySet<TerritoryView>; readonly at: EventTime },
  ): void {
    this.#parts.votes.restore(usual);
    const sessions = this.#parts.sessions.restore(voters, nextSync);
    const lastMessages = voters.flatMap(({ peer, voter }) =>
      voter.heard === undefined ? [] : [{ peer, at: voter.heard[0], number: voter.heard[1] }],
    );
    this.#parts.liveness.restore(liveness, lastMessages.sort(byNumber));
    this.#parts.probation.restore(
      voters.flatMap((one) => this.#restoreRibs(one, fresh)).sort(byNumber),
      nextProbationer,
    );
    for (const session of sessions) this.#parts.votes.revote(session, at);
  }

  #restoreRibs({ peer, voter }: KnownVoter, fresh: ReadonlySet<TerritoryView>): readonly Probationer[] {
    return this.#parts.views.flatMap((view) => {
      const known = fresh.has(view) ? undefined : voter.views[view.key];
      if (known === undefined && !fresh.has(view)) return [];
      const isUp = voter.session !== undefined && voter.session.peerState[view.family].kind !== 'down';
      const rib = view.ribOf(peer);
      rib.learned = known?.learned === true;
      rib.partial = known?.partial ?? isUp;
      return known?.waiting === undefined ? [] : [{ view, rib, due: known.waiting[0], number: known.waiting[1] }];
    });
  }
}

function byNumber(a: { readonly number: number }, b: { readonly number: number }): number {
  return a.number - b.number;
}
