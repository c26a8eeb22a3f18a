import { DAY_MS, eventTime, isoTime, MINUTE_MS, type EventTime } from '../../bgp/time.ts';
import type { Incident, UnroutableEvent } from '../../detect/events/event.ts';
import { resolutionFor, verdictTurns, type Range } from '../../history/query.ts';
import type { Reader } from '../../history/stored.ts';
import { ordersOf } from '../../report/progression.ts';
import { incidentsView } from '../../http/incident-views.ts';
import { peersView } from '../../http/sight-views.ts';
import { subjectsOf, type Subject } from '../../http/subjects.ts';
import { timelineView } from '../../http/timeline-view.ts';
import { toTheSecond, type Peers, type PictureTimeline } from '../../pictures/pictures.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { stretchesOf, type VerdictStretch } from '../../report/answer.ts';
import { utcText } from '../../report/clock.ts';

/** The facts of a report on one territory and family in one range. */
export interface SubjectFacts {
  readonly subject: Subject;
  readonly range: Range;
  /** The verdicts of the whole range, without holes; time without a recording is `off`. */
  readonly stretches: readonly VerdictStretch[];
  readonly timeline: PictureTimeline;
  /** Visibility to the second, if the range is short enough. */
  readonly fine: PictureTimeline;
  /** What each peer saw; `undefined`: the range is too long, or nothing was recorded. */
  readonly peers: Peers | undefined;
  /** Incidents that touch the range, oldest first. */
  readonly incidents: readonly Incident[];
  /** Events that were decided in the range, about this territory and family, its services, and our own view. */
  readonly events: readonly UnroutableEvent[];
  /** The order in which services and routes were lost and came back, by incident; empty if no service was probed. */
  readonly orders: ReadonlyMap<string, readonly string[]>;
  readonly collectors: readonly string[];
  /** The largest number of voters at any time. */
  readonly voters: number;
}

/** The territory and the range of a report. */
export interface ReportWanted {
  readonly territory?: string | undefined;
  readonly family?: 'ipv4' | 'ipv6' | undefined;
  readonly from?: EventTime | undefined;
  readonly until?: EventTime | undefined;
  /** @default minutes for a week, hours for a hundred days, days beyond */
  readonly resolution?: 'minute' | 'hour' | 'day' | undefined;
}

const MOST_PEERS_MS = 3 * DAY_MS;
const MOST_EXACT_MS = DAY_MS;
/** Up to a week is drawn by minutes: by hours, four minutes without a route would look like an hour. */
const MOST_MINUTES_MS = 7 * DAY_MS;
/** Days of a report without `--from`. Name an earlier begin to get older data. */
const MOST_DAYS = 3660;

/** Reads from a history everything that a report needs. `events`: all events, of any territory. */
export async function factsOf(
  reader: Reader,
  events: readonly UnroutableEvent[],
  wanted: ReportWanted,
): Promise<Result<readonly SubjectFacts[]>> {
  const subjects = (await subjectsOf(reader, wanted)).filter(({ recorded }) => recorded !== undefined);
  if (subjects.length === 0)
    return bad('files', 'nothing was recorded of the territories asked for: there is nothing to report');
  const found = [];
  for (const subject of subjects) {
    const range = await rangeOf(reader, subject, wanted);
    if (range.from >= range.until) return bad('usage', emptyText(range, wanted));
    const resolution = wanted.resolution ?? resolutionOf(range);
    found.push(await subjectFacts(reader, events, subject, { ...range, resolution }));
  }
  return good(found);
}

/** Why a range is empty: its ends are swapped, or it begins after what is recorded. */
function emptyText({ from, until }: Range, wanted: ReportWanted): string {
  if (wanted.until !== undefined) return '--since must be before --until';
  return `nothing is recorded from ${utcText(from)} on: the record ends at ${utcText(until)}`;
}

