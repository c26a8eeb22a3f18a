import type { Asn } from '../bgp/asn.ts';

/** Votes of one peer AS: it sees a unit while one of its voting sessions does. */
interface AsVotes {
  sessions: number;
  /** Voting sessions that see each unit. */
  readonly sees: Uint16Array;
  /** Units of the baseline it sees; all units while there is no baseline. */
  seen: number;
}

/** Some of the units: how many, and the voters that see each of them added up. */
export interface Sum {
  readonly units: number;
  readonly seen: number;
}

class Counter implements Sum {
  units = 0;
  seen = 0;

  /** One unit more (1) or less (-1), which so many see. */
  count(by: 1 | -1, seen: number): void {
    this.units += by;
    this.seen += by * seen;
  }
}

/**
 * The count: which voter ASes see which unit. Only arithmetic; when something changed is its owner's matter. What is asked
 * for at each message is kept added up, because a country may have tens of thousands of units.
 */
export class VoteCount {
  /** Voter ASes that see each unit. */
  readonly seen: Uint32Array;
  /** 1 for units seen by more than half of the voters, as of the last `reckon` of each. */
  readonly visible: Uint8Array;
  readonly baseline: Uint8Array;
  readonly #voteCount = new Map<Asn, AsVotes>();
  readonly #ofShown = new Counter();
  readonly #ofVisible = new Counter();
  #ofBaseline = new Counter();
  #ofLeft = new Counter();
  #seeingNothing = 0;

  constructor(units: number) {
    this.seen = new Uint32Array(units);
    this.visible = new Uint8Array(units);
    this.baseline = new Uint8Array(units);
  }

  get voters(): number {
    return this.#voteCount.size;
  }

  /** Units that anybody sees. */
  get ofShown(): Sum {
    return this.#ofShown;
  }

  get ofVisible(): Sum {
    return this.#ofVisible;
  }

  get ofBaseline(): Sum {
    return this.#ofBaseline;
  }

  /** Units of the baseline that are visible. */
  get ofLeft(): Sum {
    return this.#ofLeft;
  }

  /** Voters that see no unit of the baseline; of all units, while there is none. */
  get seeingNothing(): number {
    return this.#seeingNothing;
  }

  setBaseline(units: readonly number[]): void {
    this.baseline.fill(0);
    this.#ofBaseline = new Counter();
    this.#ofLeft = new Counter();
    for (const unit of units) {
      const seen = this.seen[unit] ?? 0;
      this.baseline[unit] = 1;
      this.#ofBaseline.count(1, seen);
      if (this.visible[unit] === 1) this.#ofLeft.count(1, seen);
    }
    this.#seeingNothing = 0;
    for (const asVotes of this.#voteCount.values()) {
      asVotes.seen = asVotes.sees.reduce(
        (sum, sessions, unit) => sum + (sessions > 0 && this.#matters(unit) ? 1 : 0),
        0,
      );
      if (asVotes.seen === 0) this.#seeingNothing++;
    }
  }

  /** Call when the voters of a unit, or all voters, are more or fewer. True when it has become visible or invisible. */
  reckon(unit: number): boolean {
    const seen = this.seen[unit] ?? 0;
    const visible = seen * 2 > this.voters ? 1 : 0;
    if (this.visible[unit] === visible) return false;
    this.visible[unit] = visible;
    const by = visible === 1 ? 1 : -1;
    this.#ofVisible.count(by, seen);
    if (this.baseline[unit] === 1) this.#ofLeft.count(by, seen);
    return true;
  }

  /** One more voting session of this AS. It sees nothing yet. */
  enter(asn: Asn): void {
    const asVotes = this.#voteCount.get(asn);
    if (asVotes !== undefined) {
      asVotes.sessions++;
      return;
    }
    this.#voteCount.set(asn, { sessions: 1, sees: new Uint16Array(this.seen.length), seen: 0 });
    this.#seeingNothing++;
  }

  /** One voting session less, which sees nothing any more. True when it was the AS's last. */
  leave(asn: Asn): boolean {
    const asVotes = this.#votesOf(asn);
    if (--asVotes.sessions > 0) return false;
    this.#voteCount.delete(asn);
    this.#seeingNothing--;
    return true;
  }

  see(asn: Asn, unit: number): void {
    const asVotes = this.#votesOf(asn);
    const sessions = (asVotes.sees[unit] ?? 0) + 1;
    asVotes.sees[unit] = sessions;
    if (sessions !== 1) return;
    if (this.seen[unit] === 0) this.#ofShown.units++;
    this.#count(unit, 1);
    if (this.#matters(unit) && asVotes.seen++ === 0) this.#seeingNothing--;
  }

  unsee(asn: Asn, unit: number): void {
    const asVotes = this.#votesOf(asn);
    const sessions = (asVotes.sees[unit] ?? 0) - 1;
    asVotes.sees[unit] = sessions;
    if (sessions !== 0) return;
    this.#count(unit, -1);
    if (this.seen[unit] === 0) this.#ofShown.units--;
    if (this.#matters(unit) && --asVotes.seen === 0) this.#seeingNothing++;
  }

  #count(unit: number, by: 1 | -1): void {
    this.seen[unit] = (this.seen[unit] ?? 0) + by;
    this.#ofShown.seen += by;
    if (this.visible[unit] === 1) this.#ofVisible.seen += by;
    if (this.baseline[unit] !== 1) return;
    this.#ofBaseline.seen += by;
    if (this.visible[unit] === 1) this.#ofLeft.seen += by;
  }

  #votesOf(asn: Asn): AsVotes {
    const asVotes = this.#voteCount.get(asn);
    if (asVotes === undefined) throw new Error(`AS${asn} has no vote`);
    return asVotes;
  }

  #matters(unit: number): boolean {
    return this.#ofBaseline.units === 0 || this.baseline[unit] === 1;
  }
}
