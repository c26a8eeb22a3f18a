import { SLOW_TABLE_FACTOR } from '../../src/policy/fixed.ts';
import type { Element } from '../../src/bgp/element.ts';
import type { Incident, UnroutableEvent, Verdict } from '../../src/detect/events/event.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { CSV_COLUMNS, csvRow } from '../../src/report/csv.ts';
import type { Bin } from '../../src/report/history.ts';
import type { VerdictSpan } from '../../src/report/verdicts.ts';
import { sentence } from '../../src/report/words.ts';
import { createClock } from '../../src/report/clock.ts';

type Events = readonly UnroutableEvent[];
type CountryEvent = Extract<UnroutableEvent, { data: { verdict: Verdict } }>;

const isVerdict = (event: UnroutableEvent): event is CountryEvent => 'verdict' in event.data;

/** Events about a verdict that changed, or about what else changed of the country: blindness and its end are not. */
const isOfCountry = ({ type }: UnroutableEvent): boolean =>
  /^(?:country\.(?!known|unknown)|unit|upstream|origin|prefix)/.test(type);

/** Throws when the two differ. `expect` costs more than the day that it looks at. */
function same(what: string, found: unknown, right: unknown): void {
  if (found !== right) throw new Error(`${what}: ${String(found)} is not ${String(right)}`);
}

/** Each event about the country lists messages, and so does each incident. */
export function evidenceIsWhole(events: Events): void {
  for (const event of events) {
    const { data, type, time } = event;
    const isIncident = 'incident' in data && typeof data.incident === 'object';
    if (!isIncident && !isOfCountry(event)) continue;
    const evidence = isIncident ? data.incident.evidence : 'evidence' in data ? data.evidence : undefined;
    const { count, messages } = evidence ?? { count: 0, messages: [] };
    if (count === 0) throw new Error(`${time} ${type} lists no message`);
    same(`messages of ${time} ${type}`, messages.length, Math.min(16, count));
  }
}

/** All events of the country, without the numbers of voters. */
export function countryTexts(events: Events): readonly string[] {
  return events
    .filter((event) => isOfCountry(event) || isVerdict(event))
    .map(({ type, time, data }) => {
      const { visibility, ...rest } = data as never as { visibility: Record<string, unknown> };
      return JSON.stringify([time, type, { ...rest, evidence: 0 }, visibility['share'], visibility['witnesses']]);
    });
}

/**
 * Each onset is the time of a message about the country: a message about a route, the end of a table, or the moment from which on a
 * session counts as complete. What the baseline gave up, and what was seen again after blindness, is dated otherwise.
 */
export function nothingBeganUnseen(elements: readonly Element[], events: Events): void {
  const words = new Set(elements.flatMap(wordsOf));
  for (const event of events) {
    const { type, time, data } = event;
    if (!isOfCountry(event) || type === 'country.steady' || !('since' in data)) continue;
    if ('rebased' in data || 'sinceAtLatest' in data) continue;
    if (!words.has(Date.parse(data.since ?? '')))
      throw new Error(`${time} ${type} since ${data.since}: nothing was received then`);
  }
}

/** When an element is about a route or a table; a session that comes up sends its table, by itself or with its first route. */
function wordsOf(element: Element): readonly number[] {
  if (element.type === 'tick' || element.type === 'gap' || element.type === 'probe') return [];
  if (element.type === 'peer-state' && element.state === 'down') return [];
  const isOfSession = element.type === 'peer-state' || element.type === 'announcement';
  const { resyncMs } = DEFAULT_VOTING;
  return isOfSession ? [element.at, element.at + resyncMs, element.at + SLOW_TABLE_FACTOR * resyncMs] : [element.at];
}

/** Each verdict says what was before; an incident is opened, updated and closed, one at a time; its spans are whole. */
export function incidentsAreWhole(events: Events): void {
  let verdict: string | undefined;
  let open: string | undefined;
  for (const { time, type, data } of events) {
    if ('incident' in data && typeof data.incident === 'object') {
      spansAreWhole(data.incident);
      same(`${time} ${type}, the open incident`, open, type === 'incident.opened' ? undefined : data.incident.id);
      open = type === 'incident.closed' ? undefined : data.incident.id;
    }
    if (!('verdict' in data)) continue;
    // What is known again is reported beside what changed: both follow the same blindness.
    if (data.previous !== 'unknown') same(`${time} ${type}, the verdict before`, data.previous, verdict ?? 'routable');
    verdict = data.verdict;
  }
}

