import { earliest, later, type EventTime } from '../bgp/time.ts';
import type { Touched } from '../rib/territory-view-snapshot.ts';
import type { Plane } from '../rib/territory-view.ts';
import { Baseline } from './verdict/baseline.ts';
import type { Draft } from './events/chain.ts';
import { Changes } from './changes/changes.ts';
import { changeDraft, countryDraft, incidentDraft, ofTerritory, type Scene } from './events/drafts.ts';
import type { CountryData } from './events/event.ts';
import { evidenceOf, sightsByUnit } from './events/evidence.ts';
import type { IncidentState } from './incident/incident.ts';
import type { Policy } from './policy.ts';
import { Story, type StorySnapshot } from './incident/incident-tracker.ts';
import {
  blindness,
  deadline,
  firstState,
  step,
  type Controlled,
  type Known,
  type VerdictState,
} from './verdict/verdict.ts';

/** What a judge goes on from, besides `changes`. */
export interface JudgeSnapshot {
  readonly state: VerdictState;
  readonly lastKnown: Known | undefined;
  readonly rebased: boolean;
  readonly beginsUntil: EventTime | undefined;
  readonly candidates: readonly (readonly [unit: number, since: EventTime])[];
  readonly story: StorySnapshot;
}

/** Judges one plane: the verdict, what else changed, the incident they belong to. Says what is to be told. */
export class Judge {
  readonly plane: Plane;
  readonly policy: Policy;
  readonly changes: Changes;
  readonly #baseline: Baseline;
  readonly #story: Story;
  #state: VerdictState = firstState();
  #lastKnown: Known | undefined;
  #rebased = false;
  /** Until then more voters come with the first dumps, and what they see belongs to the baseline as well. */
  #beginsUntil: EventTime | undefined;

  constructor(plane: Plane, policy: Policy) {
    this.plane = plane;
    this.policy = policy;
    this.changes = new Changes(plane, policy);
    this.#baseline = new Baseline(plane, policy);
    this.#story = new Story(plane, policy);
  }

  get state(): VerdictState {
    return this.#state;
  }

  get incident(): IncidentState | undefined {
    return this.#story.incident;
  }

  snapshot(): JudgeSnapshot {
    return {
      state: this.#state,
      lastKnown: this.#lastKnown,
      rebased: this.#rebased,
      beginsUntil: this.#beginsUntil,
      candidates: this.#baseline.snapshot(),
      story: this.#story.snapshot(),
    };
  }

  /** The plane was put back before; `changes` are put back by themselves. */
  restore({ state, lastKnown, rebased, beginsUntil, candidates, story }: JudgeSnapshot): void {
    this.#state = state;
    this.#lastKnown = lastKnown;
    this.#rebased = rebased;
    this.#beginsUntil = beginsUntil;
    this.#baseline.restore(candidates);
    this.#story.restore(story);
  }

  /** The next moment at which something is decided though nothing is heard. It may lie in the past: then it is due. */
  deadline(): EventTime | undefined {
    return earliest(
      deadline(this.#state, this.policy),
      this.changes.deadline(),
      this.#baseline.deadline(this.#state),
      this.#story.closesAt(this.#state),
    );
  }

  /** Looks at the plane as it is at `at`: after each change of it or of the control group, and at each deadline. */
  observe(at: EventTime, control: number | undefined): readonly Draft[] {
    if (this.#baseline.rebase(this.#state, at)) this.#rebased = true;
    if (this.#beginsUntil !== undefined) this.#beginAgain(at, this.#beginsUntil);
    const touched = this.plane.takeTouched();
    // Added to what was made for us just now: a copy by spreading took a third of all the engine's time.
    const sample: Controlled = Object.assign(this.plane.sample(at), { control });
    const scene = { plane: this.plane, sample };
    this.#baseline.note(touched.units, at);
    this.#story.noteSample(sample, touched, this.#state);

    const drafts = this.#followChanges(scene, touched);
    const before = this.#state;
    this.#state = step(before, sample, this.policy);
    this.#story.noteState(this.#state, at);
    if (this.#state.kind !== before.kind) drafts.push(...this.#turn(before, scene));

    const closed = this.#story.takeClosed(this.#state, at);
    if (closed !== undefined) drafts.push(incidentDraft(scene, 'closed', closed, this.policy));
    this.#baseline.adopt(this.#state, at);
    return drafts.sort((a, b) => rank(a) - rank(b));
  }

  #followChanges(scene: Scene, { units, marks }: Touched): Draft[] {
    if (!this.plane.detailed) return [];
    if (blindness(scene.sample, this.policy) !== undefined) {
      this.changes.suspend();
      return [];
    }
    if (units.length > 0) this.changes.observe(scene.sample.at, units, marks);
    const due = this.changes.takeDue(scene.sample.at);
    if (due.length === 0) return [];
    const sightsOf = sightsByUnit(this.plane.sights.kept);
    return due.map((change) => {
      const unit = change.what.kind === 'unit' ? this.plane.units[change.what.unit] : undefined;
      const evidence = unit && evidenceOf(sightsOf(unit), !change.on, change.first);
      return changeDraft(scene, change, evidence);
    });
  }

  /** The verdict changed: tell it, and what it means for the incident. */
  #turn(before: VerdictState, scene: Scene): readonly Draft[] {
    const state = this.#state;
    if (state.kind === 'unknown') return [countryDraft(scene, 'country.unknown', this.#countryData(before, scene))];

    const known = this.#lastKnown;
    this.#lastKnown = state.kind;
    if (state.kind === 'routable' && !this.plane.hasBaseline) this.#begin(scene.sample.at);
    const drafts: Draft[] = [];
    if (known !== undefined && before.kind === 'unknown') {
      drafts.push(countryDraft(scene, 'country.known', this.#countryData(before, scene)));
    }
    // At the start, routable is no news.
    if (state.kind === (known ?? 'routable')) return drafts;

    const told = this.#story.turn(state, before.kind === 'unknown');
    const type = state.kind === 'routable' ? 'country.restored' : (`country.${state.kind}` as const);
    drafts.push(countryDraft(scene, type, { ...this.#countryData(before, scene), ...this.#proof(state, known) }));
    const { incident } = this.#story;
    if (told !== undefined && incident !== undefined) drafts.push(incidentDraft(scene, told, incident, this.policy));
    this.#rebased = false;
    return drafts;
  }

  #countryData(before: VerdictState, scene: Scene): CountryData {
    const state = this.#state;
    const first = this.#story.firstOf(state.since);
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
    const { incident } = this.#story;
    return {
      ...(this.#rebased && state.kind === 'routable' ? { rebased: true } : {}),
      ...(incident === undefined ? {} : { incident: incident.id }),
      evidence: evidenceOf(this.plane.sights.kept, !isBetter, this.#story.firstOf(state.since)),
    };
  }

  #beginAgain(at: EventTime, until: EventTime): void {
    if (at > until || this.#state.kind !== 'routable') this.#beginsUntil = undefined;
    else if (this.plane.visibleSize > this.plane.baselineSize) this.#begin(at);
  }

  #begin(at: EventTime): void {
    this.#beginsUntil ??= later(at, this.policy.blindHoldMs);
    this.#baseline.begin();
    this.#story.begin();
    if (this.plane.detailed) this.changes.begin(at);
  }
}

/** Events of one moment in the order in which one reads them: the parts, the whole, its story, what else changed. */
function rank(draft: Draft): number {
  return ['unit', 'country', 'incident', 'upstream', 'origin', 'prefix'].indexOf(draft.type.split('.')[0] ?? '');
}
