import { expect } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import type { Incident, UnroutableEvent, Verdict } from '../../src/detect/events/event.ts';
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

/** Each event about the country lists messages, and so does each incident. */
export function evidenceIsWhole(events: Events): void {
  for (const event of events) {
    const { data, type } = event;
    if ('incident' in data && typeof data.incident === 'object') {
      expect([type, data.incident.evidence.count]).not.toEqual([type, 0]);
      continue;
    }
    const count = 'evidence' in data ? (data.evidence?.count ?? 0) : 0;
    if (!isOfCountry(event)) continue;
    expect([type, count]).not.toEqual([type, 0]);
    expect('evidence' in data && data.evidence?.messages.length).toBe(Math.min(16, count));
  }
}

/** All that is said of the country, but for how many could vote. */
export function saidOfCountry(events: Events): readonly string[] {
  return events
    .filter((event) => isOfCountry(event) || isVerdict(event))
    .map(({ type, time, data }) => {
      const { visibility, ...rest } = data as never as { visibility: Record<string, unknown> };
      return JSON.stringify([time, type, { ...rest, evidence: 0 }, visibility['share'], visibility['witnesses']]);
    });
}

/** Nothing began after the last word about the country. What is given up by the baseline, or seen again, is dated otherwise. */
export function nothingBeganUnheard(elements: readonly Element[], events: Events): void {
  const last = Math.max(...elements.map(lastWordOf));
  for (const event of events) {
    const { type, data } = event;
    if (!isOfCountry(event) || /steady|flapping/.test(type)) continue;
    if ('rebased' in data || 'sinceAtLatest' in data || !('since' in data)) continue;
    expect([type, Date.parse(data.since ?? '') <= last]).toEqual([type, true]);
  }
}

/** When a route was told or a table ended; a session that comes up tells its table, by itself or with its first route. */
function lastWordOf(element: Element): number {
  if (element.type === 'tick' || element.type === 'gap') return 0;
  if (element.type === 'peer-state' && element.state === 'down') return 0;
  const isOfSession = element.type === 'peer-state' || element.type === 'announcement';
  return isOfSession ? element.at + DEFAULT_VOTING.resyncMs : element.at;
}

/** Each verdict says what was before; an incident is opened, updated and closed, one at a time; its spans are whole. */
export function incidentsAreWhole(events: Events): void {
  let verdict: string | undefined;
  let open: string | undefined;
  for (const { type, data } of events) {
    if ('incident' in data && typeof data.incident === 'object') {
      spansAreWhole(data.incident);
      expect(open).toBe(type === 'incident.opened' ? undefined : data.incident.id);
      open = type === 'incident.closed' ? undefined : data.incident.id;
    }
    if (!('verdict' in data)) continue;
    // What is known again is told beside what changed: both follow the same blindness.
    if (data.previous !== 'unknown') expect(data.previous).toBe(verdict ?? 'routable');
    verdict = data.verdict;
  }
}

const ms = (from: string, until: string): number => Date.parse(until) - Date.parse(from);

/** Spans leave no hole, their sums are the length, and blind time is never down. */
function spansAreWhole(incident: Incident): void {
  const { spans, durationMs, unroutableMs, degradedMs, unknownMs, routableMs, downMs } = incident;
  const sums: Record<Verdict, number> = { unroutable: 0, degraded: 0, unknown: 0, routable: 0 };
  for (const [i, { verdict, from, until }] of spans.entries()) {
    const next = spans[i + 1];
    if (next !== undefined) expect(until).toBe(next.from);
    if (next !== undefined) expect(next.sinceAtLatest === true || next.verdict !== verdict).toBe(true);
    if (until === undefined) continue;
    expect(ms(from, until)).toBeGreaterThan(0);
    sums[verdict] += ms(from, until);
  }
  expect({ unroutable: unroutableMs, degraded: degradedMs, unknown: unknownMs, routable: routableMs }).toEqual(sums);
  expect(downMs).toBe(unroutableMs + degradedMs);
  const [first, last] = [spans[0], spans.at(-1)];
  expect(durationMs).toBe(last?.until === undefined ? undefined : ms(first?.from ?? '', last.until));
  if (durationMs !== undefined) expect(downMs + unknownMs + routableMs).toBe(durationMs);
  expect(['unroutable', 'degraded']).toContain(first?.verdict);
  expect(last?.verdict).not.toBe('routable');
  expect(incident.drops).toBeGreaterThan(0);
  if (incident.state === 'closed') expect(last?.until).toBeDefined();
}

/** What each format shows of one run. */
export interface Shown {
  readonly events: Events;
  /** As the JSON document has them. */
  readonly spans: readonly VerdictSpan[];
  /** As the chart is drawn from. */
  readonly bins: readonly Bin[];
}

/** Events, CSV, text, the JSON document, incidents and the chart say the same verdict at every second. */
export function formatsAgree({ events, spans, bins }: Shown): void {
  const told = events.filter(isVerdict);
  for (const event of told) {
    const { time, type, data } = event;
    const row = csvRow(event).trimEnd().split(',');
    const cell = (name: (typeof CSV_COLUMNS)[number]): string => row[CSV_COLUMNS.indexOf(name)] ?? '';
    expect([cell('time'), cell('verdict'), cell('since')]).toEqual([time, data.verdict, data.since]);
    expect(`${type}: ${sentence(event, clocks)}`).toMatch(TEXT[data.verdict]);
    expect(sentence(event, clocks)).toContain(data.since.slice(11, 19));
  }
  const first = told[0];
  if (first === undefined) return;
  const verdictAt = (at: number): Verdict | undefined =>
    told.findLast(({ data }) => Date.parse(data.since) <= at)?.data.verdict;
  const incidents = new Map<string, Incident>();
  for (const { data } of events)
    if ('incident' in data && typeof data.incident === 'object') incidents.set(data.incident.id, data.incident);
  const moments = told.flatMap(({ data }) => [-1000, 0, 1000].map((by) => Date.parse(data.since) + by));
  for (const at of moments.filter((moment) => moment >= Date.parse(first.data.since))) {
    expect([at, spans.findLast(({ since }) => Date.parse(since) <= at)?.verdict]).toEqual([at, verdictAt(at)]);
  }
  // Pauses too short for a verdict are spans of an incident alone.
  for (const { spans: own } of incidents.values())
    for (const { from, verdict } of own) {
      const begun = told.findLast(({ data }) => data.since === from);
      if (begun !== undefined && verdictAt(Date.parse(from)) === begun.data.verdict)
        expect([from, verdict]).toEqual([from, begun.data.verdict]);
    }
  for (const { from, verdict } of bins) {
    const decided = told.findLast(({ time }) => Date.parse(time) < from + 1000);
    if (decided !== undefined) expect([from, verdict]).toEqual([from, decided.data.verdict]);
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
