import type { EventTime } from '../../bgp/time.ts';
import type { Touched } from '../../rib/territory-view-snapshot.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import type { AdjRibIn } from '../../rib/adj-rib-in.ts';
import { Carriers } from './carriers.ts';
import { digest } from '../events/chain.ts';
import { evidenceOf } from '../events/evidence.ts';
import {
  addDrop,
  closesAt,
  newFall,
  noteShare,
  noteUnitLoss,
  noteUnitReturn,
  noteUpstreamLoss,
  type Fall,
  type IncidentState,
} from './incident.ts';
import type { Policy } from '../policy.ts';
import { beganAt, continueMovement, startMovement, type Movement } from '../movement.ts';
import { blindness, trackers, type Controlled, type Known, type VerdictState } from '../verdict/verdict.ts';

/** Who keeps a route when this share of the visibility is left, or less, is named as stuck. */
const STUCK_BELOW = 0.25;

/** As many peers are named as stuck. */
const MAX_STUCK = 50;

/** As many beginnings are remembered: a state tracks three at once, and the verdict looks up the one it came from. */
const MAX_FIRSTS = 16;

export interface IncidentTrackerSnapshot {
  readonly movement: Movement;
  readonly shareBefore: number;
  /** In the order in which they were noted. */
  readonly firsts: readonly (readonly [since: EventTime, first: EventTime])[];
  readonly lowest: number;
  readonly fall: Fall | undefined;
  /** Its fall is the one above. */
  readonly incident: IncidentState | undefined;
}

/** Notes a view's falls from the first loss on, and makes incidents of those that became a verdict. */
export class IncidentTracker {
  readonly #view: TerritoryView;
  readonly #policy: Policy;
  #movement: Movement = startMovement(0, 0 as EventTime);
  /** Visibility before the movement that goes on. */
  #shareBefore = 0;
  /** For each moment at which a threshold was crossed: when the movement across it began. */
  readonly #firsts = new Map<EventTime, EventTime>();
  /** Lowest visibility since it was last clear. */
  #lowest = 1;
  #fall: Fall | undefined;
  #incident: IncidentState | undefined;
  #wasVisible: Uint8Array;
  readonly #carriers: Carriers;

  constructor(view: TerritoryView, policy: Policy) {
    this.#view = view;
    this.#policy = policy;
    this.#wasVisible = new Uint8Array(view.units.length);
    this.#carriers = new Carriers(view, policy.presentAt);
  }

  get incident(): IncidentState | undefined {
    return this.#incident;
  }

