import type { Prefix } from '../bgp/prefix.ts';
import type { TerritoryView } from './territory-view.ts';

/** At most this many prefixes are cached. */
const MAX_PREFIXES = 4_096;

/**
 * Which views a prefix concerns. The one place where the engine decides this. A RIB dump names a prefix once for each
 * peer, and most messages are about few prefixes, so the answer is cached.
 */
export class ConcernedViews {
  readonly #views: readonly TerritoryView[];
  readonly #byPrefix = new Map<string, readonly TerritoryView[]>();

  constructor(views: readonly TerritoryView[]) {
    this.#views = views;
  }

  /** The views that a route to this prefix can say anything about. */
  of(prefix: Prefix): readonly TerritoryView[] {
    let views = this.#byPrefix.get(prefix.text);
    if (views === undefined) {
      views = this.#views.filter((view) => view.concerns(prefix));
      if (this.#byPrefix.size >= MAX_PREFIXES) this.#byPrefix.clear();
      this.#byPrefix.set(prefix.text, views);
    }
    return views;
  }
}
