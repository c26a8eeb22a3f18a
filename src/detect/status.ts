import type { Family } from '../bgp/prefix.ts';
import { isoTime, type EventTime } from '../bgp/time.ts';
import type { Territory } from '../territory/territory.ts';
import { ofTerritory } from './events/drafts.ts';
import type { Incident, Verdict, VisibilityData } from './events/event.ts';
import { incidentOf, rounded } from './incident/incident.ts';
import type { Judge } from './evaluator.ts';
import { pending, type Pending } from './verdict/verdict.ts';

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

export function statusOf(judge: Judge, at: EventTime): TerritoryStatus {
  return {
    ...standingOf(judge, at),
    units: unitShares(judge),
    // Asked for more often than looked at.
    get incident() {
      return openIncidentOf(judge);
    },
  };
}

export function openIncidentOf({ plane, incident, policy }: Judge): Incident | undefined {
  return incident === undefined ? undefined : incidentOf(incident, 'open', { policy, units: plane.units });
}

function standingOf(judge: Judge, at: EventTime): Omit<TerritoryStatus, 'units' | 'incident'> {
  const { plane, state, policy } = judge;
  return {
    territory: plane.territory,
    family: plane.family,
    verdict: state.kind,
    since: state.since,
    pending: pending(state, policy),
    visibility: ofTerritory({ plane, sample: plane.sample(at) }, at, at).visibility,
  };
}

function unitShares({ plane }: Judge): TerritoryStatus['units'] {
  return plane.units.map((unit, i) => ({
    text: unit.text,
    share: plane.voters === 0 ? 0 : rounded((plane.seen[i] ?? 0) / plane.voters),
    isBaseline: plane.baseline[i] === 1,
  }));
}

/**
 * The same for people and other programs, as it is kept beside the events: times as in events, and units only where they
 * are followed one by one, because tens of thousands are no table to read.
 */
export function verdictText(judge: Judge, at: EventTime): string {
  const { verdict, since, pending: next, visibility } = standingOf(judge, at);
  return JSON.stringify({
    verdict,
    since: isoTime(since),
    ...(next === undefined
      ? {}
      : { pending: { verdict: next.verdict, since: isoTime(next.since), at: isoTime(next.at) } }),
    visibility,
    ...(judge.plane.detailed
      ? { units: unitShares(judge).map(({ text, share, isBaseline }) => ({ unit: text, share, isBaseline })) }
      : {}),
  });
}
