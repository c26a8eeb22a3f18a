import type { EventTime } from '../../bgp/time.ts';
import type { AdjRibIn } from '../../rib/adj-rib-in.ts';
import type { Touched } from '../../rib/territory-view-snapshot.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import { digest } from '../events/chain.ts';
import type { IncidentChange } from '../events/event.ts';
import { evidenceOf } from '../events/evidence.ts';
import { beganAt, continueMovement, rebaseMovement, startMovement, type Movement } from '../movement.ts';
import type { Policy } from '../../policy/policy.ts';
import { lowestBetween, pausesOf, type Levels } from '../verdict/levels.ts';
import { blindness, heardFrom, trackers, type Controlled, type VerdictState } from '../verdict/verdict.ts';
import type { Known } from '../verdict/levels.ts';
import { Carriers } from './carriers.ts';
import { markTold, newsAt, noteWorse, takeNews } from './deepening.ts';
import { newFall, noteShare, noteUpstreamLoss, type Fall } from './fall.ts';
import { closesAt, noteUnitLoss, noteUnitReturn, type IncidentState } from './incident.ts';
import { isDown, turnTo } from './spans.ts';
import { STUCK_AT } from '../../policy/fixed.ts';

/** As many peers are named as stuck. */
const MAX_STUCK = 50;

/** As many beginnings are remembered: a state tracks three at once, and the verdict looks up the one it came from. */
const MAX_FIRSTS = 16;

/** What is written down of an incident tracker. */
export interface IncidentTrackerSnapshot {
  readonly movement: Movement;
  readonly shareBefore: number;
  /** In the order in which they were noted. */
  readonly firsts: readonly (readonly [since: EventTime, first: EventTime])[];
  /** Units that were reported as lost, and not as returned since. */
  readonly lost: readonly (readonly [unit: number, since: EventTime])[];
  readonly lowSince: EventTime | undefined;
  readonly fall: Fall | undefined;
  /** Its fall is the one above. */
  readonly incident: IncidentState | undefined;
}

/** A verdict that changed, and when that was decided. */
export interface Turn {
  readonly before: VerdictState;
  readonly state: VerdictState;
  readonly at: EventTime;
  readonly levels: Levels | undefined;
  /** Routable only because what is lost is the new baseline. */
  readonly rebased: boolean;
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
  readonly #lost = new Map<number, EventTime>();
  /** Since when it is low while it is degraded: what is seen then is part of a span to come, or not. */
  #lowSince: EventTime | undefined;
  #fall: Fall | undefined;
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

  /** When it will be reported, if it lasts, that an open incident got worse. */
  newsAt(): EventTime | undefined {
    return this.#incident && newsAt(this.#incident, this.#policy);
  }

  /** When the first message was heard of the movement that crossed a threshold at `since`. */
  firstOf(since: EventTime): EventTime {
    return this.#firsts.get(since) ?? since;
  }

