import type { EventTime } from '../../bgp/time.ts';
import type { Touched } from '../../rib/territory-view-snapshot.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import { digest } from '../events/chain.ts';
import type { IncidentChange } from '../events/event.ts';
import { evidenceOf } from '../events/evidence.ts';
import { beganAt, continueMovement, rebaseMovement, startMovement, type Movement } from '../movement.ts';
import type { Policy } from '../../policy/policy.ts';
import { lowestBetween, pausesOf, type Levels } from '../verdict/levels.ts';
import { blindness, evidenceSince, trackers, type Controlled, type VerdictState } from '../verdict/verdict.ts';
import type { Known } from '../verdict/levels.ts';
import { Carriers } from './carriers.ts';
import { markReported, newsAt, noteWorse, takeNews } from './deepening.ts';
import { joinFall, newFall, noteShare, noteUpstreamLoss, type Fall } from './fall.ts';
import { closesAt, noteUnitLoss, noteUnitReturn, type IncidentState } from './incident.ts';
import { isDown, turnTo } from './spans.ts';
import { stuckIn } from './stuck.ts';
import { STUCK_AT } from '../../policy/fixed.ts';

/** At most this many beginnings are remembered: a state tracks three at once, and a verdict looks up its own. */
const MAX_FIRSTS = 16;

/** The state from which an incident tracker continues. */
export interface IncidentTrackerSnapshot {
  readonly movement: Movement;
  readonly shareBefore: number;
  /** In the order in which they were noted. */
  readonly firsts: readonly (readonly [since: EventTime, first: EventTime])[];
  /** Units that were reported as lost and have not been reported as returned since. */
  readonly lost: readonly (readonly [unit: number, since: EventTime])[];
  readonly lowSince: EventTime | undefined;
  readonly fall: Fall | undefined;
  /** Recent falls that led to no verdict, oldest first. */
  readonly shortFalls: readonly Fall[];
  /** The open incident. Its fall is `fall`. */
  readonly incident: IncidentState | undefined;
}

/** A change of verdict, and when it was decided. */
export interface Turn {
  readonly before: VerdictState;
  readonly state: VerdictState;
  readonly at: EventTime;
  readonly levels: Levels | undefined;
  /** `routable` only because the loss became the new baseline. */
  readonly rebased: boolean;
}

/** Records the falls of a view from the first loss on. A fall that leads to a verdict becomes an incident. */
export class IncidentTracker {
  readonly #view: TerritoryView;
  readonly #policy: Policy;
  #movement: Movement = startMovement(0, 0 as EventTime);
  /** Visibility before the present movement. */
  #shareBefore = 0;
  /** When a threshold was crossed, and when the movement across it began. */
  readonly #firsts = new Map<EventTime, EventTime>();
  readonly #lost = new Map<number, EventTime>();
  /** Since when it has been low while `degraded`: this may yet become an `unroutable` span. */
  #lowSince: EventTime | undefined;
  #fall: Fall | undefined;
  /** Falls that were too short for a verdict. If they turn out to be a beat, its incident began with one of them. */
  #shortFalls: Fall[] = [];
  #incident: IncidentState | undefined;
  readonly #carriers: Carriers;

  constructor(view: TerritoryView, policy: Policy) {
    this.#view = view;
    this.#policy = policy;
    this.#carriers = new Carriers(view, policy.presentAt);
  }

  get incident(): IncidentState | undefined {
    return this.#incident;
  }