  closesAt(state: VerdictState): EventTime | undefined {
    if (this.#incident === undefined || state.kind !== 'routable') return undefined;
    return closesAt(this.#incident, this.#policy);
  }

  /** When the first message was heard of the movement that crossed a threshold at `since`. */
  firstOf(since: EventTime): EventTime {
    return this.#firsts.get(since) ?? since;
  }

  /** Call for each sample, before the verdict is stepped. */
  noteSample(sample: Controlled, touched: Touched, state: VerdictState): void {
    const next = continueMovement(this.#movement, sample.share, sample.at);
    if (next.since !== this.#movement.since || next.direction !== this.#movement.direction)
      this.#shareBefore = this.#movement.value;
    this.#movement = next;
    if (blindness(sample, this.#policy) === undefined && this.#view.hasBaseline) this.#noteFall(sample, state);
    this.#noteUnits(touched, sample.at);
  }

  /** Call with the stepped state: what crossed a threshold just now began with the movement that goes on. */
  noteState(state: VerdictState, at: EventTime): void {
    if (!trackers(state).includes(at)) return;
    this.#firsts.set(
      at,
      this.#movement.direction === 'none' ? at : beganAt(this.#movement, this.#movement.direction, at),
    );
    const [oldest] = this.#firsts.keys();
    if (this.#firsts.size > MAX_FIRSTS && oldest !== undefined) this.#firsts.delete(oldest);
  }

  /** A verdict was given: what became of the incident. */
  turn(state: VerdictState & { kind: Known }, isLate: boolean): 'opened' | 'updated' | undefined {
    const drop = this.#incident?.drops.at(-1);
    if (state.kind === 'routable') {
      if (drop === undefined) return undefined;
      drop.until = state.since;
      return 'updated';
    }
    if (drop !== undefined && drop.until === undefined) {
      if (state.kind === 'unroutable') drop.verdict = 'unroutable';
      return 'updated';
    }
    const first = this.firstOf(state.since);
    const next = { verdict: state.kind, first, since: state.since, until: undefined, depth: this.#lowest };
    if (this.#incident !== undefined) {
      addDrop(this.#incident, next);
      return 'updated';
    }
    this.#incident = {
      id: digest([this.#view.territory.id, this.#view.family, first]).slice(0, 16),
      fall: (this.#fall ??= newFall(first, this.#shareBefore)),
      drops: [next],
      omitted: undefined,
      evidence: evidenceOf(this.#view.visibilityLog.kept, true, first),
      backfilled: isLate,
    };
    return 'opened';
  }

  /** The incident that is over by `at`. It is told once. */
  takeClosed(state: VerdictState, at: EventTime): IncidentState | undefined {
    const closes = this.closesAt(state);
    if (closes === undefined || closes > at) return undefined;
    const closed = this.#incident;
    this.#incident = undefined;
    this.#fall = undefined;
    return closed;
  }

  /** Call when the baseline was chosen: what is visible now is how it was. */
  begin(): void {
    this.#wasVisible.set(this.#view.visible);
    this.#carriers.reset();
    this.#carriers.look([]);
  }

  snapshot(): IncidentTrackerSnapshot {
    return {
      movement: this.#movement,
      shareBefore: this.#shareBefore,
      firsts: [...this.#firsts],
      lowest: this.#lowest,
      fall: this.#fall,
      incident: this.#incident,
    };
  }

  /** The view is as it was: what was visible, and over whom, follows from it. */
  restore({ movement, shareBefore, firsts, lowest, fall, incident }: IncidentTrackerSnapshot): void {
    this.#movement = movement;
    this.#shareBefore = shareBefore;
    for (const [since, first] of firsts) this.#firsts.set(since, first);
    this.#lowest = lowest;
    this.#fall = fall;
    this.#incident = incident;
    this.begin();
  }

  #noteFall({ at, share }: Controlled, state: VerdictState): void {
    const isClear = share >= this.#policy.recoveredAt;
    this.#lowest = isClear ? 1 : Math.min(this.#lowest, share);
    if (isClear && this.#incident === undefined && state.kind === 'routable') {
      this.#fall = undefined;
      return;
    }
    if (!isClear) this.#fall ??= newFall(beganAt(this.#movement, 'down', at), this.#shareBefore);
    if (this.#fall === undefined) return;
    const isDeeper = noteShare(this.#fall, share, at);
    if (isDeeper && share <= this.#fall.from * STUCK_BELOW) this.#fall.stuck = this.#stuck();
    const drop = this.#incident?.drops.at(-1);
    if (drop !== undefined && drop.until === undefined && share < drop.depth) drop.depth = share;
  }

  #noteUnits(touched: Touched, at: EventTime): void {
    const view = this.#view;
    for (const unit of touched.units) {
      const visible = view.visible[unit] ?? 0;
      if (visible === this.#wasVisible[unit]) continue;
      this.#wasVisible[unit] = visible;
      if (this.#fall === undefined || !view.detailed || view.baseline[unit] !== 1) continue;
      if (visible === 0) noteUnitLoss(this.#fall, unit, at);
      else noteUnitReturn(this.#fall, unit, at);
    }
    if (touched.units.length === 0 || !view.detailed || !view.hasBaseline) return;
    for (const asn of this.#carriers.look(touched.marks)) {
      if (this.#fall !== undefined) noteUpstreamLoss(this.#fall, asn, at);
    }
  }

  /** Voting peers that still see something, those that see most first. Asked for at each message of a deep fall. */
  #stuck(): Fall['stuck'] {
    const most: AdjRibIn[] = [];
    for (const rib of this.#view.ribs.values()) {
      if (!rib.votes || rib.seen === 0) continue;
      const last = most[MAX_STUCK - 1];
      if (last !== undefined && compareSeen(last, rib) < 0) continue;
      let place = most.length;
      while (place > 0 && compareSeen(rib, most[place - 1] ?? rib) < 0) place--;
      most.splice(place, 0, rib);
      if (most.length > MAX_STUCK) most.pop();
    }
    return most.map((rib) => ({ peer: rib.peer, units: rib.seen }));
  }
}

/** Who sees more units comes first. */
function compareSeen(a: AdjRibIn, b: AdjRibIn): number {
  return b.seen - a.seen || (a.peer.id < b.peer.id ? -1 : 1);
}
