import type { Element, ProbeElement, RoutingElement } from './bgp/element.ts';
import { earliest, type EventTime } from './bgp/time.ts';
import { Chain, digest, type Draft } from './detect/events/chain.ts';
import { ControlGroup } from './detect/observer/control-group.ts';
import type { DataLossData, ReachabilityView, UnroutableEvent } from './detect/events/event.ts';
import { Evaluator } from './detect/evaluator.ts';
import { Evaluators } from './detect/evaluators.ts';
import { reachBeside, reachEvents, type ReachDecision } from './reach/reach.ts';
import { lossDraft, Observer, type OpenGap } from './detect/observer/observer.ts';
import { allViews, type Parts } from './state/engine-parts.ts';
import type { Policy } from './policy/policy.ts';
import { Recorder } from './state/recorder.ts';
import { differences, restoreParts, UnreadableRecord } from './state/restore.ts';
import { neverJudged, statusOf, type TerritoryStatus } from './detect/status.ts';
import { PeerTable } from './peers/peer-table.ts';
import { TerritoryView } from './rib/territory-view.ts';
import { isEngineSpace, type EngineChange, type EngineRecord, type EngineSpace } from './state/record.ts';
import { FAMILIES, unitsOf, type Territory } from './territory/territory.ts';
import type { VotingPolicy } from './policy/voting-policy.ts';

export type { OpenGap } from './detect/observer/observer.ts';
export type { TerritoryStatus } from './detect/status.ts';

/** What one element changed. It is stored completely or not at all. */
export interface Commit {
  /** Event time up to which everything is decided. */
  readonly cursor: EventTime;
  /** In the order in which they were decided. */
  readonly events: readonly UnroutableEvent[];
}

/** A territory and its policy. */
export interface WatchedTerritory {
  readonly territory: Territory;
  readonly policy: Policy;
}

/** Options of an engine. */
export interface EngineOptions {
  readonly territories: readonly WatchedTerritory[];
  readonly voting: VotingPolicy;
  /** Prefixes that are always announced. While they are gone too, verdicts are `unknown`. None by default. */
  readonly control?: Territory;
  /** Whether changes of the state are noted for `takeChanges`. @default false */
  readonly recorded?: boolean;
}

/** What a store has of an engine. */
export interface KeptState {
  /** Event time up to which everything was decided. */
  readonly cursor: EventTime;
  /** In any order. Records of other spaces are ignored. */
  readonly records: readonly EngineRecord<string>[];
}

/** An engine that continues from stored records, or why they cannot be read. */
export type Restored =
  | {
      readonly ok: true;
      readonly engine: Engine;
      /** Ids of territories that start without a verdict: they are new, or their blocks, origins or policy changed. */
      readonly anew: readonly string[];
    }
  /** `reason` names the record that cannot be read. */
  | { readonly ok: false; readonly reason: string };

/** Turns elements into commits. One thread, no I/O; `createEngine` makes one. `S`: the spaces of its changes. */
export interface Engine<S extends string = EngineSpace> {
  /** Event time reached, or `undefined` before the first element. */
  readonly now: EventTime | undefined;
  /**
   * Takes one element: first everything that was due before it, then the element itself. `undefined` when nothing was
   * decided. An element older than `now` is late: it changes routes that are older still, and nothing is decided at its
   * own time any more.
   */
  apply(element: Element): Commit | undefined;
  /** The present verdict and visibility of each territory and family, at `now`. */
  status(): readonly TerritoryStatus[];
  /** Whether services answer, by id of the territory; only territories with results. */
  reachability(): ReadonlyMap<string, ReachabilityView>;
  /** What the voters see of each territory and family, for the history. Read-only. */
  readonly views: readonly TerritoryView[];
  /** Gaps that cost votes and are not healed yet, the oldest first. A gap is the same object until it is healed. */
  openGaps(): readonly OpenGap[];
  /** Changes of the state since the last call; the first call gives all of it. Empty unless `recorded`. */
  takeChanges(): readonly EngineChange<S>[];
  /** The complete state, for a store that has lost its data. */
  state(): readonly EngineChange<S>[];
  /**
   * The input has ended: a `country.unknown` for each territory and family that never had a verdict, so that a
   * missing event is not taken for "no outage". They are not part of the state: another call gives the same events.
   *
   * @param since event time of the first element.
   */
  neverJudged(since: EventTime): readonly UnroutableEvent[];
  /** The store had lost data and is written again. @returns the event that reports it, in the observer's chain. */
  noteLoss(data: DataLossData): Commit;
}

