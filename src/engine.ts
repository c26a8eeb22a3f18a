import type { Element } from './bgp/element.ts';
import type { Family } from './bgp/prefix.ts';
import type { EventTime } from './bgp/time.ts';
import { chained, digest, type Draft, type Link } from './detect/chain.ts';
import { ControlGroup } from './detect/control.ts';
import { ofTerritory } from './detect/drafts.ts';
import type { DataLossData, Incident, UnroutableEvent, Verdict, VisibilityData } from './detect/event.ts';
import { incidentOf, rounded } from './detect/incident.ts';
import { Judge } from './detect/judge.ts';
import { lossDraft, Observer } from './detect/observer.ts';
import type { Policy } from './detect/policy.ts';
import { pending, type Pending } from './detect/verdict.ts';
import { Electorate } from './visibility/electorate.ts';
import { Plane } from './visibility/plane.ts';
import type { StateChange, StateRecord } from './visibility/record.ts';
import { unitsOf, type Territory } from './visibility/territory.ts';
import type { VotingPolicy } from './visibility/voting.ts';

/** What one element changed, its time included. Kept whole or not at all. */
export interface Commit {
  /** Event time up to which all is decided. */
  readonly cursor: EventTime;
  /** In the order in which they were decided. */
  readonly events: readonly UnroutableEvent[];
}

/** A territory and how it is judged. */
export interface WatchedTerritory {
  readonly territory: Territory;
  readonly policy: Policy;
}

/** How a territory stands in one family. */
export interface TerritoryStatus {
  readonly territory: Territory;
  readonly family: Family;
  readonly verdict: Verdict;
  readonly since: EventTime;
  /** What comes next if all stays as it is. */
  readonly pending: Pending | undefined;
  readonly visibility: VisibilityData;
  /** Per unit in address order: the share of the voters that see it. */
  readonly units: readonly { readonly text: string; readonly share: number; readonly isBaseline: boolean }[];
  readonly incident: Incident | undefined;
}

export interface EngineOptions {
  readonly territories: readonly WatchedTerritory[];
  readonly voting: VotingPolicy;
  /** Prefixes that never go away: while they are gone too, nothing is said of the territories. None by default. */
  readonly control?: Territory;
  /** Whether changes of the state are noted for `takeChanges`. @default false */
  readonly recorded?: boolean;
}

/** What a store kept of an engine. */
export interface KeptState {
  /** Event time up to which all was decided. */
  readonly cursor: EventTime;
  /** In any order. */
  readonly records: readonly StateRecord[];
}

export type Restored =
  | {
      readonly ok: true;
      readonly engine: Engine;
      /** Ids of territories that are judged anew: their blocks, origins or policy are others now, or they are new. */
      readonly anew: readonly string[];
    }
  /** `reason` names the record that cannot be read. */
  | { readonly ok: false; readonly reason: string };

