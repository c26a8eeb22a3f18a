import type { Asn } from '../bgp/asn.ts';
import type { EventTime } from '../bgp/time.ts';
import type { TerritoryViewSnapshot } from './territory-view-snapshot.ts';
import type { VoteCount } from './vote-count.ts';

type Snapshot = Omit<TerritoryViewSnapshot, 'former' | 'touched'>;

/**
 * The baseline of a territory view: which voter saw which network in the last stable state. It can begin, grow, and
 * give up losses; the evaluator decides when.
 */
export class BaselineMatrix {
  /**
   * A counter that grows when a voter came or went, or the baseline changed: shares may then change without a message.
   */
  votersRevision = 0;
  /** When `votersRevision` last changed. */
  rosterAt: EventTime | undefined;
  readonly #votes: VoteCount;
  readonly #changed: (units: readonly number[]) => void;
  /** The level at which visibility does not change, and since when; see `noteShare`. */
  #steady: { readonly share: number; readonly since: EventTime } | undefined;
  /** Voters that came to see more than usual since the last `takeGrown`. */
  #grown = new Set<Asn>();

  /** @param changed called with the units whose witnesses changed. */
  constructor(votes: VoteCount, changed: (units: readonly number[]) => void) {
    this.#votes = votes;
    this.#changed = changed;
  }

  /** Notes that this voter sees more than usual. */
  noteMore(asn: Asn): void {
    this.#grown.add(asn);
  }

  /** Removes an AS without a vote for so long that it will not be a witness when it comes back. */
  forget(asn: Asn): void {
    this.#part(asn, this.#votes.rows().get(asn)?.values() ?? []);
  }

  /** Sets the baseline to what each voter sees now of the visible units, and to these units that it does not see. */
  begin(at: EventTime, unseen: ReadonlyMap<Asn, readonly number[]> = new Map()): void {
    for (const [asn, row] of [...this.#votes.rows()]) this.#part(asn, row.values());
    this.grow(at);
    for (const [asn, units] of unseen) {
      this.#votes.join(asn, units);
      this.#changed(units);
    }
    this.noteVotersChange(at);
  }

  /** Adds what each voter sees now of the visible units to the baseline. */
  grow(at: EventTime): void {
    for (const asn of [...this.#votes.asns()]) this.join(asn, at);
  }

  /**
   * Adds what this voter sees of the visible units to its row. Returns whether it still sees something else.
   *
   * @param of `ofBaseline`: only units that others usually see are added.
   */
  join(asn: Asn, at: EventTime, { ofBaseline = false } = {}): boolean {
    const seen = this.#votes.joinable(asn);
    const units = ofBaseline ? seen.filter((unit) => this.#votes.baseline[unit] === 1) : seen;
    if (units.length > 0) {
      this.#votes.join(asn, units);
      this.#changed(units);
      this.noteVotersChange(at);
    }
    return this.#votes.extras(asn) > 0;
  }

  /** Removes losses from the baseline: what each voter does not see, and the units that are not visible. */
  rebase(at: EventTime): void {
    this.noteVotersChange(at);
    // Collect all losses before removing them, because visibility depends on the baseline.
    const parting: [Asn, number[]][] = [];
    for (const [asn, row] of [...this.#votes.rows()]) {
      const lost = [...row.values()].filter(
        (unit) => this.#votes.visible[unit] === 0 || this.#votes.sees(asn, unit) === false,
      );
      parting.push([asn, lost]);
    }
    for (const [asn, lost] of parting) this.#part(asn, lost);
  }

  /** Voters that came to see more than usual since the last call. */
  takeGrown(): readonly Asn[] {
    if (this.#grown.size === 0) return [];
    const grown = [...this.#grown];
    this.#grown.clear();
    return grown;
  }

  /** Whether this voter sees more than usual. */
  seesMore(asn: Asn): boolean {
    return this.#votes.extras(asn) > 0;
  }

  /** Whether this voter usually sees something. */
  isWitness(asn: Asn): boolean {
    return this.#votes.isWitness(asn);
  }

  /**
   * Notes the share of the baseline that is seen. It counts as steady while it stays within `tolerance` of its level at
   * the start.
   */
  noteShare(share: number, tolerance: number, at: EventTime): void {
    if (this.#steady === undefined || Math.abs(share - this.#steady.share) > tolerance)
      this.#steady = { share, since: at };
  }

  /** Since when visibility has been steady. */
  get steadySince(): EventTime | undefined {
    return this.#steady?.since;
  }

  #part(asn: Asn, units: Iterable<number>): void {
    const parting = [...units];
    if (parting.length === 0) return;
    this.#votes.part(asn, parting);
    this.#changed(parting);
  }

  /** Call when the voters or the baseline changed. */
  noteVotersChange(at: EventTime): void {
    this.votersRevision++;
    this.rosterAt = at;
  }

  snapshot(): Snapshot {
    const baseline = [...this.#votes.rows()].sort(([a], [b]) => a - b);
    return { baseline, steady: this.#steady, grown: [...this.#grown], rosterAt: this.rosterAt };
  }

  /** Restore the votes first. */
  restore({ baseline, steady, grown, rosterAt }: Snapshot): void {
    for (const [asn, row] of baseline) this.#votes.join(asn, [...row.values()]);
    this.#steady = steady;
    this.#grown = new Set(grown);
    this.rosterAt = rosterAt;
  }
}
