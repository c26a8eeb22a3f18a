import type { Asn } from '../../bgp/asn.ts';
import type { Peer } from '../../bgp/peer.ts';
import type { Prefix, PrefixText } from '../../bgp/prefix.ts';
import { isoTime, later, type EventTime } from '../../bgp/time.ts';
import type { Evidence, Incident, IncidentSpan } from '../events/event.ts';
import type { Policy } from '../policy.ts';

/** A fall is a handful of steps for a small country; a large one's first thousands are enough to tell its shape. */
const MAX_STEPS = 4096;

/**
 * As many drops are told one by one, the first ones and the last: a country that flaps without end makes one in 90 s, and
 * each update of its incident carries them all. Those between are counted, and their time and depth with them.
 */
export const MAX_DROPS = 256;

/** As many upstreams are named as lost, one for each unit that is followed alone; the losses of others are counted. */
export const MAX_UPSTREAMS_LOST = 256;

/** One fall below the thresholds, until the recovery that lasted. Times are event time. */
export interface DropState {
  verdict: 'degraded' | 'unroutable';
  readonly first: EventTime;
  readonly since: EventTime;
  until: EventTime | undefined;
  depth: number;
}

/** What is noted of a fall from its first loss on, before anybody knows whether it will be told. */
export interface Fall {
  readonly first: EventTime;
  /** Visibility before the first loss. */
  readonly from: number;
  half: EventTime | undefined;
  ninety: EventTime | undefined;
  depth: number;
  /** How it fell: each time it was deeper than ever, as long as there is room. */
  readonly steps: { readonly at: EventTime; readonly share: number }[];
  /** By index of the unit. */
  readonly unitsLost: Map<number, EventTime>;
  readonly upstreamsLost: Map<Asn, EventTime>;
  /** Losses of upstreams for which there was no room. */
  upstreamsOmitted: number;
  readonly unitsReturned: Map<number, EventTime>;
  stuck: readonly { readonly peer: Peer; readonly units: number }[];
}

/** Drops for which there is no room: only what they add up to. */
export interface OmittedDrops {
  count: number;
  downMs: number;
  unroutableMs: number;
  outages: number;
  depth: number;
  worst: DropState['verdict'];
}

export interface IncidentState {
  readonly id: string;
  /** The first fall's notes; later falls go on writing in them. */
  readonly fall: Fall;
  readonly drops: DropState[];
  /** Between the last drop and the one before it. */
  omitted: OmittedDrops | undefined;
  readonly evidence: Evidence;
  readonly backfilled: boolean;
}

export function newFall(first: EventTime, from: number): Fall {
  return {
    first,
    from,
    half: undefined,
    ninety: undefined,
    depth: from,
    steps: [],
    unitsLost: new Map(),
    upstreamsLost: new Map(),
    upstreamsOmitted: 0,
    unitsReturned: new Map(),
    stuck: [],
  };
}

/** Notes how deep it has fallen. True when it is deeper than ever. */
export function noteShare(fall: Fall, share: number, at: EventTime): boolean {
  if (share <= fall.from * 0.5) fall.half ??= at;
  if (share <= fall.from * 0.1) fall.ninety ??= at;
  if (share >= fall.depth) return false;
  fall.depth = share;
  if (fall.steps.length < MAX_STEPS) fall.steps.push({ at, share });
  return true;
}

export function noteUnitLoss({ unitsLost, unitsReturned }: Fall, unit: number, at: EventTime): void {
  if (!unitsLost.has(unit)) unitsLost.set(unit, at);
  unitsReturned.delete(unit);
}

export function noteUpstreamLoss(fall: Fall, asn: Asn, at: EventTime): void {
  if (fall.upstreamsLost.has(asn)) return;
  if (fall.upstreamsLost.size < MAX_UPSTREAMS_LOST) fall.upstreamsLost.set(asn, at);
  else fall.upstreamsOmitted++;
}

/** The last return counts: a unit that comes and goes has not come back. */
export function noteUnitReturn({ unitsLost, unitsReturned }: Fall, unit: number, at: EventTime): void {
  if (unitsLost.has(unit)) unitsReturned.set(unit, at);
}

/** One more drop, after one that ended. */
export function addDrop(incident: IncidentState, drop: DropState): void {
  const { drops, omitted } = incident;
  if (drops.length >= MAX_DROPS) {
    const out = drops.splice(-1);
    incident.omitted = {
      count: (omitted?.count ?? 0) + out.length,
      downMs: (omitted?.downMs ?? 0) + downMs(out),
      unroutableMs: (omitted?.unroutableMs ?? 0) + downMs(outagesOf(out)),
      outages: (omitted?.outages ?? 0) + outagesOf(out).length,
      depth: Math.min(omitted?.depth ?? 1, ...out.map(({ depth }) => depth)),
      worst: omitted?.worst === 'unroutable' ? 'unroutable' : worstOf(out),
    };
  }
  drops.push(drop);
}

