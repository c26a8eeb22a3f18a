import type { Asn } from '../bgp/asn.ts';
import { earliest, later, type EventTime } from '../bgp/time.ts';
import type { Touched } from '../rib/territory-view-snapshot.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import { Baseline } from './verdict/baseline.ts';
import type { Draft } from './events/chain.ts';
import { Changes } from './changes/changes.ts';
import { changeDraft, countryDraft, incidentDraft, ofTerritory, type Scene } from './events/drafts.ts';
import type { CountryData } from './events/event.ts';
import { evidenceOf, changesByUnit } from './events/evidence.ts';
import type { IncidentState } from './incident/incident.ts';
import type { Policy } from './policy.ts';
import { IncidentTracker, type IncidentTrackerSnapshot } from './incident/incident-tracker.ts';
import {
  blindness,
  deadline,
  firstState,
  step,
  type Controlled,
  type Known,
  type VerdictState,
} from './verdict/verdict.ts';

/** What an evaluator goes on from, besides `changes`. */
export interface EvaluatorSnapshot {
  readonly state: VerdictState;
  readonly lastKnown: Known | undefined;
  readonly rebased: boolean;
  readonly beginsUntil: EventTime | undefined;
  readonly candidates: readonly (readonly [Asn, since: EventTime])[];
  readonly tracker: IncidentTrackerSnapshot;
}

/** Judges one view: the verdict, what else changed, the incident they belong to. Says what is to be told. */
export class Evaluator {
  readonly view: TerritoryView;
  readonly policy: Policy;
  readonly changes: Changes;
  readonly #baseline: Baseline;
  readonly #tracker: IncidentTracker;
  #state: VerdictState = firstState();
  #lastKnown: Known | undefined;
  #rebased = false;
  /** Until then more voters come with the first dumps, and what they see belongs to the baseline as well. */
  #beginsUntil: EventTime | undefined;

  constructor(view: TerritoryView, policy: Policy) {
    this.view = view;
    this.policy = policy;
    this.changes = new Changes(view, policy);
    this.#baseline = new Baseline(view, policy);
    this.#tracker = new IncidentTracker(view, policy);
  }

  get state(): VerdictState {
    return this.#state;
  }

  get incident(): IncidentState | undefined {
    return this.#tracker.incident;
  }

  snapshot(): EvaluatorSnapshot {
    return {
      state: this.#state,
      lastKnown: this.#lastKnown,
      rebased: this.#rebased,
      beginsUntil: this.#beginsUntil,
      candidates: this.#baseline.snapshot(),
      tracker: this.#tracker.snapshot(),
    };
  }

  /** The view was put back before; `changes` are put back by themselves. */
  restore({ state, lastKnown, rebased, beginsUntil, candidates, tracker }: EvaluatorSnapshot): void {
    this.#state = state;
    this.#lastKnown = lastKnown;
    this.#rebased = rebased;
    this.#beginsUntil = beginsUntil;
    this.#baseline.restore(candidates);
    this.#tracker.restore(tracker);
  }