  closesAt(state: VerdictState): EventTime | undefined {
    if (this.#incident === undefined || state.kind !== 'routable') return undefined;
    return closesAt(this.#incident, this.#policy);
  }

  /** When a worsening of the open incident will be reported if it lasts. */
  newsAt(): EventTime | undefined {
    return this.#incident && newsAt(this.#incident, this.#policy);
  }

  /** When the first message of the movement that crossed a threshold at `since` was received. */
  firstOf(since: EventTime): EventTime {
    return this.#firsts.get(since) ?? since;
  }

  /** The set of voters changed, so a different share is not a movement. */
  noteVotersChange(share: number): void {
    this.#movement = rebaseMovement(this.#movement, share);
  }

  /** Call for each sample, before the verdict is stepped. */
  noteSample(sample: Controlled, touched: Touched): void {
    const next = continueMovement(this.#movement, sample.share, sample.at);
    if (next.since !== this.#movement.since || next.direction !== this.#movement.direction)
      this.#shareBefore = this.#movement.value;
    this.#movement = next;
    if (blindness(sample, this.#policy) === undefined && this.#view.hasBaseline) this.#noteFall(sample);
    if (touched.units.length === 0 || !this.#view.detailed || !this.#view.hasBaseline) return;
    for (const asn of this.#carriers.look(touched.marks))
      if (this.#fall !== undefined) noteUpstreamLoss(this.#fall, asn, sample.at);
  }

  /** Call with the state after the step. A threshold crossed at `at` was crossed by the present movement. */
  noteState(state: VerdictState, at: EventTime): void {
    const isFine = state.kind === 'routable' && state.dipSince === undefined && state.lowSince === undefined;
    if (isFine && this.#incident === undefined && this.#fall !== undefined) this.#setAside(this.#fall, at);
    if (!trackers(state).includes(at)) return;
    this.#firsts.set(
      at,
      this.#movement.direction === 'none' ? at : beganAt(this.#movement, this.#movement.direction, at),
    );
    const [oldest] = this.#firsts.keys();
    if (this.#firsts.size > MAX_FIRSTS && oldest !== undefined) this.#firsts.delete(oldest);
  }

  /** Notes a reported loss or return. Returns since when a returned unit had been lost, if that was seen. */
  noteUnit(unit: number, { on, since, at }: { on: boolean; since: EventTime; at: EventTime }): EventTime | undefined {
    const lostSince = this.#lost.get(unit);
    const incident = this.#incident;
    if (on) {
      this.#lost.delete(unit);
      if (incident !== undefined) noteUnitReturn(incident, unit, since);
      return lostSince;
    }
    this.#lost.set(unit, since);
    if (incident === undefined) return undefined;
    if (!incident.unitsLost.has(unit) && !incident.worsened.has('units-lost')) incident.worsened.set('units-lost', at);
    noteUnitLoss(incident, unit, since);
    return undefined;
  }

  /** Takes a change of verdict. Returns whether it opened or updated the incident. */
  turn(turn: Turn): 'opened' | 'updated' | undefined {
    const { before, state, rebased } = turn;
    const isOpening = this.#incident === undefined;
    if (isOpening) {
      if (state.kind !== 'degraded' && state.kind !== 'unroutable') return undefined;
      this.#incident = this.#open(before, state);
    }
    const incident = this.#incident;
    if (incident === undefined) return undefined;
    // A state that the first look found is not backfilled: there was no look before it.
    if (before.kind === 'unknown' && before.before !== undefined) incident.backfilled = true;
    if (rebased) incident.rebased = true;
    const { kind: verdict, since: from } = state;
    const sinceAtLatest = before.kind === 'unknown';
    turnTo(incident.timeline, { verdict, from, depth: depthOf(turn), sinceAtLatest });
    if (isOpening) this.#takeLost(incident, sinceAtLatest);
    this.#lowSince = undefined;
    return isOpening ? 'opened' : 'updated';
  }

  /** Records pauses, depth and worsening. Call it after each step, and after the `turn` that the step led to. */
  follow(state: VerdictState, sample: Controlled, levels: Levels | undefined): void {
    const incident = this.#incident;
    if (incident === undefined) return;
    if (levels !== undefined && isDown({ verdict: state.kind })) this.#followSpan(incident, { state, sample, levels });
    noteWorse(incident, state, { sample, policy: this.#policy });
  }

  /** What to report of the open incident besides a verdict; with `isToldAnyway` also what needs no hold. */
  takeNews(at: EventTime, isReportedAnyway: boolean): readonly IncidentChange[] {
    return this.#incident === undefined ? [] : takeNews(this.#incident, { at, isReportedAnyway }, this.#policy);
  }

  /** The opening was reported: what was visible of the incident by then is not news. */
  markReported(sample: Controlled): void {
    if (this.#incident !== undefined) markReported(this.#incident, { sample, policy: this.#policy });
  }

  /** The incident that is over by `at`. Each incident is returned once. */
  takeClosed(state: VerdictState, at: EventTime): IncidentState | undefined {
    const closes = this.closesAt(state);
    if (closes === undefined || closes > at) return undefined;
    const closed = this.#incident;
    this.#incident = undefined;
    this.#fall = undefined;
    this.#shortFalls = [];
    return closed;
  }

  /** Call when the baseline was chosen: the present upstreams are the normal state. */
  begin(): void {
    this.#carriers.reset();
    this.#carriers.look([]);
  }

  snapshot(): IncidentTrackerSnapshot {
    return {
      movement: this.#movement,
      shareBefore: this.#shareBefore,
      firsts: [...this.#firsts],
      lost: [...this.#lost],
      lowSince: this.#lowSince,
      fall: this.#fall,
      shortFalls: this.#shortFalls,
      incident: this.#incident,
    };
  }

  /** Restore the view first: the upstreams are read from it. */
  restore(snapshot: IncidentTrackerSnapshot): void {
    const { movement, shareBefore, firsts, lost, lowSince, fall, shortFalls, incident } = snapshot;
    this.#movement = movement;
    this.#shareBefore = shareBefore;
    for (const [since, first] of firsts) this.#firsts.set(since, first);
    for (const [unit, since] of lost) this.#lost.set(unit, since);
    this.#lowSince = lowSince;
    this.#fall = fall;
    this.#shortFalls = [...shortFalls];
    this.#incident = incident;
    this.begin();
  }

  #open(before: VerdictState, state: VerdictState & { kind: Known }): IncidentState {
    const first = this.firstOf(state.since);
    return {
      id: digest([this.#view.territory.id, this.#view.family, first]).slice(0, 16),
      first,
      fall: this.#fallFrom(first),
      timeline: { spans: [], omitted: undefined },
      unitsLost: new Map(),
      unitsReturned: new Map(),
      told: new Set(),
      worsened: new Map(),
      evidence: evidenceOf(this.#view, { lost: true, from: evidenceSince(before, first) }),
      backfilled: false,
      rebased: false,
    };
  }

  /** The fall that began at `first`, with those after it: with a beat, the first drops were over before the verdict. */
  #fallFrom(first: EventTime): Fall {
    const latest = this.#fall ?? newFall(first, this.#shareBefore);
    const since = this.#shortFalls.filter((fall) => fall.first >= first);
    this.#shortFalls = [];
    const begin = since[0] ?? latest;
    for (const later of [...since, latest]) if (later !== begin) joinFall(begin, later);
    return (this.#fall = begin);
  }

  #setAside(fall: Fall, at: EventTime): void {
    this.#fall = undefined;
    const oldest = at - this.#policy.meanWindowMs;
    this.#shortFalls = [...this.#shortFalls.filter(({ first }) => first >= oldest), fall].slice(-MAX_FIRSTS);
  }

  /** Adds the units that are lost at the opening, unless they were lost before the incident began. */
  #takeLost(incident: IncidentState, isUnseen: boolean): void {
    for (const [unit, since] of this.#lost)
      if (isUnseen || since >= incident.first) noteUnitLoss(incident, unit, since);
  }

  #followSpan(incident: IncidentState, now: { state: VerdictState; sample: Controlled; levels: Levels }): void {
    const { state, sample, levels } = now;
    const { spans } = incident.timeline;
    const lowSince = state.kind === 'degraded' ? state.lowSince : undefined;
    const verdict = state.kind as Known;
    const from = spans.at(-1)?.from ?? state.since;
    for (const pause of pausesOf(levels, { verdict, from, at: sample.at })) {
      const depth = pause.verdict === 'degraded' ? lowestBetween(levels, pause.from, pause.until) : 1;
      turnTo(incident.timeline, { verdict: pause.verdict, from: pause.from, depth, sinceAtLatest: false });
      const lowest = lowestBetween(levels, pause.until, lowSince);
      turnTo(incident.timeline, { verdict, from: pause.until, depth: lowest, sinceAtLatest: false });
    }
    const span = spans.at(-1);
    if (span === undefined) return;
    // Visibility was low for a while, but this did not become a verdict: it belongs to the span after all.
    if (this.#lowSince !== undefined && lowSince === undefined)
      span.depth = Math.min(span.depth, lowestBetween(levels, this.#lowSince, undefined));
    if (lowSince === undefined) span.depth = Math.min(span.depth, sample.share);
    this.#lowSince = lowSince;
  }

  /** Records a fall from its first low sample. `noteState` drops it if it ends before a verdict. */
  #noteFall(sample: Controlled): void {
    const { at, share } = sample;
    if (share < this.#policy.degradedBelow)
      this.#fall ??= newFall(beganAt(this.#movement, 'down', at), this.#shareBefore);
    if (this.#fall === undefined) return;
    const isOnset = this.#incident?.timeline.spans.every(isDown) ?? true;
    if (noteShare(this.#fall, sample, isOnset) && share <= this.#fall.from * STUCK_AT)
      this.#fall.stuck = stuckIn(this.#view);
  }
}

/** Lowest visibility so far in the new span; 1 for a verdict that has no depth. */
function depthOf({ state, levels }: Turn): number {
  if (levels === undefined || (state.kind !== 'degraded' && state.kind !== 'unroutable')) return 1;
  return lowestBetween(levels, state.since, state.kind === 'degraded' ? state.lowSince : undefined);
}