function downMs(drops: readonly DropState[]): number {
  return drops.reduce((sum, { since, until }) => sum + (until === undefined ? 0 : until - since), 0);
}

function outagesOf(drops: readonly DropState[]): readonly DropState[] {
  return drops.filter(({ verdict }) => verdict === 'unroutable');
}

function worstOf(drops: readonly DropState[]): DropState['verdict'] {
  return drops.some(({ verdict }) => verdict === 'unroutable') ? 'unroutable' : 'degraded';
}

/** When the incident ends, if nothing drops before: `incidentGapMs` after the last drop. */
export function closesAt(incident: IncidentState, policy: Policy): EventTime | undefined {
  const until = incident.drops.at(-1)?.until;
  return until === undefined ? undefined : later(until, policy.incidentGapMs);
}

/** As events carry it. */
export function incidentOf(
  incident: IncidentState,
  state: 'open' | 'closed',
  { policy, units }: { policy: Policy; units: readonly Prefix[] },
): Incident {
  const { fall, drops, omitted } = incident;
  const since = drops[0]?.since ?? fall.first;
  const until = drops.at(-1)?.until;
  return {
    id: incident.id,
    state,
    worst: omitted?.worst === 'unroutable' ? 'unroutable' : worstOf(drops),
    spans: spansOf(drops),
    ...(omitted === undefined ? {} : { spansOmitted: 2 * omitted.count }),
    drops: drops.length + (omitted?.count ?? 0),
    ...(until === undefined ? {} : { durationMs: until - since }),
    ...sumsOf(incident),
    depth: rounded(Math.min(fall.depth, omitted?.depth ?? 1, ...drops.map((drop) => drop.depth))),
    shape: shapeOf(incident, policy),
    onset: {
      first: isoTime(fall.first),
      ...(fall.half === undefined ? {} : { half: isoTime(fall.half) }),
      ...(fall.ninety === undefined ? {} : { ninety: isoTime(fall.ninety) }),
    },
    unitsLost: inOrder(fall.unitsLost).flatMap(([unit, at]) => named(units[unit], at)),
    upstreamsLost: inOrder(fall.upstreamsLost).map(([upstream, at]) => ({ upstream, at: isoTime(at) })),
    ...(fall.upstreamsOmitted === 0 ? {} : { upstreamsOmitted: fall.upstreamsOmitted }),
    unitsReturned: inOrder(fall.unitsReturned).flatMap(([unit, at]) => named(units[unit], at)),
    stuck: fall.stuck.map(({ peer, units }) => ({
      collector: peer.collector,
      address: peer.address,
      asn: peer.asn,
      units,
    })),
    backfilled: incident.backfilled,
    evidence: incident.evidence,
  };
}

function spansOf(drops: readonly DropState[]): readonly IncidentSpan[] {
  return drops.flatMap(({ verdict, since, until, depth }, i) => {
    const next = drops[i + 1]?.since;
    const from = isoTime(since);
    const down = { verdict, from, ...(until === undefined ? {} : { until: isoTime(until) }), depth: rounded(depth) };
    if (until === undefined || next === undefined) return [down];
    return [down, { verdict: 'routable', from: isoTime(until), until: isoTime(next) } as const];
  });
}

function sumsOf({
  drops,
  omitted,
}: IncidentState): Pick<Incident, 'outages' | 'unroutableMs' | 'degradedMs' | 'unknownMs' | 'routableMs' | 'downMs'> {
  const down = downMs(drops) + (omitted?.downMs ?? 0);
  const unroutable = outagesOf(drops);
  const unroutableMs = downMs(unroutable) + (omitted?.unroutableMs ?? 0);
  const reached = (drops.at(-1)?.until ?? drops.at(-1)?.since ?? 0) - (drops[0]?.since ?? 0);
  return {
    outages: unroutable.length + (omitted?.outages ?? 0),
    unroutableMs,
    degradedMs: down - unroutableMs,
    unknownMs: 0,
    routableMs: reached - down,
    downMs: down,
  };
}

/** By time; what happened at one moment by number, so that the order of messages within it does not show. */
function inOrder<T extends number>(times: ReadonlyMap<T, EventTime>): (readonly [T, EventTime])[] {
  return [...times].sort(([a, atA], [b, atB]) => atA - atB || a - b);
}

function named(unit: Prefix | undefined, at: EventTime): { unit: PrefixText; at: string }[] {
  return unit === undefined ? [] : [{ unit: unit.text, at: isoTime(at) }];
}

/** Four decimals are a voter in ten thousand: more would print the noise of division. */
export function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}

function shapeOf({ fall, drops, omitted }: IncidentState, policy: Policy): Incident['shape'] {
  if (drops.length + (omitted?.count ?? 0) >= policy.flappingDrops) return 'flapping';
  const most = fall.from - 0.9 * (fall.from - (drops[0]?.depth ?? fall.depth));
  const fallen = fall.steps.find((step) => step.share <= most);
  return fallen !== undefined && fallen.at - fall.first <= policy.cliffMs ? 'cliff' : 'slope';
}
