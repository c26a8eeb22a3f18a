import type { Asn } from '../bgp/asn.ts';
import { IndexSet } from '../lib/index-set.ts';
import { Counter, type AsVotes, type Sum } from './as-votes.ts';

/**
 * Counts which voter ASes see which unit, and which usually see it. The second is the baseline, a matrix of pairs of an
 * AS and a unit: what each of them saw in the last stable state. A row stays while its AS has no vote, for when it
 * votes again.
 *
 * Only arithmetic: its owner knows when something changed. Sums that are needed for each message are updated with each
 * change, because a country may have tens of thousands of units.
 */
export class VoteCount {
  /** Voter ASes that see each unit. */
  readonly seen: Uint32Array;
  /** Voter ASes that usually see each unit, and those of them that see it now. */
  readonly usual: Uint32Array;
  readonly standing: Uint32Array;
  /** 1 for units that are visible, as of the last `reckon` of each. */
  readonly visible: Uint8Array;
  /** 1 for units that some AS usually sees, whether it votes now or not. */
  readonly baseline: Uint8Array;
  /** Rows that have each unit. */
  readonly #pairs: Uint32Array;
  readonly #rows = new Map<Asn, IndexSet>();
  readonly #byAs = new Map<Asn, AsVotes>();
  readonly #ofShown = new Counter();
  readonly #ofVisible = new Counter();
  #baselineUnits = 0;
  #leftUnits = 0;
  /** Pairs of present voters and units they usually see, and how many of these voters see the unit now. */
  #usualPairs = 0;
  #standingPairs = 0;
  #witnesses = 0;
  #seeing = 0;
  #blank = 0;

  constructor(units: number) {
    this.seen = new Uint32Array(units);
    this.usual = new Uint32Array(units);
    this.standing = new Uint32Array(units);
    this.visible = new Uint8Array(units);
    this.baseline = new Uint8Array(units);
    this.#pairs = new Uint32Array(units);
  }

  get voters(): number {
    return this.#byAs.size;
  }

  /** Units that anybody sees. */
  get ofShown(): Sum {
    return this.#ofShown;
  }

  get ofVisible(): Sum {
    return this.#ofVisible;
  }

  get baselineUnits(): number {
    return this.#baselineUnits;
  }

  /** Units of the baseline that are visible. */
  get leftUnits(): number {
    return this.#leftUnits;
  }

  /** The share of the pairs of the baseline that are still seen, for voters that are present; 0 when they have none. */
  get share(): number {
    return this.#usualPairs === 0 ? 0 : this.#standingPairs / this.#usualPairs;
  }

  /** Voters that usually see something. */
  get witnesses(): number {
    return this.#witnesses;
  }

  /** Witnesses that see something of what they usually see. */
  get seeing(): number {
    return this.#seeing;
  }

  /** Voters that see nothing at all. */
  get blank(): number {
    return this.#blank;
  }

  /** How many of the voters that usually see a unit see it now; of all voters, where none usually does. */
  sightOf(unit: number): { readonly seeing: number; readonly of: number } {
    const of = this.usual[unit] ?? 0;
    return of > 0 ? { seeing: this.standing[unit] ?? 0, of } : { seeing: this.seen[unit] ?? 0, of: this.voters };
  }