export interface Engine {
  /** Event time reached, or `undefined` before the first element. */
  readonly now: EventTime | undefined;
  /**
   * Takes one element: first everything that was due before it, then the element itself. `undefined` when nothing was
   * decided. An element older than `now` is late: it changes routes that are older still, and nothing is decided at its
   * own time any more.
   */
  apply(element: Element): Commit | undefined;
  status(): readonly TerritoryStatus[];
  /** What changed of the state since this was last called; the first time all of it. Empty unless `recorded`. */
  takeChanges(): readonly StateChange[];
  /** All of the state: for a store that has lost what it kept. */
  state(): readonly StateChange[];
  /** The store had lost what it kept, and is written again: tells of it, in the chain of the observer's events. */
  noteLoss(data: DataLossData): Commit;
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** Decisions that may follow from one another at one moment. */
const MAX_ROUNDS = 1000;

/**
 * Element in, commit out. Pure: no clock, no I/O, no randomness; the same elements give the same commits to the byte.
 * Deadlines fall exactly when their event time comes, however the elements arrive.
 */
export function createEngine(options: EngineOptions): Engine {
  const seats = options.territories.flatMap(({ territory, policy }) => {
    const version = digest([
      territory.blocks.map((block) => block.text),
      territory.origins,
      policy,
      options.voting,
    ]).slice(0, 16);
    return planesOf(territory).map((plane) => ({
      judge: new Judge(plane, policy),
      source: `/territories/${territory.id}`,
      version,
    }));
  });
  const control = controlGroup(options);
  const electorate = new Electorate([...seats.map(({ judge }) => judge.plane), ...control.planes], options.voting);
  const observer = new Observer();
  const links = new Map<string, Link>();
  const observerVersion = digest([options.voting]).slice(0, 16);
  let now: EventTime | undefined;

  const told = (draft: Draft, source: string, version: string): UnroutableEvent => {
    const { event, link } = chained(draft, source, version, links.get(source));
    links.set(source, link);
    return event;
  };

  const judgeAll = (at: EventTime): UnroutableEvent[] => {
    control.observe(at);
    const events = seats.flatMap(({ judge, source, version }) =>
      judge.observe(at, control.share(judge.plane.family)).map((draft) => told(draft, source, version)),
    );
    const states = seats.map(({ judge }) => ({ id: judge.plane.territory.id, state: judge.state }));
    return [...events, ...observer.look(states, at).map((draft) => told(draft, '/observer', observerVersion))];
  };

  const observed = (element: Element | undefined, at: EventTime): UnroutableEvent[] => {
    const effects = element === undefined ? electorate.expire(at) : electorate.apply(element, at);
    return observer.observe(effects, at).map((draft) => told(draft, '/observer', observerVersion));
  };

  const nextDeadline = (): EventTime | undefined => {
    const times = [electorate.deadline(), control.deadline(), ...seats.map(({ judge }) => judge.deadline())].filter(
      (at) => at !== undefined,
    );
    return times.length === 0 ? undefined : (Math.min(...times) as EventTime);
  };
  let deadline: EventTime | undefined;

  /** Decides what falls due up to and at `to`, each at its own time. */
  const advance = (from: EventTime, to: EventTime): UnroutableEvent[] => {
    const events: UnroutableEvent[] = [];
    let at = from;
    for (let rounds = 0; deadline !== undefined && deadline <= to; rounds++) {
      if (deadline > at) rounds = 0;
      // Who sets a deadline deals with it when it comes; one that stays where it is would be met for ever.
      if (rounds > MAX_ROUNDS) throw new Error(`the deadline ${deadline} is not dealt with at ${at}`);
      at = Math.max(at, deadline) as EventTime;
      events.push(...observed(undefined, at), ...judgeAll(at));
      deadline = nextDeadline();
    }
    return events;
  };

  return {
    get now() {
      return now;
    },

    apply(element) {
      const at = Math.max(element.at, now ?? element.at) as EventTime;
      const events = advance(now ?? at, at);
      now = at;
      if (element.type === 'tick' && element.peer === undefined) return committed(at, events);
      events.push(...observed(element, at));
      if (element.type !== 'tick') events.push(...judgeAll(at));
      deadline = nextDeadline();
      return committed(at, events);
    },

    status() {
      const at = now ?? (0 as EventTime);
      return seats.map(({ judge }) => statusOf(judge, at));
    },

    takeChanges() {
      return [];
    },

    state() {
      return [];
    },

    noteLoss(data) {
      const at = now ?? (0 as EventTime);
      return { cursor: at, events: [told(lossDraft(data, at), '/observer', observerVersion)] };
    },
  };
}

/** Goes on where the engine stood that wrote these records. */
export function restoreEngine(options: EngineOptions, { records }: KeptState): Restored {
  if (records.length > 0) return { ok: false, reason: 'no record can be read yet' };
  return { ok: true, engine: createEngine(options), anew: options.territories.map(({ territory }) => territory.id) };
}

function committed(cursor: EventTime, events: readonly UnroutableEvent[]): Commit | undefined {
  return events.length === 0 ? undefined : { cursor, events };
}

/** Its units are followed as a whole: nothing of it is ever told. */
function controlGroup({ control, territories }: EngineOptions): ControlGroup {
  const planes = control === undefined ? [] : planesOf(control);
  return new ControlGroup(planes, Math.min(...territories.map(({ policy }) => policy.minVoters)));
}

function planesOf(territory: Territory): readonly Plane[] {
  return FAMILIES.filter((family) => unitsOf(territory, family).length > 0).map(
    (family) => new Plane(territory, family),
  );
}

function statusOf({ plane, state, incident, policy }: Judge, at: EventTime): TerritoryStatus {
  return {
    territory: plane.territory,
    family: plane.family,
    verdict: state.kind,
    since: state.since,
    pending: pending(state, policy),
    visibility: ofTerritory({ plane, sample: plane.sample(at) }, at, at).visibility,
    units: plane.units.map((unit, i) => ({
      text: unit.text,
      share: plane.voters === 0 ? 0 : rounded((plane.seen[i] ?? 0) / plane.voters),
      isBaseline: plane.baseline[i] === 1,
    })),
    // Asked for more often than looked at.
    get incident() {
      return incident === undefined ? undefined : incidentOf(incident, 'open', { policy, units: plane.units });
    },
  };
}
