import type { Prefix, PrefixText } from '../../bgp/prefix.ts';
import { isoTime, later, type EventTime } from '../../bgp/time.ts';
import type { Evidence, Incident, IncidentChange } from '../events/event.ts';
import type { Policy } from '../../policy/policy.ts';
import { fallenTo, fallMs, type Fall } from './fall.ts';
import { endedPart, isDown, rounded, spansOf, sumsOf, type Timeline } from './spans.ts';

/** An incident while it is tracked. */
export interface IncidentState {
  readonly id: string;
  /** When the first message of the opening movement was received; if that was not seen, when the first span begins. */
  readonly first: EventTime;
  /** Its fall. Later falls of the same incident continue it. */
  readonly fall: Fall;
  readonly timeline: Timeline;
  /** By index of the unit. */
  readonly unitsLost: Map<number, EventTime>;
  readonly unitsReturned: Map<number, EventTime>;
  /** Changes that were reported and are not reported again. */
  readonly told: Set<IncidentChange>;
  /** Worsening that has not yet lasted long enough to be reported, and since when. */
  readonly worsened: Map<IncidentChange, EventTime>;
  readonly evidence: Evidence;
  backfilled: boolean;
  rebased: boolean;
}

/** Notes that a network was lost. */
export function noteUnitLoss({ unitsLost, unitsReturned }: IncidentState, unit: number, at: EventTime): void {
  if (!unitsLost.has(unit)) unitsLost.set(unit, at);
  unitsReturned.delete(unit);
}

/** Only the last return counts: a unit that was lost again has not come back. */
export function noteUnitReturn({ unitsLost, unitsReturned }: IncidentState, unit: number, at: EventTime): void {
  if (unitsLost.has(unit)) unitsReturned.set(unit, at);
}

/** When the incident closes if no drop comes before: `incidentGapMs` after the end of the last drop. */
export function closesAt({ timeline }: IncidentState, policy: Policy): EventTime | undefined {
  const { until } = endedPart(timeline);
  return until === undefined ? undefined : later(until, policy.incidentGapMs);
}

/** When its first span began. */
export function beganAt({ timeline, first }: IncidentState): EventTime {
  return timeline.spans[0]?.from ?? first;
}

/** The incident in the form that events carry. */
export function incidentOf(
  incident: IncidentState,
  state: 'open' | 'closed',
  { policy, units }: { policy: Policy; units: readonly Prefix[] },
): Incident {
  const { timeline, fall } = incident;
  const { until } = endedPart(timeline);
  const sums = sumsOf(timeline);
  return {
    id: incident.id,
    state,
    worst: sums.outages > 0 ? 'unroutable' : 'degraded',
    spans: spansOf(timeline),
    ...(timeline.omitted === undefined ? {} : { spansOmitted: timeline.omitted.count }),
    ...sums,
    ...(until === undefined ? {} : { durationMs: until - beganAt(incident) }),
    ...(isUnseen(incident) ? { sinceAtLatest: true } : {}),
    ...(incident.rebased ? { rebased: true } : {}),
    depth: rounded(depthOf(timeline)),
    shape: shapeOf(incident, policy),
    ...(isUnseen(incident) ? {} : { onset: onsetOf(incident) }),
    unitsLost: inOrder(incident.unitsLost).flatMap(([unit, at]) => named(units[unit], at)),
    upstreamsLost: inOrder(fall.upstreamsLost).map(([upstream, at]) => ({ upstream, at: isoTime(at) })),
    ...(fall.upstreamsOmitted === 0 ? {} : { upstreamsOmitted: fall.upstreamsOmitted }),
    unitsReturned: inOrder(incident.unitsReturned).flatMap(([unit, at]) => named(units[unit], at)),
    stuck: fall.stuck.map(({ peer, units: seen }) => ({
      collector: peer.collector,
      address: peer.address,
      asn: peer.asn,
      units: seen,
    })),
    backfilled: incident.backfilled,
    evidence: incident.evidence,
  };
}

/** Whether it began unseen. */
function isUnseen({ timeline }: IncidentState): boolean {
  return timeline.spans[0]?.sinceAtLatest === true;
}

function onsetOf({ first, fall }: IncidentState): NonNullable<Incident['onset']> {
  // The steps of the earliest drops of a long beat are no longer stored.
  const isKnown = fall.first <= first;
  const [half, ninety] = isKnown ? [fallenTo(fall, first, 0.5), fallenTo(fall, first, 0.1)] : [];
  return {
    first: isoTime(first),
    ...(half === undefined ? {} : { half: isoTime(half) }),
    ...(ninety === undefined ? {} : { ninety: isoTime(ninety) }),
  };
}

function depthOf({ spans, omitted }: Timeline): number {
  return Math.min(omitted?.depth ?? 1, ...spans.map(({ depth }) => depth));
}

/** Sorted by time, then by unit, so that the order of messages within one moment makes no difference. */
function inOrder<T extends number>(times: ReadonlyMap<T, EventTime>): (readonly [T, EventTime])[] {
  return [...times].sort(([a, atA], [b, atB]) => atA - atB || a - b);
}

function named(unit: Prefix | undefined, at: EventTime): { unit: PrefixText; at: string }[] {
  return unit === undefined ? [] : [{ unit: unit.text, at: isoTime(at) }];
}

function shapeOf(incident: IncidentState, policy: Policy): Incident['shape'] {
  const { timeline, fall, first } = incident;
  if (isFlapping(incident, policy)) return 'flapping';
  if (isUnseen(incident)) return 'unseen';
  const recovered = timeline.spans.findIndex((span) => !isDown(span));
  const drop = recovered < 0 ? timeline.spans : timeline.spans.slice(0, recovered);
  return fallMs(fall, first, Math.min(...drop.map(({ depth }) => depth))) <= policy.cliffMs ? 'cliff' : 'slope';
}

/** Whether the incident has the shape of flapping. */
export function isFlapping({ timeline }: IncidentState, policy: Policy): boolean {
  return sumsOf(timeline).drops >= policy.flappingDrops;
}
