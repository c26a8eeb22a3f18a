import type { Asn } from '../bgp/asn.ts';

/** Votes of one peer AS: it sees a unit while one of its voting sessions does. */
interface Ballot {
  sessions: number;
  /** Voting sessions that see each unit. */
  readonly sees: Uint16Array;
  /** Units of the baseline it sees; all units while there is no baseline. */
  seen: number;
}

/** The count: which voter ASes see which unit. Only arithmetic; when something changed is its owner's matter. */
export class Ballots {
  /** Voter ASes that see each unit. */
  readonly seen: Uint32Array;
  readonly baseline: Uint8Array;
  readonly #ballots = new Map<Asn, Ballot>();
  #baselineSize = 0;
  #seenInBaseline = 0;
  #seeingNothing = 0;

  constructor(units: number) {
    this.seen = new Uint32Array(units);
    this.baseline = new Uint8Array(units);
  }

  get voters(): number {
    return this.#ballots.size;
  }

  get baselineSize(): number {
    return this.#baselineSize;
  }

  /** Voters that see no unit of the baseline; of all units, while there is none. */
  get seeingNothing(): number {
    return this.#seeingNothing;
  }

  /** Pairs of a voter and a unit of the baseline that it sees. */
  get seenInBaseline(): number {
    return this.#seenInBaseline;
  }

  setBaseline(units: readonly number[]): void {
    this.baseline.fill(0);
    for (const unit of units) this.baseline[unit] = 1;
    this.#baselineSize = units.length;
    this.#seenInBaseline = units.reduce((sum, unit) => sum + (this.seen[unit] ?? 0), 0);
    this.#seeingNothing = 0;
    for (const ballot of this.#ballots.values()) {
      ballot.seen = ballot.sees.reduce((sum, sessions, unit) => sum + (sessions > 0 && this.#matters(unit) ? 1 : 0), 0);
      if (ballot.seen === 0) this.#seeingNothing++;
    }
  }

  /** One more voting session of this AS. It sees nothing yet. */
  enter(asn: Asn): void {
    const ballot = this.#ballots.get(asn);
    if (ballot !== undefined) {
      ballot.sessions++;
      return;
    }
    this.#ballots.set(asn, { sessions: 1, sees: new Uint16Array(this.seen.length), seen: 0 });
    this.#seeingNothing++;
  }

  /** One voting session less, which sees nothing any more. True when it was the AS's last. */
  leave(asn: Asn): boolean {
    const ballot = this.#ballotOf(asn);
    if (--ballot.sessions > 0) return false;
    this.#ballots.delete(asn);
    this.#seeingNothing--;
    return true;
  }

  see(asn: Asn, unit: number): void {
    const ballot = this.#ballotOf(asn);
    ballot.sees[unit] = (ballot.sees[unit] ?? 0) + 1;
    if (ballot.sees[unit] !== 1) return;
    this.seen[unit] = (this.seen[unit] ?? 0) + 1;
    if (!this.#matters(unit)) return;
    if (ballot.seen++ === 0) this.#seeingNothing--;
    if (this.baseline[unit] === 1) this.#seenInBaseline++;
  }

  unsee(asn: Asn, unit: number): void {
    const ballot = this.#ballotOf(asn);
    ballot.sees[unit] = (ballot.sees[unit] ?? 0) - 1;
    if (ballot.sees[unit] !== 0) return;
    this.seen[unit] = (this.seen[unit] ?? 0) - 1;
    if (!this.#matters(unit)) return;
    if (--ballot.seen === 0) this.#seeingNothing++;
    if (this.baseline[unit] === 1) this.#seenInBaseline--;
  }

  #ballotOf(asn: Asn): Ballot {
    const ballot = this.#ballots.get(asn);
    if (ballot === undefined) throw new Error(`AS${asn} has no vote`);
    return ballot;
  }

  #matters(unit: number): boolean {
    return this.#baselineSize === 0 || this.baseline[unit] === 1;
  }
}
