import { DAY_MS, HOUR_MS, isoTime, type EventTime } from '../bgp/time.ts';
import type { Incident } from '../detect/events/event.ts';
import { verdictTurns, type Range } from '../history/query.ts';
import { beginOfMonth, beginOfYear, nextMonth } from '../history/calendar.ts';
import { headline } from '../report/headline.ts';
import type { Reader } from '../history/stored.ts';
import type { Answers } from './answers.ts';
import type { Questions } from './questions.ts';
import { Refused, subjectOfOne, subjectsOf, type Subject } from './subjects.ts';

type Store = Reader;
type Asked<Name extends keyof Questions> = Questions[Name];

/** The territory and family, in the form of all answers. */
export const named = ({ territory, family }: Subject) => ({ territory, family });

/** The territories that are recorded. */
export async function territoriesView(store: Store): Promise<Answers['territories']> {
  const subjects = await subjectsOf(store);
  return {
    territories: subjects.map((subject) => ({
      ...named(subject),
      name: subject.about.name,
      ...(subject.about.timeZone === undefined ? {} : { timeZone: subject.about.timeZone }),
      networks: [...subject.about.networks],
      ...(subject.recorded === undefined ? {} : { recordedUntil: isoTime(subject.recorded) }),
    })),
  };
}

/** If the recording ended longer ago than this, answers speak of that time and not of now. */
const PAST_MS = 10 * 60_000;

/**
 * The verdict on each requested territory and family.
 *
 * @param now wall clock, ms since 1970: a recording that ended long ago says nothing about the present.
 */
export async function verdictView(store: Store, asked: Asked<'view'>, now: number): Promise<Answers['verdict']> {
  const [subjects, open] = await Promise.all([subjectsOf(store, asked), store.read('incidents')]);
  const incidents = new Map(open.map(({ key, value }) => [key, JSON.parse(value) as Incident]));
  return {
    verdicts: subjects.map((subject) => {
      const incident = incidents.get(subject.key);
      return {
        ...named(subject),
        name: subject.about.name,
        verdict: subject.verdict,
        since: subject.since === undefined ? null : isoTime(subject.since),
        sentence: sentenceOf(subject, now),
        isPast: isPast(subject, now),
        ...(subject.recorded === undefined ? {} : { asOf: isoTime(subject.recorded) }),
        ...(subject.visibility === undefined ? {} : { visibility: { ...subject.visibility } }),
        ...(incident === undefined ? {} : { incident: { ...incident } }),
      };
    }),
  };
}

/** Whether its recording lies in the past. @param now wall clock, ms since 1970 */
export function isPast({ recorded }: Subject, now: number): boolean {
  return recorded !== undefined && now - recorded > PAST_MS;
}

/** The last recorded verdict in one sentence: for now, or for the time at which the recording ended. */
export function sentenceOf(subject: Subject, now: number): string {
  const { about, territory, family, verdict, since, visibility, recorded } = subject;
  const { name, timeZone } = about;
  const at = isPast(subject, now) ? recorded : undefined;
  const facts = { territory: { id: territory, name }, family, timeZone, verdict, since, visibility };
  return headline({ ...facts, ...(at !== undefined && { at }) });
}

/** The requested range; by default the last 24 hours of the recording. */
export function rangeOf(
  subject: Subject,
  asked: { from?: EventTime | undefined; until?: EventTime | undefined },
): Range {
  const end = (subject.recorded === undefined ? DAY_MS : subject.recorded + 60_000) as EventTime;
  const until = asked.until ?? (asked.from === undefined ? end : (Math.max(end, asked.from + 1) as EventTime));
  const from = asked.from ?? (Math.max(0, until - DAY_MS) as EventTime);
  if (from >= until) throw new Refused(400, 'from must be before until');
  return { from, until };
}

/** The networks of the requested territories. */
export function unitsView(subjects: readonly Subject[]): Answers['units'] {
  return {
    units: subjects.flatMap((subject) =>
      subject.units.map(({ unit, share, isBaseline }) => ({ ...named(subject), unit, share, isBaseline })),
    ),
  };
}

/** The time a territory and family spent under each verdict. */
export async function uptimeView(store: Store, asked: Asked<'uptime'>): Promise<Answers['uptime']> {
  const subject = await subjectOfOne(store, asked);
  const by = asked.by ?? 'month';
  const end = ((subject.recorded ?? 0) + 60_000) as EventTime;
  const until = asked.until ?? end;
  const from = asked.from ?? (Math.max(0, until - 366 * DAY_MS) as EventTime);
  if (from >= until) throw new Refused(400, 'from must be before until');
  const turns = await verdictTurns(store, subject.key, { from, until: Math.min(until, end) as EventTime });
  const rows: Answers['uptime']['rows'] = [];
  const first = by === 'month' ? beginOfMonth(from) : beginOfYear(from);
  for (let at = first; at < until;) {
    const next = by === 'month' ? nextMonth(at) : beginOfYear(at + 366 * DAY_MS + HOUR_MS);
    const range = { from: Math.max(at, from) as EventTime, until: Math.min(next, until) as EventTime };
    rows.push(uptimeRow(turns, range, Math.min(range.until, end) as EventTime));
    at = next;
  }
  return { ...named(subject), by, rows };
}

function uptimeRow(
  turns: Awaited<ReturnType<typeof verdictTurns>>,
  { from, until }: Range,
  end: EventTime,
): Answers['uptime']['rows'][number] {
  const ms = { routable: 0, degraded: 0, unroutable: 0, unknown: 0 };
  for (const [i, [since, stage]] of turns.entries()) {
    const [begin, stop] = [Math.max(since, from), Math.min(turns[i + 1]?.[0] ?? end, end)];
    if (stage !== 'off' && stop > begin) ms[stage] += stop - begin;
  }
  const known = ms.routable + ms.degraded + ms.unroutable;
  return {
    ...{ from: isoTime(from), until: isoTime(until) },
    ...{ routableMs: ms.routable, degradedMs: ms.degraded, unroutableMs: ms.unroutable, unknownMs: ms.unknown },
    offMs: until - from - known - ms.unknown,
    share: known === 0 ? null : Math.floor((ms.routable / known) * 10_000) / 10_000,
  };
}
