import type { Family } from '../bgp/prefix.ts';
import { isoTime, type EventTime } from '../bgp/time.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import type { Territory } from '../territory/territory.ts';
import type { Draft } from './events/chain.ts';
import { countryDraft, ofTerritory } from './events/drafts.ts';
import type { Incident, Verdict, VisibilityData } from './events/event.ts';
import { incidentOf } from './incident/incident.ts';
import { rounded } from './incident/spans.ts';
import type { Evaluator } from './evaluator.ts';
import { blindness, isSighted, pending, type Controlled, type Pending } from './verdict/verdict.ts';

/** The present state of a territory in one family. */
export interface TerritoryStatus {
  readonly territory: Territory;
  readonly family: Family;
  readonly verdict: Verdict;
  readonly since: EventTime;
  /** The next verdict if nothing changes. */
  readonly pending: Pending | undefined;
  /**
   * Whether there are enough voters at this moment. It may be false while the verdict still holds: a verdict becomes
   * `unknown` only after `blindHoldMs`.
   */
  readonly isSighted: boolean;
  readonly visibility: VisibilityData;
  /**
   * Per unit in address order: the share of its usual voters that see it; of all voters, if the unit has no usual ones.
   */
  readonly units: readonly { readonly text: string; readonly share: number; readonly isBaseline: boolean }[];
  readonly incident: Incident | undefined;
}

/** The state of a territory and family at this moment. */
export function statusOf(evaluator: Evaluator, at: EventTime): TerritoryStatus {
  return {
    ...summaryOf(evaluator, at),
    units: unitShares(evaluator),
    // Computed only when read: most callers do not need it.
    get incident() {
      return openIncidentOf(evaluator);
    },
  };
}

/** The open incident in the form that events carry; `undefined`: none is open. */
export function openIncidentOf({ view, incident, policy }: Evaluator): Incident | undefined {
  return incident === undefined ? undefined : incidentOf(incident, 'open', { policy, units: view.units });
}

function summaryOf(evaluator: Evaluator, at: EventTime): Omit<TerritoryStatus, 'units' | 'incident'> {
  const { view, state, policy } = evaluator;
  return {
    territory: view.territory,
    family: view.family,
    verdict: state.kind,
    since: state.since,
    pending: pending(state, policy),
    isSighted: isSighted(state),
    visibility: ofTerritory({ view, sample: view.sample(at) }, at, at).visibility,
  };
}

function unitShares({ view }: Evaluator): TerritoryStatus['units'] {
  return view.units.map((unit, i) => ({
    text: unit.text,
    share: shareOf(view.sightOf(i)),
    isBaseline: view.baseline[i] === 1,
  }));
}

/**
 * The status as JSON for people and programs, stored beside the events. Times are as in events. Units are listed only
 * where they are followed individually: a list of tens of thousands is not readable.
 */
export function verdictText(evaluator: Evaluator, at: EventTime): string {
  const { verdict, since, pending: next, visibility } = summaryOf(evaluator, at);
  return JSON.stringify({
    verdict,
    since: isoTime(since),
    ...(next === undefined
      ? {}
      : { pending: { verdict: next.verdict, since: isoTime(next.since), at: isoTime(next.at) } }),
    visibility,
    ...(evaluator.view.detailed
      ? { units: unitShares(evaluator).map(({ text, share, isBaseline }) => ({ unit: text, share, isBaseline })) }
      : {}),
  });
}

function shareOf({ seeing, of }: ReturnType<TerritoryView['sightOf']>): number {
  return of === 0 ? 0 : rounded(seeing / of);
}

/**
 * An event at the end of the input that says why this view never had a verdict.
 *
 * @param since event time of the first element.
 * @param control share of the control group that is visible, where there is one.
 * @returns `undefined` if it had a verdict.
 */
export function neverJudged(
  { view, state, policy }: Evaluator,
  { since, at, control }: { readonly since: EventTime; readonly at: EventTime; readonly control: number | undefined },
): Draft | undefined {
  if (state.kind !== 'unknown' || state.before !== undefined) return undefined;
  const sample: Controlled = Object.assign(view.sample(at), { control });
  return countryDraft({ view, sample }, 'country.unknown', {
    ...ofTerritory({ view, sample }, since, since),
    verdict: 'unknown',
    previous: 'unknown',
    reason: blindness(sample, policy) ?? 'too-short',
    sinceAtLatest: true,
  });
}
