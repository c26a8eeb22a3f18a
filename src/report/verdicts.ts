import type { Family } from '../bgp/prefix.ts';
import type { Incident, IsoTime, UnroutableEvent, Verdict } from '../detect/events/event.ts';

/** Time under one verdict. The last stretch of a timeline has no `until`. */
export interface VerdictSpan {
  readonly verdict: Verdict;
  readonly since: IsoTime;
  readonly until?: IsoTime;
}

/** The verdicts of one territory and family, in order. */
export interface VerdictTimeline {
  readonly territory: string;
  readonly family: Family;
  readonly spans: readonly VerdictSpan[];
}

/** An incident with the territory and family it is about. */
export interface ReportedIncident extends Incident {
  readonly territory: string;
  readonly family: Family;
}

/** Each incident as its last event describes it, in order of opening. */
export function lastIncidents(events: readonly UnroutableEvent[]): readonly ReportedIncident[] {
  const incidents = new Map<string, ReportedIncident>();
  for (const { data } of events) {
    if (typeof data !== 'object' || !('incident' in data) || typeof data.incident !== 'object') continue;
    incidents.set(data.incident.id, { territory: data.territory.id, family: data.family, ...data.incident });
  }
  return [...incidents.values()];
}
