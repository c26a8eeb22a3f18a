import type { Peer, PeerId } from '../bgp/peer.ts';
import { earliest, later, type EventTime } from '../bgp/time.ts';
import type { DirtySet } from '../rib/dirty-set.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import type { AdjRibIn } from '../rib/adj-rib-in.ts';
import { COMMON_SHARE, PROBATION_SHARE } from '../policy/fixed.ts';

/** A peer of unknown table size that waits for its vote. */
export interface Probationer {
  readonly view: TerritoryView;
  readonly rib: AdjRibIn;
  due: EventTime;
  /** Peers that began later have a greater number. */
  readonly number: number;
}

/**
 * Peers of unknown table size. Without a RIB dump, a peer that had routes of the territory while it was stable may
 * vote later.
 */
export class Probation {
  readonly #learnMs: number;
  readonly #dirty: DirtySet<PeerId>;
  readonly #waiting = new Map<AdjRibIn, Probationer>();
  #next = 0;
  /** The earliest `due`; `stale` when the peer that had it has left, so that it must be searched again. */
  #earliest: EventTime | undefined | 'stale';

  constructor(learnMs: number, dirty: DirtySet<PeerId>) {
    this.#dirty = dirty;
    // At least one millisecond, so that a peer that fails is not checked again at the same moment, without end.
    this.#learnMs = Math.max(1, learnMs);
  }

  /** Call after each change of a rib of unknown table size. */
  watch(view: TerritoryView, rib: AdjRibIn, at: EventTime): void {
    if (rib.learned || !(rib.seen > 0 || hasRouteInside(view, rib))) {
      this.#leave(rib);
      return;
    }
    if (this.#waiting.has(rib)) return;
    const due = later(at, this.#learnMs);
    this.#waiting.set(rib, { view, rib, due, number: this.#next++ });
    if (this.#earliest !== 'stale') this.#earliest = earliest(this.#earliest, due);
    this.#dirty.add(rib.peer.id);
  }

  forget(peer: Peer): void {
    for (const rib of this.#waiting.keys()) if (rib.peer.id === peer.id) this.#leave(rib);
  }

  of(rib: AdjRibIn): Probationer | undefined {
    return this.#waiting.get(rib);
  }

  get next(): number {
    return this.#next;
  }

  /** @param waiting in ascending order of number. */
  restore(waiting: readonly Probationer[], next: number): void {
    for (const probationer of waiting) this.#waiting.set(probationer.rib, probationer);
    this.#next = next;
    this.#earliest = 'stale';
  }

  deadline(): EventTime | undefined {
    if (this.#earliest !== 'stale') return this.#earliest;
    let next: EventTime | undefined;
    for (const { due } of this.#waiting.values()) if (next === undefined || due < next) next = due;
    return (this.#earliest = next);
  }

  /** The peers whose probation ends by `at`, in order of begin. A peer with too few routes waits once more. */
  takeDue(at: EventTime): readonly { view: TerritoryView; peer: Peer }[] {
    const learned: { view: TerritoryView; peer: Peer }[] = [];
    const expected = new Map<TerritoryView, readonly number[]>();
    this.#earliest = 'stale';
    for (const probationer of this.#waiting.values()) {
      if (probationer.due > at) continue;
      const { view, rib } = probationer;
      let units = expected.get(view);
      if (units === undefined) expected.set(view, (units = commonUnits(view)));
      const announced = announcedUnits(view, rib);
      if (units.filter((unit) => announced.has(unit)).length < PROBATION_SHARE * units.length) {
        probationer.due = later(at, this.#learnMs);
        this.#dirty.add(rib.peer.id);
        continue;
      }
      this.#leave(rib);
      rib.learned = true;
      learned.push({ view, peer: rib.peer });
    }
    return learned;
  }

  #leave(rib: AdjRibIn): void {
    const probationer = this.#waiting.get(rib);
    if (probationer === undefined) return;
    this.#waiting.delete(rib);
    if (probationer.due === this.#earliest) this.#earliest = 'stale';
    this.#dirty.add(rib.peer.id);
  }
}

/** The baseline; before there is one, the units to which at least half of the peers with any route have one. */
function commonUnits(view: TerritoryView): readonly number[] {
  const units = [...view.units.keys()];
  if (view.hasBaseline) return units.filter((unit) => view.baseline[unit] === 1);
  const carriers = [...view.ribs.values()]
    .map((rib) => announcedUnits(view, rib))
    .filter((announced) => announced.size > 0);
  return units.filter(
    (unit) => carriers.filter((announced) => announced.has(unit)).length >= COMMON_SHARE * carriers.length,
  );
}

/**
 * Whether the peer has a route inside the blocks, from any origin: it would have sent one from the right origin, too.
 */
function hasRouteInside(view: TerritoryView, rib: AdjRibIn): boolean {
  for (const held of rib.routes.values()) if (held.path !== undefined && view.holds(held.prefix)) return true;
  return false;
}

/** Units to which it has a route inside the blocks, from any origin, or a route that counts. */
function announcedUnits(view: TerritoryView, rib: AdjRibIn): ReadonlySet<number> {
  const units = new Set<number>();
  for (const { path, prefix, counts, units: covered } of rib.routes.values()) {
    if (path === undefined || !(counts || view.holds(prefix))) continue;
    for (const unit of covered) units.add(unit);
  }
  return units;
}
