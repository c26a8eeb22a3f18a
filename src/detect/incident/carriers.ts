import type { Asn } from '../../bgp/asn.ts';
import { parseMark } from '../../rib/marks.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';

/** The upstreams over which at least the share `presentAt` of the voters reaches some unit. */
export class Carriers {
  readonly #view: TerritoryView;
  readonly #presentAt: number;
  /** The marks that reach this share, and the number of them per upstream. */
  readonly #marks = new Map<string, Asn>();
  readonly #counts = new Map<Asn, number>();
  /** The set of voters at the last look; see `BaselineMatrix.votersRevision`. */
  #votersRevision: number | undefined;

  constructor(view: TerritoryView, presentAt: number) {
    this.#view = view;
    this.#presentAt = presentAt;
  }

  /** Forgets all upstreams, so that the next look reports no loss. */
  reset(): void {
    this.#marks.clear();
    this.#counts.clear();
    this.#votersRevision = undefined;
  }

  /**
   * Looks at the marks whose counts changed since the last look. If the set of voters changed, looks at all of them and
   * reports no loss. Returns the upstreams over which nothing is reached any more, ascending.
   */
  look(touched: readonly string[]): readonly Asn[] {
    const { tally, voters, matrix } = this.#view;
    const { votersRevision } = matrix;
    const isOther = votersRevision !== this.#votersRevision;
    const marks = isOther ? new Set([...this.#marks.keys(), ...tally.marks()]) : touched;
    this.#votersRevision = votersRevision;
    const fewer = new Set<Asn>();
    for (const mark of marks) {
      if (!mark.startsWith('upstream ')) continue;
      const count = tally.count(mark);
      const carries = count > 0 && count >= this.#presentAt * voters;
      if (carries && !this.#marks.has(mark)) this.#enter(mark);
      if (!carries && this.#marks.has(mark)) fewer.add(this.#leave(mark));
    }
    // A change of the voters is not a loss.
    return isOther ? [] : [...fewer].filter((asn) => !this.#counts.has(asn)).sort((a, b) => a - b);
  }

  #enter(mark: string): void {
    const parsed = parseMark(mark);
    if (parsed.kind !== 'upstream') return;
    this.#marks.set(mark, parsed.asn);
    this.#counts.set(parsed.asn, (this.#counts.get(parsed.asn) ?? 0) + 1);
  }

  #leave(mark: string): Asn {
    const asn = this.#marks.get(mark);
    if (asn === undefined) throw new Error(`${mark} did not carry`);
    this.#marks.delete(mark);
    const left = (this.#counts.get(asn) ?? 0) - 1;
    if (left > 0) this.#counts.set(asn, left);
    else this.#counts.delete(asn);
    return asn;
  }
}
