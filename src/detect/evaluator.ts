import { earliest, later, type EventTime } from '../bgp/time.ts';
import type { Touched } from '../rib/territory-view-snapshot.ts';
import { foreignPairs } from '../rib/foreign-pairs.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import { Baseline, type JoiningVoters } from './verdict/baseline.ts';
import type { Draft } from './events/chain.ts';
import { Changes, type FirstLook } from './changes/changes.ts';
import {
  changeDraft,
  inReadingOrder,
  flappingDraft,
  countryDraft,
  incidentDraft,
  ofTerritory,
  type IncidentNews,
  type Scene,
} from './events/drafts.ts';
import type { CountryData } from './events/event.ts';
import { evidenceByUnit, evidenceOf, evidenceOfVerdict } from './events/evidence.ts';
import { evidenceOfMark } from './events/mark-evidence.ts';
import type { IncidentState } from './incident/incident.ts';
import type { Policy } from '../policy/policy.ts';
import { IncidentTracker, type IncidentTrackerSnapshot } from './incident/incident-tracker.ts';
import { followFlapping, steadyAt, type Flapping } from './verdict/flapping.ts';
import { isWorse, type Known } from './verdict/levels.ts';
import { Outlook, type OutlookSnapshot } from './verdict/outlook.ts';
import {
  blindness,
  deadline,
  firstState,
  isSighted,
  step,
  type Controlled,
  type VerdictState,
} from './verdict/verdict.ts';
import { BASELINE_GROWS_MS } from '../policy/fixed.ts';

/** The state from which an evaluator continues, without its `changes`. */
export interface EvaluatorSnapshot extends OutlookSnapshot {
  readonly state: VerdictState;
  readonly lastKnown: Known | undefined;
  readonly rebased: boolean;
  readonly beginsUntil: EventTime | undefined;
  readonly joining: JoiningVoters;
  readonly flapping: Flapping | undefined;
  readonly tracker: IncidentTrackerSnapshot;
}

/**
 * Evaluates one territory view: its verdict, its other changes and its incident. Returns drafts of the events to
 * report.
 */
export class Evaluator {
  readonly view: TerritoryView;
  readonly policy: Policy;
  readonly changes: Changes;
  readonly #baseline: Baseline;
  readonly #tracker: IncidentTracker;
  readonly #outlook: Outlook;
  #state: VerdictState = firstState();
  #lastKnown: Known | undefined;
  #rebased = false;
  #flapping: Flapping | undefined;
  /** Until this time the first dumps still bring more voters, and the baseline grows by what they see. */
  #beginsUntil: EventTime | undefined;