/** Decisions that may follow from one another at one moment. */
const MAX_ROUNDS = 1000;

/**
 * Element in, commit out. Pure: no clock, no I/O, no randomness; the same elements give the same commits to the byte.
 * Deadlines fall exactly when their event time comes, however the elements arrive.
 */
export function createEngine(options: EngineOptions): Engine {
  return engineOf(partsOf(options), { options, now: undefined, restored: undefined });
}

/**
 * Continues from the records that an engine wrote: the same further elements give the same further commits. Differences
 * that the options make are in the first `takeChanges`, so that the store then has the complete state.
 */
export function restoreEngine(options: EngineOptions, { cursor, records }: KeptState): Restored {
  const parts = partsOf(options);
  if (!records.some(({ space }) => isEngineSpace(space))) {
    const engine = engineOf(parts, { options, now: cursor, restored: undefined });
    return { ok: true, engine, anew: options.territories.map(({ territory }) => territory.id) };
  }
  try {
    const anew = restoreParts(parts, records, cursor);
    return { ok: true, engine: engineOf(parts, { options, now: cursor, restored: records }), anew };
  } catch (error) {
    if (error instanceof UnreadableRecord) return { ok: false, reason: error.message };
    throw error;
  }
}

function partsOf(options: EngineOptions): Parts {
  const evaluators = options.territories.flatMap(({ territory, policy }) => {
    const version = digest([
      territory.blocks.map((block) => block.text),
      territory.origins,
      policy,
      options.voting,
    ]).slice(0, 16);
    return viewsOf(territory, policy.coveredAt).map((view) => ({
      evaluator: new Evaluator(view, policy),
      source: `/territories/${territory.id}`,
      version,
    }));
  });
  const control = controlGroup(options);
  const peerTable = new PeerTable(allViews({ evaluators, control }), options.voting);
  const reach = reachBeside(options.territories, evaluators);
  return { evaluators, control, peerTable, observer: new Observer(), chain: new Chain(), reach };
}

interface Start {
  readonly options: EngineOptions;
  readonly now: EventTime | undefined;
  /** Records from which the parts were put back. */
  readonly restored: readonly EngineRecord<string>[] | undefined;
}