  /** The next moment at which something is decided though nothing is heard. It may lie in the past: then it is due. */
  deadline(): EventTime | undefined {
    return earliest(
      deadline(this.#state, this.policy),
      this.changes.deadline(),
      this.#baseline.deadline(this.#state),
      this.#tracker.closesAt(this.#state),
    );
  }

  /** Looks at the view as it is at `at`: after each change of it or of the control group, and at each deadline. */
  observe(at: EventTime, control: number | undefined): readonly Draft[] {
    if (this.#baseline.rebase(this.#state, at)) this.#rebased = true;
    if (this.#beginsUntil !== undefined) this.#beginAgain(at, this.#beginsUntil);
    const touched = this.view.takeTouched();
    // Added to what was made for us just now: a copy by spreading took a third of all the engine's time.
    const sample: Controlled = Object.assign(this.view.sample(at), { control });
    const scene = { view: this.view, sample };
    this.#baseline.note(sample);
    this.#tracker.noteSample(sample, touched, this.#state);

    const drafts = this.#followChanges(scene, touched);
    const before = this.#state;
    this.#state = step(before, sample, this.policy);
    this.#tracker.noteState(this.#state, at);
    if (this.#state.kind !== before.kind) drafts.push(...this.#turn(before, scene));

    const closed = this.#tracker.takeClosed(this.#state, at);
    if (closed !== undefined) drafts.push(incidentDraft(scene, 'closed', closed, this.policy));
    this.#baseline.adopt(this.#state, at);
    return drafts.sort((a, b) => rank(a) - rank(b));
  }

  #followChanges(scene: Scene, { units, marks }: Touched): Draft[] {
    if (!this.view.detailed) return [];
    if (blindness(scene.sample, this.policy) !== undefined) {
      this.changes.suspend();
      return [];
    }
    if (units.length > 0) this.changes.observe(scene.sample.at, units, marks);
    const due = this.changes.takeDue(scene.sample.at);
    if (due.length === 0) return [];
    const visibilityLogOf = changesByUnit(this.view.visibilityLog.kept);
    return due.map((change) => {
      const unit = change.what.kind === 'unit' ? this.view.units[change.what.unit] : undefined;
      const evidence = unit && evidenceOf(visibilityLogOf(unit), !change.on, change.first);
      return changeDraft(scene, change, evidence);
    });
  }

  /** The verdict changed: tell it, and what it means for the incident. */
  #turn(before: VerdictState, scene: Scene): readonly Draft[] {
    const state = this.#state;
    if (state.kind === 'unknown') return [countryDraft(scene, 'country.unknown', this.#countryData(before, scene))];

    const known = this.#lastKnown;
    this.#lastKnown = state.kind;
    if (state.kind === 'routable' && !this.view.hasBaseline) this.#begin(scene.sample.at);
    const drafts: Draft[] = [];
    if (known !== undefined && before.kind === 'unknown') {
      drafts.push(countryDraft(scene, 'country.known', this.#countryData(before, scene)));
    }
    // At the start, routable is no news.
    if (state.kind === (known ?? 'routable')) return drafts;

    const told = this.#tracker.turn(state, before.kind === 'unknown');
    const type = state.kind === 'routable' ? 'country.restored' : (`country.${state.kind}` as const);
    drafts.push(countryDraft(scene, type, { ...this.#countryData(before, scene), ...this.#proof(state, known) }));
    const { incident } = this.#tracker;
    if (told !== undefined && incident !== undefined) drafts.push(incidentDraft(scene, told, incident, this.policy));
    this.#rebased = false;
    return drafts;
  }

  #countryData(before: VerdictState, scene: Scene): CountryData {
    const state = this.#state;
    const first = this.#tracker.firstOf(state.since);
    return {
      ...ofTerritory(scene, first, state.since),
      verdict: state.kind,
      previous: before.kind,
      ...(state.kind === 'unknown' ? { reason: state.reason } : {}),
      ...(before.kind === 'unknown' ? { sinceAtLatest: true } : {}),
    };
  }

  /** Losses for the worse, returns for the better. */
  #proof(state: VerdictState & { kind: Known }, known: Known | undefined): Partial<CountryData> {
    const isBetter = state.kind === 'routable' || (state.kind === 'degraded' && known === 'unroutable');
    const { incident } = this.#tracker;
    return {
      ...(this.#rebased && state.kind === 'routable' ? { rebased: true } : {}),
      ...(incident === undefined ? {} : { incident: incident.id }),
      evidence: evidenceOf(this.view.visibilityLog.kept, !isBetter, this.#tracker.firstOf(state.since)),
    };
  }

  #beginAgain(at: EventTime, until: EventTime): void {
    if (at > until || this.#state.kind !== 'routable') this.#beginsUntil = undefined;
    else this.#baseline.grow(at);
  }

  #begin(at: EventTime): void {
    this.#beginsUntil ??= later(at, this.policy.blindHoldMs);
    this.#baseline.begin(at);
    this.#tracker.begin();
    if (this.view.detailed) this.changes.begin(at);
  }
}

/** Events of one moment in the order in which one reads them: the parts, the whole, its incident, what else changed. */
function rank(draft: Draft): number {
  return ['unit', 'country', 'incident', 'upstream', 'origin', 'prefix'].indexOf(draft.type.split('.')[0] ?? '');
}
