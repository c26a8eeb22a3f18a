import type { Asn } from '../../bgp/asn.ts';
import { parseMark } from '../../rib/marks.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';

/** Upstreams over which some unit is reached by as many voters as `presentAt` asks. */
export class Carriers {
  readonly #view: TerritoryView;
  readonly #presentAt: number;
  /** Marks that carry, and for how many of them each upstream stands. */
  readonly #marks = new Map<string, Asn>();
  readonly #counts = new Map<Asn, number>();
  /** As of which voters it was looked last; see `BaselineMatrix.roster`. */
  #roster: number | undefined;

  constructor(view: TerritoryView, presentAt: number) {
    this.#view = view;
    this.#presentAt = presentAt;
  }

  /** Forgets what carried: at the next look nothing is lost. */
  reset(): void {
    this.#marks.clear();
    this.#counts.clear();
    this.#roster = undefined;
  }

  /**
   * Looks at the marks whose counts changed since the last look; at all of them when other voters are asked than then,
   * and then nothing is lost. Gives the upstreams over which nothing is reached any more, upward.
   */
  look(touched: readonly string[]): readonly Asn[] {
    const { tally, voters, matrix } = this.#view;
    const { roster } = matrix;
    const isOther = roster !== this.#roster;
    const marks = isOther ? new Set([...this.#marks.keys(), ...tally.marks()]) : touched;
    this.#roster = roster;
    const fewer = new Set<Asn>();
    for (const mark of marks) {
      if (!mark.startsWith('upstream ')) continue;
      const count = tally.count(mark);
      const carries = count > 0 && count >= this.#presentAt * voters;
      if (carries && !this.#marks.has(mark)) this.#enter(mark);
      if (!carries && this.#marks.has(mark)) fewer.add(this.#leave(mark));
    }
    // That others are asked now is no loss.
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