const ms = (from: string, until: string): number => Date.parse(until) - Date.parse(from);

/** Spans leave no hole, their sums are the length, and blind time is never down. */
function spansAreWhole(incident: Incident): void {
  const { id, spans, durationMs, unroutableMs, degradedMs, unknownMs, routableMs, downMs } = incident;
  const sums: Record<Verdict, number> = { unroutable: 0, degraded: 0, unknown: 0, routable: 0 };
  for (const [i, { verdict, from, until }] of spans.entries()) {
    const next = spans[i + 1];
    if (next !== undefined) same(`end of a span of ${id}`, until, next.from);
    if (next?.verdict === verdict) same(`two spans of one verdict in ${id}`, next.sinceAtLatest, true);
    if (until === undefined) continue;
    same(`a span of ${id} lasts`, ms(from, until) > 0, true);
    sums[verdict] += ms(from, until);
  }
  same(`unroutable in ${id}`, unroutableMs, sums.unroutable);
  same(`degraded in ${id}`, degradedMs, sums.degraded);
  same(`unknown in ${id}`, unknownMs, sums.unknown);
  same(`routable in ${id}`, routableMs, sums.routable);
  same(`down in ${id}`, downMs, unroutableMs + degradedMs);
  const [first, last] = [spans[0], spans.at(-1)];
  same(`length of ${id}`, durationMs, last?.until === undefined ? undefined : ms(first?.from ?? '', last.until));
  if (durationMs !== undefined) same(`sum of ${id}`, downMs + unknownMs + routableMs, durationMs);
  same(`${id} begins down`, first?.verdict === 'unroutable' || first?.verdict === 'degraded', true);
  same(`${id} ends with a span of its own`, last?.verdict === 'routable', false);
  same(`${id} has drops`, incident.drops > 0, true);
  if (incident.state === 'closed') same(`${id} is over`, last?.until === undefined, false);
}

/** What each format shows of one run. */
export interface Shown {
  readonly events: Events;
  /** As the JSON document has them. */
  readonly spans: readonly VerdictSpan[];
  /** As the chart is drawn from. */
  readonly bins: readonly Bin[];
  /** Whether all saw all of it at first, and was connected all day: else the share may be another without a message. */
  readonly isSameRoster: boolean;
}

/** Since when each verdict holds, in the order in which they were given. Two of these that are alike agree at every moment. */
type Steps = readonly (readonly [since: number, verdict: string])[];

/** A later word overrides an earlier one from its date on. */
function stepsOf(words: Steps): Steps {
  const steps: (readonly [number, string])[] = [];
  for (const word of words) {
    while ((steps.at(-1)?.[0] ?? -1) >= word[0]) steps.pop();
    if (steps.at(-1)?.[1] !== word[1]) steps.push(word);
  }
  return steps;
}

/** NDJSON, CSV, text, the JSON document, incidents and the chart say the same verdict at every second. */
export function formatsAgree({ events, spans, bins, isSameRoster }: Shown): void {
  const verdicts = events.filter(isVerdict);
  const [first] = verdicts;
  if (first === undefined) return;
  const begin = Date.parse(first.data.since);
  const steps = stepsOf(verdicts.map(({ data }) => [Date.parse(data.since), data.verdict]));
  const right = steps.join(' ');
  same('CSV', stepsOf(verdicts.map(csvWord)).join(' '), right);
  same('text', stepsOf(verdicts.map(textWord)).join(' '), right);
  const document = spans.map(({ since, verdict }) => [Date.parse(since), verdict] as const);
  same('JSON', stepsOf(document.filter(([since]) => since >= begin)).join(' '), right);
  incidentsAgree(events, verdicts);
  chartAgrees(bins, steps, verdicts);
  if (isSameRoster) levelsAgree(bins, steps, verdicts);
}

