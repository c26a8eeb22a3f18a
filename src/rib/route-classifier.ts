import { marksOf } from './marks.ts';
import { covered, type Territory } from '../territory/territory.ts';
import { countsFor } from './adj-rib-in.ts';
import { type HeldRoute, type ReceivedRoute } from './route-table.ts';
import type { Prefix } from '../bgp/prefix.ts';

/** Works out what a route says of a territory: the units it covers, whether it counts, what it shows. */
export class RouteClassifier {
  readonly #territory: Territory;
  readonly #units: readonly Prefix[];
  readonly #isDetailed: boolean;
  /** Units under each prefix, cached: most routes are sent many times. */
  readonly #runs = new Map<string, readonly number[]>();
  readonly #maxRuns: number;

  constructor(territory: Territory, units: readonly Prefix[], isDetailed: boolean, maxRuns: number) {
    this.#territory = territory;
    this.#units = units;
    this.#isDetailed = isDetailed;
    this.#maxRuns = maxRuns;
  }

  classify(route: ReceivedRoute, before: HeldRoute | undefined): HeldRoute {
    // Each field by name: this is done for each message, and copying what an object has takes several times as long.
    const { prefix, pathId, path, at, dumped } = route;
    if (before !== undefined && before.path === path) {
      const { units, isPart, counts, marks } = before;
      return { prefix, pathId, path, at, dumped, units, isPart, counts, marks };
    }
    const units = before?.units ?? this.#unitsUnder(prefix);
    const isPart = prefix.length > (this.#units[units[0] ?? 0]?.length ?? prefix.length);
    if (path === undefined) return { prefix, pathId, path, at, dumped, units, isPart, counts: false, marks: [] };
    const counts = countsFor(this.#territory, path);
    const marks = this.#isDetailed ? marksOf(this.#territory, { prefix, path, units, counts }) : [];
    return { prefix, pathId, path, at, dumped, units, isPart, counts, marks };
  }

  #unitsUnder(prefix: Prefix): readonly number[] {
    let run = this.#runs.get(prefix.text);
    if (run === undefined) {
      if (this.#runs.size >= this.#maxRuns) this.#runs.clear();
      this.#runs.set(prefix.text, (run = covered(this.#units, prefix)));
    }
    return run;
  }
}
