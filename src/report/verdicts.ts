import type { Family } from '../bgp/prefix.ts';
import type { Incident, IsoTime, UnroutableEvent, Verdict } from '../detect/event.ts';

/** One stretch of time under one verdict. The last of a timeline has no `until`. */
export interface VerdictSpan {
  readonly verdict: Verdict;
  readonly since: IsoTime;
  readonly until?: IsoTime;
  /** It was so at `since`, and may have been so before. */
  readonly sinceAtLatest?: true;
}

export interface VerdictTimeline {
  readonly territory: string;
  readonly family: Family;
  readonly spans: readonly VerdictSpan[];
}

/** The verdicts of each territory and family, dated by when they began to be so, not by when they were decided. */
export function verdictTimelines(events: readonly UnroutableEvent[]): readonly VerdictTimeline[] {
  const timelines = new Map<string, { territory: string; family: Family; spans: VerdictSpan[] }>();
  for (const event of events) {
    if (!event.type.startsWith('country.') || !('verdict' in event.data)) continue;
    const { territory, family, verdict, since, sinceAtLatest } = event.data;
    const timeline = timelines.get(event.subject) ?? { territory: territory.id, family, spans: [] };
    timelines.set(event.subject, timeline);
    const last = timeline.spans.pop();
    if (last !== undefined) timeline.spans.push({ ...last, until: since });
    timeline.spans.push({ verdict, since, ...(sinceAtLatest === true && { sinceAtLatest }) });
  }
  return [...timelines.values()];
}

export interface ToldIncident extends Incident {
  readonly territory: string;
  readonly family: Family;
}

/** Each incident as it was told last, in the order in which they were opened. */
export function lastIncidents(events: readonly UnroutableEvent[]): readonly ToldIncident[] {
  const incidents = new Map<string, ToldIncident>();
  for (const { data } of events) {
    if (typeof data !== 'object' || !('incident' in data) || typeof data.incident !== 'object') continue;
    incidents.set(data.incident.id, { territory: data.territory.id, family: data.family, ...data.incident });
  }
  return [...incidents.values()];
}