function csvWord(event: CountryEvent): readonly [number, string] {
  const row = csvRow(event).trimEnd().split(',');
  const cell = (name: (typeof CSV_COLUMNS)[number]): string => row[CSV_COLUMNS.indexOf(name)] ?? '';
  return [Date.parse(cell('since')), cell('verdict')];
}

/** The verdict that a sentence names, and the time that it gives for it. */
function textWord(event: CountryEvent): readonly [number, string] {
  const text = `${event.type}: ${sentence(event, clocks)}`;
  const { since, verdict } = event.data;
  const hasTime = text.includes(since.slice(11, 19));
  return [hasTime ? Date.parse(since) : Number.NaN, TEXT[verdict].test(text) ? verdict : text];
}

/**
 * Spans that begin with a verdict have it. A pause too short for a verdict is a span of an incident alone: where a verdict
 * begins with one, its own span is the next.
 */
function incidentsAgree(events: Events, verdicts: readonly CountryEvent[]): void {
  const incidents = new Map<string, Incident>();
  for (const { data } of events)
    if ('incident' in data && typeof data.incident === 'object') incidents.set(data.incident.id, data.incident);
  const givenAt = new Map(verdicts.map(({ data }) => [data.since, data.verdict]));
  for (const { spans } of incidents.values())
    for (const [i, { from, verdict }] of spans.entries()) {
      const given = givenAt.get(from) ?? verdict;
      const isPause = verdict === 'routable' && given !== verdict;
      same(`span from ${from}`, isPause ? spans[i + 1]?.verdict : verdict, given);
    }
}

/** What the chart leaves blank is what could not be seen: unknown, or blind for less than it takes to say so. */
function chartAgrees(bins: readonly Bin[], steps: Steps, verdicts: readonly CountryEvent[]): void {
  const decided = verdicts.map(({ time }) => Date.parse(time));
  for (const [i, { from, share }] of bins.entries()) {
    const next = bins[i + 1];
    if (share !== undefined || next === undefined || next.from - from <= 10_000) continue;
    // Something was decided though no element came: the chart has no point for it.
    if (decided.some((at) => at > from && at < next.from)) continue;
    // Before the first verdict it was routable.
    const verdict = steps.findLast(([since]) => since < from + 1000)?.[1] ?? 'routable';
    same(`blank from ${new Date(from).toISOString()}, where the verdict`, verdict, 'unknown');
  }
}

/** Longer than every hold, and than a rhythm of drops goes on without one. */
const SETTLED_MS = DEFAULT_POLICY.meanWindowMs + DEFAULT_POLICY.settleMs;

/** A share that the chart draws for so long that no hold is left is the verdict: the one that all formats give for its end. */
function levelsAgree(bins: readonly Bin[], steps: Steps, verdicts: readonly CountryEvent[]): void {
  const { unroutableBelow, restoredAt, degradedBelow, recoveredAt } = DEFAULT_POLICY;
  const decided = verdicts.map(({ time }) => Date.parse(time));
  for (const [i, { from, share, blind }] of bins.entries()) {
    const next = bins[i + 1];
    if (share === undefined || blind || next === undefined || next.from - from < SETTLED_MS) continue;
    // What was decided when no element came was not drawn: the next look is the first.
    if (decided.some((at) => at > from + SETTLED_MS && at < next.from)) continue;
    const verdict = steps.findLast(([since]) => since < next.from - 1000)?.[1] ?? 'routable';
    const possible = [
      ...(share < restoredAt ? ['unroutable'] : []),
      ...(share >= unroutableBelow && share < recoveredAt ? ['degraded'] : []),
      ...(share >= degradedBelow ? ['routable'] : []),
    ];
    same(
      `${share} drawn until ${new Date(next.from).toISOString()} fits "${verdict}"`,
      possible.includes(verdict),
      true,
    );
  }
}

const clock = createClock(undefined);
const clocks = () => clock;

const TEXT: Readonly<Record<Verdict, RegExp>> = {
  unknown: /unknown|not known|cannot/,
  routable: /routable|known|restored/,
  degraded: /degraded/,
  unroutable: /unroutable/,
};
