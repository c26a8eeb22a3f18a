import type { Asn } from '../../bgp/asn.ts';
import { later, type EventTime } from '../../bgp/time.ts';
import type { Sample } from '../../rib/sample.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import type { Policy } from '../policy.ts';
import type { VerdictState } from './verdict.ts';

/** Keeps the baseline: which voter saw which network in the last stable state. */
export class Baseline {
  readonly #view: TerritoryView;
  readonly #policy: Policy;
  /** Voters that see more than they usually do, and since when that is so, in order of time. */
  readonly #candidates = new Map<Asn, EventTime>();

  constructor(view: TerritoryView, policy: Policy) {
    this.#view = view;
    this.#policy = policy;
  }

  /** The first time the territory is routable: what each voter sees now is what it usually sees. */
  begin(at: EventTime): void {
    this.#view.matrix.begin(at);
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
      this.#candidates.delete(asn);
      if (this.#view.matrix.seesMore(asn)) this.#candidates.set(asn, at);
    }
  }

  deadline(state: VerdictState): EventTime | undefined {
    if (state.kind === 'degraded') return this.#rebasesAt(state);
    const since = this.#candidates.values().next().value;
    return since === undefined || !isQuiet(state) ? undefined : this.#joinsAt(since, state);
  }

  /** Takes in what voters have seen long enough while the territory was routable. It is no news. */
  adopt(state: VerdictState, at: EventTime): void {
    if (!isQuiet(state)) return;
    for (const [asn, since] of [...this.#candidates]) {
      if (this.#joinsAt(since, state) > at) return;
      this.#candidates.delete(asn);
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

  /** Voters that see more than usual, in the order in which they came. */
  snapshot(): readonly (readonly [Asn, since: EventTime])[] {
    return [...this.#candidates];
  }

  restore(candidates: readonly (readonly [Asn, since: EventTime])[]): void {
    for (const [asn, since] of candidates) this.#candidates.set(asn, since);
  }

  #joinsAt(since: EventTime, state: VerdictState): EventTime {
    return later(Math.max(since, state.since) as EventTime, this.#policy.adoptMs);
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
