import type { View } from './adj-rib-in.ts';

/** Places of the state that changed since they were last written. Before `start` nothing is noted: then all is written. */
export class Altered<Place> {
  #places: Set<Place> | undefined;

  start(): void {
    this.#places = new Set();
  }

  add(place: Place): void {
    this.#places?.add(place);
  }

  /** Each once. Who starts must ask now and then: they are remembered until then. */
  take(): readonly Place[] {
    if (this.#places === undefined || this.#places.size === 0) return [];
    const places = [...this.#places];
    this.#places.clear();
    return places;
  }
}

/** The same for routes, by session: their keys are there already, and there are many of them. */
export class AlteredRoutes {
  #routes: Map<View, Set<string>> | undefined;

  start(): void {
    this.#routes = new Map();
  }

  add(view: View, key: string): void {
    if (this.#routes === undefined) return;
    const keys = this.#routes.get(view);
    if (keys === undefined) this.#routes.set(view, new Set([key]));
    else keys.add(key);
  }

  take(): ReadonlyMap<View, ReadonlySet<string>> {
    const routes = this.#routes ?? new Map<View, Set<string>>();
    if (routes.size > 0) this.#routes = new Map();
    return routes;
  }
}
