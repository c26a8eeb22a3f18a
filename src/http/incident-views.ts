import type { Family } from '../bgp/prefix.ts';
import { MINUTE_MS, type EventTime } from '../bgp/time.ts';
import type { Incident } from '../detect/events/event.ts';
import type { StateStore } from '../ports.ts';
import { territoryName } from '../report/phrases.ts';
import { ordersOf } from '../report/progression.ts';
import type { Space } from '../spaces.ts';
import type { Answers } from './answers.ts';
import type { Questions } from './questions.ts';
import type { Reader } from '../history/stored.ts';
import { Refused, subjectsOf } from './subjects.ts';
import { isPast, named } from './views.ts';

/** Newest first. Open incidents are shown in their present state, not as of their last event. */
export async function incidentsView(store: Reader, asked: Questions['incidents']): Promise<Answers['incidents']> {
  const subjects = await subjectsOf(store, asked);
  const open = new Map((await store.read('incidents')).map(({ key, value }) => [key, value]));
  const all = await Promise.all(
    subjects.map(async (subject) => {
      const records = await store.read(`past-incidents/${subject.key}` as Space);
      const byId = new Map(records.map(({ value }) => JSON.parse(value) as Incident).map((one) => [one.id, one]));
      const now = open.get(subject.key);
      if (now !== undefined) {
        const incident = JSON.parse(now) as Incident;
        byId.set(incident.id, incident);
      }
      return [...byId.values()].map((incident) => ({ ...named(subject), incident: { ...incident } }));
    }),
  );
  const [from, until] = [asked.from ?? 0, asked.until ?? Number.POSITIVE_INFINITY];
  if (from >= until) throw new Refused(400, 'from must be before until');
  return {
    incidents: all
      .flat()
      .filter(({ incident }) => endOf(incident) >= from && beginOf(incident) < until)
      .sort((a, b) => beginOf(b.incident) - beginOf(a.incident))
      .slice(0, asked.limit ?? 100),
  };
}

/** An incident as the feed and the calendar show it. */
export interface FeedItem {
  readonly territory: string;
  readonly family: Family;
  /** `Iran over IPv6` */
  readonly name: string;
  readonly incident: Incident;
  /** The end of the recording, if it is over: then nothing is known of an open incident after it. */
  readonly recordedUntil: EventTime | undefined;
}

/** The newest incidents. `now`: wall clock, ms since 1970. */
export async function feedItems(
  store: Reader,
  asked: Questions['view'] & { readonly limit: number },
  now: number,
): Promise<readonly FeedItem[]> {
  const [{ incidents }, subjects] = await Promise.all([incidentsView(store, asked), subjectsOf(store, asked)]);
  const byKey = new Map(subjects.map((subject) => [subject.key, subject]));
  return incidents.flatMap(({ territory, family, incident }) => {
    const subject = byKey.get(`${territory}/${family}`);
    if (subject === undefined) return [];
    const end = isPast(subject, now) ? subject.recorded : undefined;
    return {
      ...{ territory, family, incident: incident as unknown as Incident },
      name: territoryName({ territory: { id: territory, name: subject.about.name }, family }),
      recordedUntil: end && ((end + MINUTE_MS) as EventTime),
    };
  });
}

function beginOf(incident: Pick<Incident, 'spans'>): number {
  return Date.parse(incident.spans[0]?.from ?? '') || 0;
}

function endOf(incident: Pick<Incident, 'spans'>): number {
  const until = incident.spans.at(-1)?.until;
  return until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
}

/**
 * One incident by its id. If services are probed, it includes the order in which services and routes were lost and came
 * back; only then are all events read.
 */
export async function incidentView(store: StateStore, id: string): Promise<Answers['incident']> {
  const { incidents } = await incidentsView(store, { limit: 1_000_000 });
  const found = incidents.find(({ incident }) => incident.id === id);
  if (found === undefined) throw new Refused(404, 'no incident has this id');
  if ((await store.read('reachability')).length === 0) return found;
  const order = (await ordersOf(store.events())).get(id) ?? [];
  return { ...found, order: [...order] };
}