// oxlint-disable-next-line max-lines-per-function -- what its methods share; a class would name all of it twice
function engineOf(parts: Parts, start: Start): Engine {
  const { control, peerTable, observer, chain, reach } = parts;
  const evaluators = new Evaluators(parts.evaluators);
  const observerVersion = digest([start.options.voting]).slice(0, 16);
  const recorder = new Recorder(parts, () => evaluators.takeLooked());
  const isRecorded = start.options.recorded === true;
  let restored = isRecorded ? start.restored : undefined;
  let { now } = start;

  const ofObserver = (draft: Draft): UnroutableEvent => chain.append(draft, '/observer', observerVersion);

  const ofReach = (decisions: readonly ReachDecision[]): readonly UnroutableEvent[] => {
    if (decisions.length > 0) recorder.touch();
    return reachEvents(decisions, chain);
  };
  /** A result moves no time but its own: nothing that is decided of routes depends on it. */
  const applyProbe = (element: ProbeElement): Commit | undefined => {
    recorder.touch();
    return committed(now ?? element.at, ofReach(reach.apply(element)));
  };

  /** @param isForAll whether all territories may be concerned, not only those whose routes or deadlines they are. */
  const evaluate = (at: EventTime, isForAll: boolean): UnroutableEvent[] => {
    control.observe(at);
    const events = evaluators
      .observe(at, isForAll, (family) => control.share(family))
      .flatMap(({ part: { source, version }, drafts }) => drafts.map((draft) => chain.append(draft, source, version)));
    const turned = evaluators.takeTurned();
    return turned === undefined ? events : [...events, ...observer.look(turned, at).map(ofObserver)];
  };

  /** Whether the last element changed who may vote. */
  let hasEffect = false;
  const observed = (element: RoutingElement | undefined, at: EventTime): UnroutableEvent[] => {
    const effects = element === undefined ? peerTable.expire(at) : peerTable.apply(element, at);
    hasEffect = effects.length > 0;
    recorder.touch();
    return observer.observe(effects, at).map(ofObserver);
  };

  const nextDeadline = (): EventTime | undefined =>
    earliest(peerTable.deadline(), control.deadline(), evaluators.deadline());
  let deadline = nextDeadline();

  /** Decides what falls due up to and at `to`, each at its own time. */
  const advance = (from: EventTime, to: EventTime): UnroutableEvent[] => {
    const events: UnroutableEvent[] = [];
    let at = from;
    for (let rounds = 0; deadline !== undefined && deadline <= to; rounds++) {
      if (deadline > at) rounds = 0;
      // The code that sets a deadline must move it when it is due; otherwise this loop would not end.
      if (rounds > MAX_ROUNDS) throw new Error(`the deadline ${deadline} is not dealt with at ${at}`);
      at = Math.max(at, deadline) as EventTime;
      const isOfPeers = isDue(peerTable.deadline(), at);
      events.push(...observed(undefined, at), ...evaluate(at, isOfPeers));
      deadline = nextDeadline();
    }
    return events;
  };

  return {
    get now() {
      return now ?? reach.now;
    },

    apply(element) {
      if (element.type === 'probe') return applyProbe(element);
      const at = Math.max(element.at, now ?? element.at) as EventTime;
      const events = advance(now ?? at, at);
      if (reach.deadline !== undefined && reach.deadline <= at) events.push(...ofReach(reach.advance(at)));
      now = at;
      if (element.type === 'tick' && element.peer === undefined) return committed(at, events);
      events.push(...observed(element, at));
      if (element.type !== 'tick' || hasEffect) events.push(...evaluate(at, hasEffect || !isRoute(element)));
      deadline = nextDeadline();
      return committed(at, events);
    },

    reachability: () => reach.views(now),

    views: parts.evaluators.map(({ evaluator }) => evaluator.view),

    status() {
      const at = now ?? (0 as EventTime);
      return parts.evaluators.map(({ evaluator }) => statusOf(evaluator, at));
    },

    openGaps: () => observer.openGaps,

    takeChanges() {
      if (!isRecorded) return [];
      const changes = recorder.take(now ?? (0 as EventTime));
      if (restored === undefined) return changes;
      const records = restored;
      restored = undefined;
      return differences(records, changes);
    },

    state() {
      return recorder.all(now ?? (0 as EventTime));
    },

    neverJudged(since) {
      const at = now ?? since;
      return parts.evaluators.flatMap(({ evaluator, source, version }) => {
        const draft = neverJudged(evaluator, { since, at, control: control.share(evaluator.view.family) });
        return draft === undefined ? [] : [chain.preview(draft, source, version)];
      });
    },

    noteLoss(data) {
      const at = now ?? (0 as EventTime);
      recorder.touch();
      return { cursor: at, events: [ofObserver(lossDraft(data, at))] };
    },
  };
}

function isDue(deadline: EventTime | undefined, at: EventTime): boolean {
  return deadline !== undefined && deadline <= at;
}

/** A route concerns the territories that it overlaps; other elements may concern all of them. */
function isRoute({ type }: Element): boolean {
  return type === 'rib' || type === 'announcement' || type === 'withdrawal';
}

function committed(cursor: EventTime, events: readonly UnroutableEvent[]): Commit | undefined {
  return events.length === 0 ? undefined : { cursor, events };
}

/** Its units are followed as a whole; it has no events. */
function controlGroup({ control, territories }: EngineOptions): ControlGroup {
  const views =
    control === undefined ? [] : viewsOf(control, Math.min(...territories.map(({ policy }) => policy.coveredAt)));
  return new ControlGroup(views, Math.min(...territories.map(({ policy }) => policy.minVoters)));
}

function viewsOf(territory: Territory, coveredAt: number): readonly TerritoryView[] {
  return FAMILIES.filter((family) => unitsOf(territory, family).length > 0).map(
    (family) => new TerritoryView(territory, family, coveredAt),
  );
}
