import type { Asn } from '../bgp/asn.ts';
import type { EventTime } from '../bgp/time.ts';
import type { TerritoryViewSnapshot } from './territory-view-snapshot.ts';
import type { VoteCount } from './vote-count.ts';

type Snapshot = Omit<TerritoryViewSnapshot, 'former' | 'touched'>;

/**
 * The baseline of a territory view: which voter saw which network in the last stable state, how it begins, grows and gives
 * up what is lost. When it changes is for the evaluator to say.
 */
export class BaselineMatrix {
  /** Counts up when a voter came or went, or the baseline is another: what is a share of them may be another without a word. */
  roster = 0;
  /** When that was last. */
  rosterAt: EventTime | undefined;
  readonly #votes: VoteCount;
  readonly #changed: (units: readonly number[]) => void;
  /** The level at which visibility stands still, and since when; see `noteShare`. */
  #steady: { readonly share: number; readonly since: EventTime } | undefined;
  /** Voters that see something that they usually do not, since this was last asked. */
  #grown = new Set<Asn>();

  /** @param changed called with the units whose witnesses are others. */
  constructor(votes: VoteCount, changed: (units: readonly number[]) => void) {
    this.#votes = votes;
    this.#changed = changed;
  }

  /** This voter sees something that it usually does not. */
  noteMore(asn: Asn): void {
    this.#grown.add(asn);
  }

  /** This AS has had no vote for so long that it is no longer a witness when it comes back. */
  forget(asn: Asn): void {
    this.#part(asn, this.#votes.rows().get(asn)?.values() ?? []);
  }

  /** The baseline is what each voter sees now of what is visible. */
  begin(at: EventTime): void {
    for (const [asn, row] of [...this.#votes.rows()]) this.#part(asn, row.values());
    this.grow(at);
    this.noteRoster(at);
  }

  /** What each voter sees now of what is visible joins the baseline. */
  grow(at: EventTime): void {
    for (const asn of [...this.#votes.asns()]) this.join(asn, at);
  }

  /**
   * What this voter sees of what is visible joins its row. True when it still sees something that did not.
   *
   * @param of `ofBaseline`: only what others usually see joins.
   */
  join(asn: Asn, at: EventTime, { ofBaseline = false } = {}): boolean {
    const seen = this.#votes.joinable(asn);
    const units = ofBaseline ? seen.filter((unit) => this.#votes.baseline[unit] === 1) : seen;
    if (units.length > 0) {
      this.#votes.join(asn, units);
      this.#changed(units);
      this.noteRoster(at);
    }
    return this.#votes.extras(asn) > 0;
  }

  /** What is lost leaves the baseline: of each voter what it does not see, and of all of them what is not visible. */
  rebase(at: EventTime): void {
    this.noteRoster(at);
    // First all that is lost, then it goes: what is visible depends on who usually sees it.
    const parting: [Asn, number[]][] = [];
    for (const [asn, row] of [...this.#votes.rows()]) {
      const lost = [...row.values()].filter(
        (unit) => this.#votes.visible[unit] === 0 || this.#votes.sees(asn, unit) === false,
      );
      parting.push([asn, lost]);
    }
    for (const [asn, lost] of parting) this.#part(asn, lost);
  }

  /** Voters that came to see something since this was last called that they usually do not. */
  takeGrown(): readonly Asn[] {
    if (this.#grown.size === 0) return [];
    const grown = [...this.#grown];
    this.#grown.clear();
    return grown;
  }

  /** Whether this voter sees something that it usually does not. */
  seesMore(asn: Asn): boolean {
    return this.#votes.extras(asn) > 0;
  }

  /** Whether this voter usually sees something. */
  isWitness(asn: Asn): boolean {
    return this.#votes.isWitness(asn);
  }

  /**
   * Notes the share of the baseline that stands: it stands still while it stays within `tolerance` of where it was when it
   * began to.
   */
  noteShare(share: number, tolerance: number, at: EventTime): void {
    if (this.#steady === undefined || Math.abs(share - this.#steady.share) > tolerance)
      this.#steady = { share, since: at };
  }

  /** Since when visibility has stood still. */
  get steadySince(): EventTime | undefined {
    return this.#steady?.since;
  }

  #part(asn: Asn, units: Iterable<number>): void {
    const parting = [...units];
    if (parting.length === 0) return;
    this.#votes.part(asn, parting);
    this.#changed(parting);
  }

  /** Others are asked from now on, or the baseline is another. */
  noteRoster(at: EventTime): void {
    this.roster++;
    this.rosterAt = at;
  }

  snapshot(): Snapshot {
    const baseline = [...this.#votes.rows()]
      .sort(([a], [b]) => a - b)
      .map(([asn, row]) => [asn, [...row.values()]] as const);
    return { baseline, steady: this.#steady, grown: [...this.#grown], rosterAt: this.rosterAt };
  }

  /** The votes were put back before. */
  restore({ baseline, steady, grown, rosterAt }: Snapshot): void {
    for (const [asn, units] of baseline) this.#votes.join(asn, units);
    this.#steady = steady;
    this.#grown = new Set(grown);
    this.rosterAt = rosterAt;
  }
}
