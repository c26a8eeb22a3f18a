import type { EventTime } from '../../bgp/time.ts';
import type { Touched } from '../../rib/territory-view-snapshot.ts';
import type { Plane } from '../../rib/territory-view.ts';
import type { View } from '../../rib/adj-rib-in.ts';
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
import { beganAt, continueRun, startRun, type Run } from '../movement.ts';
import { blindness, trackers, type Controlled, type Known, type VerdictState } from '../verdict/verdict.ts';

/** Who keeps a route when this share of the visibility is left, or less, is named as stuck. */
const STUCK_BELOW = 0.25;

/** As many peers are named as stuck. */
const MAX_STUCK = 50;

/** As many beginnings are remembered: a state tracks three at once, and the verdict looks up the one it came from. */
const MAX_FIRSTS = 16;

export interface StorySnapshot {
  readonly run: Run;
  readonly shareBefore: number;
  /** In the order in which they were noted. */
  readonly firsts: readonly (readonly [since: EventTime, first: EventTime])[];
  readonly lowest: number;
  readonly fall: Fall | undefined;
  /** Its fall is the one above. */
  readonly incident: IncidentState | undefined;
}

/** Notes a plane's falls from the first loss on, and makes incidents of those that became a verdict. */
export class Story {
  readonly #plane: Plane;
  readonly #policy: Policy;
  #run: Run = startRun(0, 0 as EventTime);
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

  constructor(plane: Plane, policy: Policy) {
    this.#plane = plane;
    this.#policy = policy;
    this.#wasVisible = new Uint8Array(plane.units.length);
    this.#carriers = new Carriers(plane, policy.presentAt);
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
    const next = continueRun(this.#run, sample.share, sample.at);
    if (next.since !== this.#run.since || next.direction !== this.#run.direction) this.#shareBefore = this.#run.value;
    this.#run = next;
    if (blindness(sample, this.#policy) === undefined && this.#plane.hasBaseline) this.#noteFall(sample, state);
    this.#noteUnits(touched, sample.at);
  }

  /** Call with the stepped state: what crossed a threshold just now began with the movement that goes on. */
  noteState(state: VerdictState, at: EventTime): void {
    if (!trackers(state).includes(at)) return;
    this.#firsts.set(at, this.#run.direction === 'none' ? at : beganAt(this.#run, this.#run.direction, at));
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
      id: digest([this.#plane.territory.id, this.#plane.family, first]).slice(0, 16),
      fall: (this.#fall ??= newFall(first, this.#shareBefore)),
      drops: [next],
      omitted: undefined,
      evidence: evidenceOf(this.#plane.sights.kept, true, first),
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
    this.#wasVisible.set(this.#plane.visible);
    this.#carriers.reset();
    this.#carriers.look([]);
  }

  snapshot(): StorySnapshot {
    return {
      run: this.#run,
      shareBefore: this.#shareBefore,
      firsts: [...this.#firsts],
      lowest: this.#lowest,
      fall: this.#fall,
      incident: this.#incident,
    };
  }

  /** The plane is as it was: what was visible, and over whom, follows from it. */
  restore({ run, shareBefore, firsts, lowest, fall, incident }: StorySnapshot): void {
    this.#run = run;
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
    if (!isClear) this.#fall ??= newFall(beganAt(this.#run, 'down', at), this.#shareBefore);
    if (this.#fall === undefined) return;
    const isDeeper = noteShare(this.#fall, share, at);
    if (isDeeper && share <= this.#fall.from * STUCK_BELOW) this.#fall.stuck = this.#stuck();
    const drop = this.#incident?.drops.at(-1);
    if (drop !== undefined && drop.until === undefined && share < drop.depth) drop.depth = share;
  }

  #noteUnits(touched: Touched, at: EventTime): void {
    const plane = this.#plane;
    for (const unit of touched.units) {
      const visible = plane.visible[unit] ?? 0;
      if (visible === this.#wasVisible[unit]) continue;
      this.#wasVisible[unit] = visible;
      if (this.#fall === undefined || !plane.detailed || plane.baseline[unit] !== 1) continue;
      if (visible === 0) noteUnitLoss(this.#fall, unit, at);
      else noteUnitReturn(this.#fall, unit, at);
    }
    if (touched.units.length === 0 || !plane.detailed || !plane.hasBaseline) return;
    for (const asn of this.#carriers.look(touched.marks)) {
      if (this.#fall !== undefined) noteUpstreamLoss(this.#fall, asn, at);
    }
  }

  /** Voting peers that still see something, those that see most first. Asked for at each message of a deep fall. */
  #stuck(): Fall['stuck'] {
    const most: View[] = [];
    for (const view of this.#plane.views.values()) {
      if (!view.votes || view.seen === 0) continue;
      const last = most[MAX_STUCK - 1];
      if (last !== undefined && compareSight(last, view) < 0) continue;
      let place = most.length;
      while (place > 0 && compareSight(view, most[place - 1] ?? view) < 0) place--;
      most.splice(place, 0, view);
      if (most.length > MAX_STUCK) most.pop();
    }
    return most.map((view) => ({ peer: view.peer, units: view.seen }));
  }
}

/** Who sees more units comes first. */
function compareSight(a: View, b: View): number {
  return b.seen - a.seen || (a.peer.id < b.peer.id ? -1 : 1);
}
