import type { PeerId } from '../bgp/peer.ts';
import type { EventTime } from '../bgp/time.ts';
import type { Altered } from '../rib/dirty-set.ts';
import type { Learner, Learners } from './probation.ts';
import type { Plane } from '../rib/territory-view.ts';
import type { Pulses } from './liveness.ts';
import type { Sessions } from './sessions.ts';
import { FAMILIES } from '../territory/territory.ts';
import type { ElectorateSnapshot, KnownVoter, VoterInPlane, VoterSnapshot } from './peer-snapshot.ts';
import type { Votes } from './votes.ts';

interface Parts {
  readonly planes: readonly Plane[];
  readonly sessions: Sessions;
  readonly learners: Learners;
  readonly pulses: Pulses;
  readonly votes: Votes;
  readonly altered: Altered<PeerId>;
}

/** The electorate on paper: each peer by itself, because a few of thousands change at a time, and what they have in common. */
export class VoterBook {
  /** Of whom anything changed since it was last written. */
  readonly altered: Altered<PeerId>;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.altered = parts.altered;
  }

  /** Everyone of whom anything is known. */
  ids(): ReadonlySet<PeerId> {
    return new Set([...this.#parts.sessions.all().map(({ peer }) => peer.id), ...this.#parts.pulses.ids()]);
  }

  /** `undefined` when nothing is known of it any more. */
  voter(id: PeerId): VoterSnapshot | undefined {
    const session = this.#parts.sessions.find(id);
    const heard = this.#parts.pulses.of(id);
    if (session === undefined && heard === undefined) return undefined;
    const planes: Record<string, VoterInPlane> = {};
    for (const plane of this.#parts.planes) {
      const view = plane.views.get(id);
      const learner = view && this.#parts.learners.of(view);
      if (view === undefined || !(view.learned || view.partial || learner !== undefined)) continue;
      const { learned, partial } = view;
      planes[plane.key] = { learned, partial, waiting: learner && [learner.due, learner.number] };
    }
    return {
      ...(session && { session: this.#parts.sessions.snapshot(session) }),
      ...(heard && { heard: [heard.at, heard.number] }),
      planes,
    };
  }

  snapshot(): ElectorateSnapshot {
    return {
      largest: this.#parts.votes.largest,
      pulses: this.#parts.pulses.snapshot(),
      nextLearner: this.#parts.learners.next,
      nextSync: this.#parts.sessions.nextSync,
    };
  }

  /**
   * Puts back who was heard, and gives votes by it; the planes have their routes already.
   *
   * @param fresh planes that were not watched, so that nobody told them his whole table.
   */
  restore(
    { largest, pulses, nextLearner, nextSync }: ElectorateSnapshot,
    voters: readonly KnownVoter[],
    { fresh, at }: { readonly fresh: ReadonlySet<Plane>; readonly at: EventTime },
  ): void {
    for (const family of FAMILIES) this.#parts.votes.compare(family, largest[family]);
    const sessions = this.#parts.sessions.restore(voters, nextSync);
    const heard = voters.flatMap(({ peer, voter }) =>
      voter.heard === undefined ? [] : [{ peer, at: voter.heard[0], number: voter.heard[1] }],
    );
    this.#parts.pulses.restore(pulses, heard.sort(byNumber));
    this.#parts.learners.restore(voters.flatMap((one) => this.#restoreViews(one, fresh)).sort(byNumber), nextLearner);
    for (const session of sessions) this.#parts.votes.revote(session, at);
  }

  #restoreViews({ peer, voter }: KnownVoter, fresh: ReadonlySet<Plane>): readonly Learner[] {
    return this.#parts.planes.flatMap((plane) => {
      const known = fresh.has(plane) ? undefined : voter.planes[plane.key];
      if (known === undefined && !fresh.has(plane)) return [];
      const isHeard = voter.session !== undefined && voter.session.standing[plane.family].kind !== 'down';
      const view = plane.viewOf(peer);
      view.learned = known?.learned === true;
      view.partial = known?.partial ?? isHeard;
      return known?.waiting === undefined ? [] : [{ plane, view, due: known.waiting[0], number: known.waiting[1] }];
    });
  }
}

function byNumber(a: { readonly number: number }, b: { readonly number: number }): number {
  return a.number - b.number;
}
