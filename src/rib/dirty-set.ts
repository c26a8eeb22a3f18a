import type { AdjRibIn } from './adj-rib-in.ts';

/**
 * Places of the state that changed since the last write. Before `start` nothing is recorded, because the first write
 * covers everything.
 */
export class DirtySet<Place> {
  #places: Set<Place> | undefined;

  start(): void {
    this.#places = new Set();
  }

  add(place: Place): void {
    this.#places?.add(place);
  }

  /** Each place once. After `start`, call this regularly: places are stored until then. */
  take(): readonly Place[] {
    if (this.#places === undefined || this.#places.size === 0) return [];
    const places = [...this.#places];
    this.#places.clear();
    return places;
  }
}

/** The same for routes, by session: their keys are there already, and there are many of them. */
export class DirtyRoutes {
  #routes: Map<AdjRibIn, Set<string>> | undefined;

  start(): void {
    this.#routes = new Map();
  }

  add(rib: AdjRibIn, key: string): void {
    if (this.#routes === undefined) return;
    const keys = this.#routes.get(rib);
    if (keys === undefined) this.#routes.set(rib, new Set([key]));
    else keys.add(key);
  }

  take(): ReadonlyMap<AdjRibIn, ReadonlySet<string>> {
    const routes = this.#routes ?? new Map<AdjRibIn, Set<string>>();
    if (routes.size > 0) this.#routes = new Map();
    return routes;
  }
}
