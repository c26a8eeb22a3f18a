import type { Asn } from '../../bgp/asn.ts';
import { earliest, later, type EventTime } from '../../bgp/time.ts';
import { foreignPairs } from '../../rib/foreign-pairs.ts';
import type { Sample } from '../../rib/sample.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import type { Policy } from '../../policy/policy.ts';
import type { VerdictState } from './verdict.ts';

/** Voters that see more than usual, and since when, in order of time. */
export interface JoiningVoters {
  /** Voters that usually see nothing of the territory. */
  readonly newcomers: readonly (readonly [Asn, since: EventTime])[];
  /** All voters that see more than usual. */
  readonly candidates: readonly (readonly [Asn, since: EventTime])[];
}

/** Maintains the baseline: which voter saw which network in the last stable state. */
export class Baseline {
  readonly #view: TerritoryView;
  readonly #policy: Policy;
  /** Voters that usually see nothing of the territory and now see some of it, and since when, in order of time. */
  readonly #newcomers = new Map<Asn, EventTime>();
  /** All voters that see more than they usually do, including the newcomers, and since when, in order of time. */
  readonly #candidates = new Map<Asn, EventTime>();

  constructor(view: TerritoryView, policy: Policy) {
    this.#view = view;
    this.#policy = policy;
  }

  /** Sets the baseline to what each voter sees now, when the territory is routable for the first time. */
  begin(at: EventTime): void {
    this.#view.matrix.begin(at, foreignPairs(this.#view));
    this.#newcomers.clear();
    this.#candidates.clear();
  }

  /** Adds what further voters of the first dumps see. */
  grow(at: EventTime): void {
    this.#view.matrix.grow(at);
  }

  /** Call for each sample, before the verdict is stepped. */
  note({ at, share }: Sample): void {
    const grown = this.#view.matrix.takeGrown();
    if (!this.#view.hasBaseline) return;
    this.#view.matrix.noteShare(share, 1 - this.#policy.recoveredAt, at);
    for (const asn of grown) {
      // The wait of a voter starts again with each further network, because a table may arrive slowly.
      this.#newcomers.delete(asn);
      this.#candidates.delete(asn);
      if (!this.#view.matrix.seesMore(asn)) continue;
      this.#candidates.set(asn, at);
      if (!this.#view.matrix.isWitness(asn)) this.#newcomers.set(asn, at);
    }
  }

  deadline(state: VerdictState): EventTime | undefined {
    if (state.kind === 'degraded') return this.#rebasesAt(state);
    return earliest(this.#nextOf(this.#newcomers, state), this.#nextOf(this.#candidates, state));
  }

  /**
   * Adds to the baseline what voters have seen long enough. This makes no event. A new voter soon becomes a witness of
   * the networks of the baseline; otherwise half of the voters that see them could lose them unnoticed. A network that
   * is new to the baseline, or to a witness, must last longer.
   */
  adopt(state: VerdictState, at: EventTime): void {
    for (const asn of this.#due(this.#newcomers, state, at)) this.#view.matrix.join(asn, at, { ofBaseline: true });
    for (const asn of this.#due(this.#candidates, state, at)) {
      // Too few voters see a network yet: more may follow.
      if (this.#view.matrix.join(asn, at)) this.#candidates.set(asn, at);
    }
  }

  /** Makes what is still seen the new baseline, when a loss has lasted `rebaseMs`. Returns whether it did. */
  rebase(state: VerdictState, at: EventTime): boolean {
    if (state.kind !== 'degraded') return false;
    const due = this.#rebasesAt(state);
    if (due === undefined || due > at) return false;
    this.#view.matrix.rebase(at);
    return true;
  }

  snapshot(): JoiningVoters {
    return { newcomers: [...this.#newcomers], candidates: [...this.#candidates] };
  }

  restore({ newcomers, candidates }: JoiningVoters): void {
    for (const [asn, since] of newcomers) this.#newcomers.set(asn, since);
    for (const [asn, since] of candidates) this.#candidates.set(asn, since);
  }

  #nextOf(waiting: ReadonlyMap<Asn, EventTime>, state: VerdictState): EventTime | undefined {
    const since = waiting.values().next().value;
    return since === undefined ? undefined : this.#joinsAt(waiting, since, state);
  }

  /** Removes and returns the voters whose wait is over. */
  #due(waiting: Map<Asn, EventTime>, state: VerdictState, at: EventTime): readonly Asn[] {
    const due: Asn[] = [];
    for (const [asn, since] of waiting) {
      const joinsAt = this.#joinsAt(waiting, since, state);
      if (joinsAt === undefined || joinsAt > at) break;
      waiting.delete(asn);
      due.push(asn);
    }
    return due;
  }

  #joinsAt(waiting: ReadonlyMap<Asn, EventTime>, since: EventTime, state: VerdictState): EventTime | undefined {
    const isNewcomer = waiting === this.#newcomers;
    if (!(isNewcomer ? isStill(state) : isQuiet(state))) return undefined;
    const from = Math.max(since, state.since) as EventTime;
    return later(from, isNewcomer ? this.#policy.joinMs : this.#policy.adoptMs);
  }

  /** `undefined` while nothing is visible, while the territory is recovering, and while we are blind. */
  #rebasesAt(state: VerdictState & { kind: 'degraded' }): EventTime | undefined {
    if (state.clearSince !== undefined || state.blindSince !== undefined || !this.#view.hasBaseline) return undefined;
    if (this.#view.leftSize === 0) return undefined;
    return later(Math.max(state.since, this.#view.matrix.steadySince ?? 0) as EventTime, this.#policy.rebaseMs);
  }
}

/**
 * True when routable or `unknown`. In `unknown` too few of the usual voters may be left: new voters must then become
 * witnesses, or the territory would stay `unknown`.
 */
function isQuiet({ kind }: VerdictState): boolean {
  return kind === 'routable' || kind === 'unknown';
}

/** True when routable, with no sign of a loss or of blindness. */
function isStill(state: VerdictState): boolean {
  if (state.kind !== 'routable') return false;
  const { dipSince, lowSince, blindSince } = state;
  return dipSince === undefined && lowSince === undefined && blindSince === undefined;
}