  /** The number of witnesses and of these other ASes. */
  witnessesAnd(asns: Iterable<Asn>): number {
    let count = this.#witnesses;
    for (const asn of asns) if (!this.#rows.has(asn)) count++;
    return count;
  }

  isWitness(asn: Asn): boolean {
    return this.#rows.has(asn);
  }

  /** Units that this voter sees and does not usually see. */
  extras(asn: Asn): number {
    const votes = this.#byAs.get(asn);
    return votes === undefined ? 0 : votes.seen - votes.standing;
  }

  /** ASes that have a vote. */
  asns(): IterableIterator<Asn> {
    return this.#byAs.keys();
  }

  /** The baseline by AS, in the order in which they joined it. */
  rows(): ReadonlyMap<Asn, IndexSet> {
    return this.#rows;
  }

  /** Call when the voters of a unit, or all voters, are more or fewer. True when it has become visible or invisible. */
  reckon(unit: number): boolean {
    const [of, seen] = this.#majorityOf(unit);
    const visible = seen * 2 > of ? 1 : 0;
    if (this.visible[unit] === visible) return false;
    this.visible[unit] = visible;
    const by = visible === 1 ? 1 : -1;
    this.#ofVisible.count(by, this.seen[unit] ?? 0);
    if (this.baseline[unit] === 1) this.#leftUnits += by;
    return true;
  }

  /** One more voting session of this AS. It sees nothing yet. True when it is the AS's first. */
  enter(asn: Asn): boolean {
    const known = this.#byAs.get(asn);
    if (known !== undefined) {
      known.sessions++;
      return false;
    }
    const usual = this.#rows.get(asn);
    this.#byAs.set(asn, { sessions: 1, sees: new Uint16Array(this.seen.length), seen: 0, standing: 0, usual });
    this.#blank++;
    if (usual !== undefined) this.#countRow(usual, 1);
    return true;
  }

  /** One voting session less, which sees nothing any more. True when it was the AS's last. */
  leave(asn: Asn): boolean {
    const votes = this.#votesOf(asn);
    if (--votes.sessions > 0) return false;
    this.#byAs.delete(asn);
    this.#blank--;
    if (votes.usual !== undefined) this.#countRow(votes.usual, -1);
    return true;
  }

  /** One session more of this AS sees the unit. True when it did not, and usually does not. */
  see(asn: Asn, unit: number): boolean {
    const votes = this.#votesOf(asn);
    const sessions = (votes.sees[unit] ?? 0) + 1;
    votes.sees[unit] = sessions;
    if (sessions !== 1) return false;
    if (this.seen[unit] === 0) this.#ofShown.units++;
    this.#count(unit, 1);
    if (votes.seen++ === 0) this.#blank--;
    if (votes.usual?.has(unit) !== true) return true;
    this.#stand(votes, unit, 1);
    return false;
  }

  unsee(asn: Asn, unit: number): void {
    const votes = this.#votesOf(asn);
    const sessions = (votes.sees[unit] ?? 0) - 1;
    votes.sees[unit] = sessions;
    if (sessions !== 0) return;
    this.#count(unit, -1);
    if (this.seen[unit] === 0) this.#ofShown.units--;
    if (--votes.seen === 0) this.#blank++;
    if (votes.usual?.has(unit) === true) this.#stand(votes, unit, -1);
  }

  /** Units that this voter sees, are visible, and are not in its row yet. */
  joinable(asn: Asn): readonly number[] {
    const votes = this.#byAs.get(asn);
    if (votes === undefined || votes.seen === votes.standing) return [];
    const units: number[] = [];
    for (const [unit, sessions] of votes.sees.entries())
      if (sessions > 0 && this.visible[unit] === 1 && votes.usual?.has(unit) !== true) units.push(unit);
    return units;
  }

  /** Units that this voter usually sees and does not see now; before there is a baseline, all that it does not see. */
  lacking(asn: Asn): readonly number[] {
    const votes = this.#byAs.get(asn);
    if (votes === undefined) return [];
    const usual = this.#baselineUnits === 0 ? this.seen.keys() : (votes.usual?.values() ?? []);
    return [...usual].filter((unit) => (votes.sees[unit] ?? 0) === 0);
  }

  /** Adds units to the row of an AS. `reckon` must be called for each of them afterwards. */
  join(asn: Asn, units: readonly number[]): void {
    const votes = this.#byAs.get(asn);
    let row = this.#rows.get(asn);
    if (row === undefined && units.length > 0) {
      this.#rows.set(asn, (row = new IndexSet(this.seen.length)));
      if (votes !== undefined) {
        votes.usual = row;
        this.#witnesses++;
      }
    }
    for (const unit of units) {
      if (row?.add(unit) !== true) continue;
      this.#pair(unit, 1);
      if (votes === undefined) continue;
      this.usual[unit] = (this.usual[unit] ?? 0) + 1;
      this.#usualPairs++;
      if ((votes.sees[unit] ?? 0) > 0) this.#stand(votes, unit, 1);
    }
  }

  /**
   * Takes units out of the row of an AS; a row without any goes. `reckon` must be called for each of them afterwards.
   */
  part(asn: Asn, units: Iterable<number>): void {
    const row = this.#rows.get(asn);
    const votes = this.#byAs.get(asn);
    if (row === undefined) return;
    for (const unit of [...units]) {
      if (!row.has(unit)) continue;
      if (votes !== undefined) {
        if ((votes.sees[unit] ?? 0) > 0) this.#stand(votes, unit, -1);
        this.usual[unit] = (this.usual[unit] ?? 0) - 1;
        this.#usualPairs--;
      }
      row.delete(unit);
      this.#pair(unit, -1);
    }
    if (row.size > 0) return;
    this.#rows.delete(asn);
    if (votes === undefined) return;
    votes.usual = undefined;
    this.#witnesses--;
  }

  /** Whether an AS sees this unit now; `undefined` when it has no vote. */
  sees(asn: Asn, unit: number): boolean | undefined {
    const votes = this.#byAs.get(asn);
    return votes === undefined ? undefined : (votes.sees[unit] ?? 0) > 0;
  }

  /** Of how many voters a majority decides over this unit, and how many of them see it. */
  #majorityOf(unit: number): [number, number] {
    const usual = this.usual[unit] ?? 0;
    return usual > 0 ? [usual, this.standing[unit] ?? 0] : [this.voters, this.seen[unit] ?? 0];
  }

  #count(unit: number, by: 1 | -1): void {
    this.seen[unit] = (this.seen[unit] ?? 0) + by;
    this.#ofShown.seen += by;
    if (this.visible[unit] === 1) this.#ofVisible.seen += by;
  }

  #stand(votes: AsVotes, unit: number, by: 1 | -1): void {
    this.standing[unit] = (this.standing[unit] ?? 0) + by;
    this.#standingPairs += by;
    if (votes.standing === 0) this.#seeing++;
    votes.standing += by;
    if (votes.standing === 0) this.#seeing--;
  }

  /** An AS with this row votes from now on (1), or no longer. It sees nothing at that moment. */
  #countRow(row: IndexSet, by: 1 | -1): void {
    this.#witnesses += by;
    this.#usualPairs += by * row.size;
    for (const unit of row.values()) this.usual[unit] = (this.usual[unit] ?? 0) + by;
  }

  #pair(unit: number, by: 1 | -1): void {
    const pairs = (this.#pairs[unit] ?? 0) + by;
    this.#pairs[unit] = pairs;
    const isBaseline = pairs > 0 ? 1 : 0;
    if (this.baseline[unit] === isBaseline) return;
    this.baseline[unit] = isBaseline;
    this.#baselineUnits += by;
    if (this.visible[unit] === 1) this.#leftUnits += by;
  }

  #votesOf(asn: Asn): AsVotes {
    const votes = this.#byAs.get(asn);
    if (votes === undefined) throw new Error(`AS${asn} has no vote`);
    return votes;
  }
}
