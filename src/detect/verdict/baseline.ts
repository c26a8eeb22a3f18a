import type { Asn } from '../../bgp/asn.ts';
import { earliest, later, type EventTime } from '../../bgp/time.ts';
import type { Sample } from '../../rib/sample.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import type { Policy } from '../../policy/policy.ts';
import type { VerdictState } from './verdict.ts';

/** Voters that see more than usual and since when, in the order in which they came. */
export interface JoiningVoters {
  /** Those that usually see none of it. */
  readonly newcomers: readonly (readonly [Asn, since: EventTime])[];
  /** All of them. */
  readonly candidates: readonly (readonly [Asn, since: EventTime])[];
}

/** Keeps the baseline: which voter saw which network in the last stable state. */
export class Baseline {
  readonly #view: TerritoryView;
  readonly #policy: Policy;
  /** Voters that usually see none of it and came to see some, and since when that is so, in order of time. */
  readonly #newcomers = new Map<Asn, EventTime>();
  /** Voters that see more than they usually do, these among them, likewise. */
  readonly #candidates = new Map<Asn, EventTime>();

  constructor(view: TerritoryView, policy: Policy) {
    this.#view = view;
    this.#policy = policy;
  }

  /** The first time the territory is routable: what each voter sees now is what it usually sees. */
  begin(at: EventTime): void {
    this.#view.matrix.begin(at);
    this.#newcomers.clear();
    this.#candidates.clear();
  }

  /** More voters come with the first dumps: what they see belongs to it as well. */
  grow(at: EventTime): void {
    this.#view.matrix.grow(at);
  }

  /** Call for each sample, before the verdict is stepped. */
  note({ at, share }: Sample): void {
    const grown = this.#view.matrix.takeGrown();
    if (!this.#view.hasBaseline) return;
    this.#view.matrix.noteShare(share, 1 - this.#policy.recoveredAt, at);
    for (const asn of grown) {
      // What came last waits longest, and the rest of it with it: a table that arrives slowly is one thing.
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
   * Takes in what voters have seen long enough. It is no news. Who came is a witness of the networks of the baseline soon,
   * or half of those that see them could lose them unheard; a network that is new to it, or to a witness, must last.
   */
  adopt(state: VerdictState, at: EventTime): void {
    for (const asn of this.#due(this.#newcomers, state, at)) this.#view.matrix.join(asn, at, { ofBaseline: true });
    for (const asn of this.#due(this.#candidates, state, at)) {
      // A network that few see may be seen by more one day.
      if (this.#view.matrix.join(asn, at)) this.#candidates.set(asn, at);
    }
  }

  /** Gives up what is lost for good: what still stands is the baseline. True when it did. */
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

  /** Takes out those whose wait is over. */
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

  /** Never when nothing is visible, nor while it is recovering anyway, nor while we are blind. */
  #rebasesAt(state: VerdictState & { kind: 'degraded' }): EventTime | undefined {
    if (state.clearSince !== undefined || state.blindSince !== undefined || !this.#view.hasBaseline) return undefined;
    if (this.#view.leftSize === 0) return undefined;
    return later(Math.max(state.since, this.#view.matrix.steadySince ?? 0) as EventTime, this.#policy.rebaseMs);
  }
}

/**
 * While it is routable, or while too few of those that usually see it are left to say so: then those that came instead
 * become witnesses, or nothing could ever be said again.
 */
function isQuiet({ kind }: VerdictState): boolean {
  return kind === 'routable' || kind === 'unknown';
}

/** While it is routable and nothing speaks against it. */
function isStill(state: VerdictState): boolean {
  if (state.kind !== 'routable') return false;
  const { dipSince, lowSince, blindSince } = state;
  return dipSince === undefined && lowSince === undefined && blindSince === undefined;
}