  /** Others are asked now: what they see is another share, and no movement. */
  noteRoster(share: number): void {
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

  /** Call with the stepped state: what crossed a threshold just now began with the movement that goes on. */
  noteState(state: VerdictState, at: EventTime): void {
    const isFine = state.kind === 'routable' && state.dipSince === undefined && state.lowSince === undefined;
    if (isFine && this.#incident === undefined) this.#fall = undefined;
    if (!trackers(state).includes(at)) return;
    this.#firsts.set(
      at,
      this.#movement.direction === 'none' ? at : beganAt(this.#movement, this.#movement.direction, at),
    );
    const [oldest] = this.#firsts.keys();
    if (this.#firsts.size > MAX_FIRSTS && oldest !== undefined) this.#firsts.delete(oldest);
  }

  /** A unit was reported as lost or returned. Returns since when a returned one had been lost, if that was seen. */
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

  /** A verdict was given: what became of the incident. */
  turn(turn: Turn): 'opened' | 'updated' | undefined {
    const { before, state, rebased } = turn;
    const isOpening = this.#incident === undefined;
    if (isOpening) {
      if (state.kind !== 'degraded' && state.kind !== 'unroutable') return undefined;
      this.#incident = this.#open(before, state);
    }
    const incident = this.#incident;
    if (incident === undefined) return undefined;
    // What was so at the first look was not filled in: nobody had looked.
    if (before.kind === 'unknown' && before.before !== undefined) incident.backfilled = true;
    if (rebased) incident.rebased = true;
    const { kind: verdict, since: from } = state;
    const sinceAtLatest = before.kind === 'unknown';
    turnTo(incident.timeline, { verdict, from, depth: depthOf(turn), sinceAtLatest });
    if (isOpening) this.#takeLost(incident, sinceAtLatest);
    this.#lowSince = undefined;
    return isOpening ? 'opened' : 'updated';
  }

  /** Call after each step, and after the turn it led to: pauses, depth, and what got worse. */
  follow(state: VerdictState, sample: Controlled, levels: Levels | undefined): void {
    const incident = this.#incident;
    if (incident === undefined) return;
    if (levels !== undefined && isDown({ verdict: state.kind })) this.#followSpan(incident, { state, sample, levels });
    noteWorse(incident, state, { sample, policy: this.#policy });
  }

  /** What an event reports now of an open incident, besides a verdict; more where an event is made anyway. */
  takeNews(at: EventTime, isToldAnyway: boolean): readonly IncidentChange[] {
    return this.#incident === undefined ? [] : takeNews(this.#incident, { at, isToldAnyway }, this.#policy);
  }

  /** It was reported as opened: what could be seen of it by then is not news. */
  markTold(sample: Controlled): void {
    if (this.#incident !== undefined) markTold(this.#incident, { sample, policy: this.#policy });
  }

  /** The incident that is over by `at`. It is returned once. */
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
      incident: this.#incident,
    };
  }

  /** The view is as it was: over whom it was visible follows from it. */
  restore({ movement, shareBefore, firsts, lost, lowSince, fall, incident }: IncidentTrackerSnapshot): void {
    this.#movement = movement;
    this.#shareBefore = shareBefore;
    for (const [since, first] of firsts) this.#firsts.set(since, first);
    for (const [unit, since] of lost) this.#lost.set(unit, since);
    this.#lowSince = lowSince;
    this.#fall = fall;
    this.#incident = incident;
    this.begin();
  }

  #open(before: VerdictState, state: VerdictState & { kind: Known }): IncidentState {
    const first = this.firstOf(state.since);
    return {
      id: digest([this.#view.territory.id, this.#view.family, first]).slice(0, 16),
      first,
      fall: (this.#fall ??= newFall(first, this.#shareBefore)),
      timeline: { spans: [], omitted: undefined },
      unitsLost: new Map(),
      unitsReturned: new Map(),
      told: new Set(),
      worsened: new Map(),
      evidence: evidenceOf(this.#view, { lost: true, from: heardFrom(before, first) }),
      backfilled: false,
      rebased: false,
    };
  }

  /** Units that were lost by then belong to it, unless they were lost before it began. */
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
    // What was low for a while and became no verdict is part of the span after all.
    if (this.#lowSince !== undefined && lowSince === undefined)
      span.depth = Math.min(span.depth, lowestBetween(levels, this.#lowSince, undefined));
    if (lowSince === undefined) span.depth = Math.min(span.depth, sample.share);
    this.#lowSince = lowSince;
  }

  /** Noted from the sample on that crosses the usual level; forgotten when that was not for good. */
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

/** Lowest visibility by now of the span that begins; 1 where it says nothing. */
function depthOf({ state, levels }: Turn): number {
  if (levels === undefined || (state.kind !== 'degraded' && state.kind !== 'unroutable')) return 1;
  return lowestBetween(levels, state.since, state.kind === 'degraded' ? state.lowSince : undefined);
}

/** Voting peers that still see something, those that see most first. Asked for at each message of a deep fall. */
function stuckIn(view: TerritoryView): Fall['stuck'] {
  const most: AdjRibIn[] = [];
  for (const rib of view.ribs.values()) {
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

/** Who sees more units comes first. */
function compareSeen(a: AdjRibIn, b: AdjRibIn): number {
  return b.seen - a.seen || (a.peer.id < b.peer.id ? -1 : 1);
}
