import type { Peer, PeerId } from '../bgp/peer.ts';
import { later, type EventTime } from '../bgp/time.ts';
import type { Altered } from '../rib/dirty-set.ts';
import type { Plane } from '../rib/territory-view.ts';
import type { View } from '../rib/adj-rib-in.ts';

/** A learner must carry this share of the units that the others carry: a filtered view of half a country is no witness. */
const MIN_CARRIED = 0.9;

export interface Learner {
  readonly plane: Plane;
  readonly view: View;
  due: EventTime;
  /** Who began later has a greater one. */
  readonly number: number;
}

/**
 * Peers whose table size nobody told: without a RIB dump, whoever carried the territory while it was stable is a
 * witness of its absence later.
 */
export class Learners {
  readonly #learnMs: number;
  readonly #altered: Altered<PeerId>;
  readonly #waiting = new Map<View, Learner>();
  #next = 0;

  constructor(learnMs: number, altered: Altered<PeerId>) {
    this.#altered = altered;
    // At least one millisecond, so that who fails is not asked again at the same moment, for ever.
    this.#learnMs = Math.max(1, learnMs);
  }

  /** Call after each change of a view of unknown table size. */
  watch(plane: Plane, view: View, at: EventTime): void {
    if (view.learned || view.seen === 0) {
      this.#leave(view);
      return;
    }
    if (this.#waiting.has(view)) return;
    this.#waiting.set(view, { plane, view, due: later(at, this.#learnMs), number: this.#next++ });
    this.#altered.add(view.peer.id);
  }

  forget(peer: Peer): void {
    for (const view of this.#waiting.keys()) if (view.peer.id === peer.id) this.#leave(view);
  }

  of(view: View): Learner | undefined {
    return this.#waiting.get(view);
  }

  get next(): number {
    return this.#next;
  }

  /** @param waiting by number upward. */
  restore(waiting: readonly Learner[], next: number): void {
    for (const learner of waiting) this.#waiting.set(learner.view, learner);
    this.#next = next;
  }

  deadline(): EventTime | undefined {
    let next: EventTime | undefined;
    for (const { due } of this.#waiting.values()) if (next === undefined || due < next) next = due;
    return next;
  }

  /** The peers that have learned by `at`, in the order in which they began. Who carried too little waits once more. */
  takeDue(at: EventTime): readonly { plane: Plane; peer: Peer }[] {
    const learned: { plane: Plane; peer: Peer }[] = [];
    const expected = new Map<Plane, readonly number[]>();
    for (const learner of this.#waiting.values()) {
      if (learner.due > at) continue;
      const { plane, view } = learner;
      let units = expected.get(plane);
      if (units === undefined) expected.set(plane, (units = commonUnits(plane)));
      if (units.filter((unit) => (view.cover[unit] ?? 0) > 0).length < MIN_CARRIED * units.length) {
        learner.due = later(at, this.#learnMs);
        this.#altered.add(view.peer.id);
        continue;
      }
      this.#leave(view);
      view.learned = true;
      learned.push({ plane, peer: view.peer });
    }
    return learned;
  }

  #leave(view: View): void {
    if (this.#waiting.delete(view)) this.#altered.add(view.peer.id);
  }
}

/** The baseline or, before there is one, the units that at least half of those carry who carry any. */
function commonUnits(plane: Plane): readonly number[] {
  const units = [...plane.units.keys()];
  if (plane.hasBaseline) return units.filter((unit) => plane.baseline[unit] === 1);
  const carriers = [...plane.views.values()].filter((view) => view.seen > 0);
  return units.filter((unit) => carriers.filter((view) => (view.cover[unit] ?? 0) > 0).length * 2 >= carriers.length);
}