  constructor(view: TerritoryView, policy: Policy) {
    this.view = view;
    this.policy = policy;
    this.changes = new Changes(view, policy);
    this.#baseline = new Baseline(view, policy);
    this.#tracker = new IncidentTracker(view, policy);
    this.#outlook = new Outlook(view, policy);
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
      joining: this.#baseline.snapshot(),
      ...this.#outlook.snapshot(),
      flapping: this.#flapping,
      tracker: this.#tracker.snapshot(),
    };
  }

  /** Restore the view first. `changes` have a snapshot of their own. */
  restore(snapshot: EvaluatorSnapshot, at: EventTime): void {
    const { state, lastKnown, rebased, beginsUntil, joining, flapping, tracker } = snapshot;
    this.#outlook.restore(snapshot, at);
    this.#flapping = flapping;
    this.#state = state;
    this.#lastKnown = lastKnown;
    this.#rebased = rebased;
    this.#beginsUntil = beginsUntil;
    this.#baseline.restore(joining);
    this.#tracker.restore(tracker);
  }

  /** The next moment at which a decision is due without a new message. A moment in the past means: due now. */
  deadline(): EventTime | undefined {
    const { levels } = this.#outlook;
    return earliest(
      deadline(this.#state, this.policy, this.#outlook.beat),
      this.#outlook.dropCountsAt(),
      levels && this.#flapping && steadyAt(levels, this.policy),
      this.changes.deadline(),
      this.#baseline.deadline(this.#state),
      this.#tracker.closesAt(this.#state),
      this.#tracker.newsAt(),
    );
  }

  /**
   * Evaluates the view at `at`. Call it after each change of the view or of the control group, and at each deadline.
   */
  observe(at: EventTime, control: number | undefined): readonly Draft[] {
    if (this.#baseline.rebase(this.#state, at)) {
      this.#rebased = true;
      this.#outlook.forget();
    }
    if (this.#beginsUntil !== undefined) this.#beginAgain(at, this.#beginsUntil);
    const touched = this.view.takeTouched();
    const seen = this.view.sample(at);
    const scene = { view: this.view, sample: seen };
    if (this.#state.kind === 'unknown') this.#outlook.forget();
    const { isFresh } = this.#outlook;
    const sample = this.#outlook.look(seen, control, touched.effect);
    this.#baseline.note(sample);
    if (isFresh) this.#tracker.noteVotersChange(sample.share);
    this.#tracker.noteSample(sample, touched);

    const drafts = this.#followChanges(scene, touched);
    const before = this.#state;
    this.#state = step(before, sample, this.policy);
    this.#tracker.noteState(this.#state, at);
    const turned = this.#state.kind === before.kind ? [] : this.#turn(before, scene, drafts);
    drafts.push(...this.#reportIncident(scene, sample, turned), ...this.#reportFlapping(scene));
    this.#adopt(sample);
    return inReadingOrder(drafts);
  }

  /** The baseline may take in other voters from now on. What they see is not a change of the territory. */
  #adopt(sample: Controlled): void {
    const { at } = sample;
    const { votersRevision } = this.view.matrix;
    this.#baseline.adopt(this.#state, at);
    if (this.view.matrix.votersRevision === votersRevision) return;
    this.#tracker.noteVotersChange(sample.share);
    if (this.view.detailed && blindness(sample, this.policy) === undefined)
      this.changes.observe(at, { units: [], marks: [], effect: 0, unitEffects: new Map() }, this.#lookNow(false));
  }

  #reportFlapping(scene: Scene): readonly Draft[] {
    const { levels } = this.#outlook;
    if (levels === undefined) return [];
    const { flapping, turn } = followFlapping(this.#flapping, levels, scene.sample.at, this.policy);
    this.#flapping = flapping;
    if (turn === undefined) return [];
    const first = this.#tracker.firstOf(turn.since);
    const [last, before] = [levels.stretches.at(-1), levels.stretches.at(-2)];
    const lost = turn.what === 'flapping' || (last !== undefined && isWorse(last.level, before?.level ?? 'routable'));
    const evidence = evidenceOf(this.view, { lost, from: first });
    return [flappingDraft(scene, turn, { first, incident: this.incident?.id, evidence })];
  }

  /**
   * The drafts of the incident's own events. @param turned what the new verdict changed in the incident; other news is
   * added to it.
   */
  #reportIncident(scene: Scene, sample: Controlled, turned: readonly IncidentNews[]): readonly Draft[] {
    const tracker = this.#tracker;
    tracker.follow(this.#state, sample, this.#outlook.levels);
    const isOpened = turned.some(({ what }) => what === 'opened');
    if (isOpened) tracker.markReported(sample);
    const changed = turned.flatMap((news) => (news.what === 'updated' ? news.changed : []));
    changed.push(...tracker.takeNews(sample.at, turned.length > 0));
    const news: readonly IncidentNews[] = isOpened
      ? [{ what: 'opened' }]
      : changed.length === 0
        ? []
        : [{ what: 'updated', changed }];
    const { incident } = tracker;
    const drafts = incident === undefined ? [] : news.map((one) => incidentDraft(scene, one, incident, this.policy));
    const closed = tracker.takeClosed(this.#state, sample.at);
    return closed === undefined ? drafts : [...drafts, incidentDraft(scene, { what: 'closed' }, closed, this.policy)];
  }

  #followChanges(scene: Scene, touched: Touched): Draft[] {
    if (!this.view.detailed) return [];
    if (blindness(scene.sample, this.policy) !== undefined) {
      this.changes.suspend();
      return [];
    }
    if (touched.units.length > 0)
      this.changes.observe(scene.sample.at, touched, this.#lookNow(!isSighted(this.#state)));
    const due = this.changes.takeDue(scene.sample.at);
    if (due.length === 0) return [];
    const evidenceOfUnit = evidenceByUnit(this.view);
    return due.map((change) => {
      if (change.what.kind !== 'unit')
        return changeDraft(scene, change, { evidence: evidenceOfMark(this.view, change) });
      const { unit: index } = change.what;
      const { on, since } = change;
      const evidence = evidenceOfUnit(index, { lost: !on, from: change.first });
      const lostSince = this.#tracker.noteUnit(index, { on, since, at: scene.sample.at });
      return changeDraft(scene, change, { evidence, lostSince });
    });
  }

  #lookNow(isReopening: boolean): FirstLook {
    return { isBeginning: this.#beginsUntil !== undefined, isReopening };
  }

  /** The verdict changed: adds its event to `drafts`, and returns what it changes in the incident. */
  #turn(before: VerdictState, scene: Scene, drafts: Draft[]): readonly IncidentNews[] {
    const state = this.#state;
    const known = this.#lastKnown;
    if (state.kind !== 'unknown') this.#lastKnown = state.kind;
    if (this.#isBeginning(state.kind)) this.#begin(scene.sample.at);
    const rebased = this.#rebased && state.kind === 'routable';
    const turn = { before, state, at: scene.sample.at, levels: this.#outlook.levels, rebased };
    const news = this.#tracker.turn(turn);

    if (state.kind === 'unknown') drafts.push(countryDraft(scene, 'country.unknown', this.#countryData(before, scene)));
    else if (known !== undefined && before.kind === 'unknown')
      drafts.push(countryDraft(scene, 'country.known', this.#countryData(before, scene)));
    // A first verdict of `routable` is not reported.
    if (state.kind !== 'unknown' && state.kind !== (known ?? 'routable')) {
      const type = state.kind === 'routable' ? 'country.restored' : (`country.${state.kind}` as const);
      const evidence = evidenceOfVerdict(this.view, { before, state, first: this.#tracker.firstOf(state.since) });
      const data = { ...this.#countryData(before, scene), ...(rebased ? { rebased } : {}), evidence };
      drafts.push(countryDraft(scene, type, data));
      this.#rebased = false;
    }
    if (news === 'opened') return [{ what: news }];
    return news === undefined ? [] : [{ what: news, changed: rebased ? ['verdict', 'rebased'] : ['verdict'] }];
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
      ...(this.incident === undefined ? {} : { incident: this.incident.id }),
    };
  }

  #beginAgain(at: EventTime, until: EventTime): void {
    if (at > until || this.#state.kind !== 'routable') this.#beginsUntil = undefined;
    else {
      const { votersRevision } = this.view.matrix;
      this.#baseline.grow(at);
      if (this.view.matrix.votersRevision !== votersRevision) this.#outlook.forget();
    }
  }

  /** A foreign origin may stand at the first look: what is seen beside it is then the baseline, and degraded. */
  #isBeginning(kind: VerdictState['kind']): boolean {
    if (this.view.hasBaseline) return false;
    return kind === 'routable' || (kind === 'degraded' && foreignPairs(this.view).size > 0);
  }

  #begin(at: EventTime): void {
    this.#beginsUntil ??= later(at, BASELINE_GROWS_MS);
    this.#baseline.begin(at);
    this.#tracker.noteVotersChange(this.#outlook.begin(at));
    this.#tracker.begin();
    if (this.view.detailed) this.changes.begin(at);
  }
}