/** The requested range, else the recorded one. */
async function rangeOf(reader: Reader, subject: Subject, { from, until }: ReportWanted): Promise<Range> {
  const end = until ?? (((subject.recorded ?? 0) + MINUTE_MS) as EventTime);
  if (from !== undefined) return { from, until: end };
  const all = { from: Math.max(0, end - MOST_DAYS * DAY_MS) as EventTime, until: end };
  const days = await timelineView(reader, { ...nameOf(subject), ...all, resolution: 'day' });
  const first = days.buckets[0];
  if (first === undefined) return { from: Math.max(0, end - DAY_MS) as EventTime, until: end };
  const day = eventTime(first.at);
  const minutes = await timelineView(reader, {
    ...nameOf(subject),
    ...{ from: day, until: Math.min(end, day + DAY_MS) as EventTime, resolution: 'minute' },
  });
  return { from: eventTime(minutes.buckets[0]?.at ?? first.at), until: end };
}

function resolutionOf(range: Range): 'minute' | 'hour' | 'day' {
  return range.until - range.from <= MOST_MINUTES_MS ? 'minute' : resolutionFor(range) === 'day' ? 'day' : 'hour';
}

function nameOf({ territory, family }: Subject): { readonly territory: string; readonly family: 'ipv4' | 'ipv6' } {
  return { territory, family };
}

async function subjectFacts(
  reader: Reader,
  events: readonly UnroutableEvent[],
  subject: Subject,
  { resolution, ...range }: Range & { readonly resolution: 'minute' | 'hour' | 'day' },
): Promise<SubjectFacts> {
  const asked = { ...nameOf(subject), ...range };
  const length = range.until - range.from;
  const timeline = await timelineView(reader, { ...asked, resolution });
  const exact =
    length <= MOST_EXACT_MS && resolution === 'minute'
      ? await timelineView(reader, { ...asked, resolution: 'exact' })
      : undefined;
  const peers = length <= MOST_PEERS_MS ? await peersView(reader, asked) : undefined;
  const turns = await verdictTurns(reader, subject.key, range);
  const { incidents } = await incidentsView(reader, { ...asked, limit: 1_000 });
  const recorded = ((subject.recorded ?? range.from) + MINUTE_MS) as EventTime;
  const own = events.filter((event) => concerns(event, subject) && isWithin(event, range));
  return {
    subject,
    range,
    stretches: stretchesOf(turns, range, recorded),
    timeline,
    fine: exact === undefined ? timeline : toTheSecond(timeline, exact),
    peers: peers?.recorded === true ? peers : undefined,
    incidents: incidents.map(({ incident }) => incident as unknown as Incident).reverse(),
    events: own,
    orders: await ordersOf(own),
    collectors: collectorsOf(peers ?? (await lastPeers(reader, subject, range)), own),
    voters: Math.max(0, ...timeline.buckets.map(({ voters }) => voters)),
  };
}

/** The peers of the last day, for a range too long to read what each peer saw. They give the collectors. */
async function lastPeers(reader: Reader, subject: Subject, { from, until }: Range): Promise<Peers> {
  const end = Math.min(until, (subject.recorded ?? from) + MINUTE_MS) as EventTime;
  const begin = Math.max(from, end - DAY_MS) as EventTime;
  return peersView(reader, { ...nameOf(subject), from: Math.min(begin, end - 1) as EventTime, until: end });
}

function concerns({ source, subject: of }: UnroutableEvent, subject: Subject): boolean {
  // Reachability has one verdict for all address families.
  return of === subject.key || of === `${subject.territory}/data` || !source.startsWith('/territories/');
}

function isWithin({ time }: UnroutableEvent, { from, until }: Range): boolean {
  return time >= isoTime(from) && time < isoTime(until);
}

/** The collectors whose peers sent data; if sessions are not recorded, the collectors in the evidence. */
function collectorsOf(peers: Peers | undefined, events: readonly UnroutableEvent[]): readonly string[] {
  const sending = peers?.peers.map(({ collector }) => collector) ?? [];
  const named = events.flatMap(({ data }) => {
    if ('collector' in data) return [data.collector];
    return 'incident' in data && typeof data.incident === 'object'
      ? data.incident.evidence.messages.map(({ collector }) => collector)
      : [];
  });
  return [...new Set([...sending, ...named])].sort();
}
