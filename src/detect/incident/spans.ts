import { isoTime, type EventTime } from '../../bgp/time.ts';
import type { Incident, IncidentSpan, Verdict } from '../events/event.ts';

/**
 * At most this many spans are listed, the first and the last ones. A country that flaps without end makes two a minute,
 * and each update of its incident lists them. The spans between are only added up: number, time and depth.
 */
export const MAX_SPANS = 512;

/**
 * How many of them are first ones; as many are last ones. A verdict by the mean of a window may replace the last ones,
 * so they must not be fewer than a window holds.
 */
const HEAD = MAX_SPANS / 2;

/** Time under one verdict. It ends where the next one begins. Times are event time. */
export interface SpanState {
  readonly verdict: Verdict;
  readonly from: EventTime;
  /** Lowest visibility in the span; 1 for a verdict that has no depth. */
  depth: number;
  readonly sinceAtLatest: boolean;
  /**
   * Whether a drop begins with this span: it is down, and it was not down when it was last seen. Blind time ends no
   * drop.
   */
  readonly falls: boolean;
}

/** The sums of the spans that are not listed. */
export interface OmittedSpans {
  /** When the first of them begins. They end where the next listed span begins. */
  readonly from: EventTime;
  readonly count: number;
  readonly ms: Readonly<Record<Verdict, number>>;
  readonly drops: number;
  readonly outages: number;
  readonly depth: number;
}

/** The spans since the onset, in order and without holes, including those after the recovery. */
export interface Timeline {
  readonly spans: SpanState[];
  omitted: OmittedSpans | undefined;
}

/** Starts a span at `span.from`, and removes the spans that begin at or after it. */
export function turnTo(timeline: Timeline, span: Omit<SpanState, 'falls'>): void {
  const { spans } = timeline;
  while (spans.length > 0 && (spans.at(-1)?.from ?? 0) >= span.from) spans.pop();
  const before = spans.at(-1);
  const isNew = before === undefined || before.verdict !== span.verdict || span.sinceAtLatest;
  if (isNew) spans.push({ ...span, falls: isDown(span) && !isDown(spans.findLast(isSeen)) });
  else before.depth = Math.min(before.depth, span.depth);
  if (spans.length > MAX_SPANS) omitOne(timeline);
}

function omitOne(timeline: Timeline): void {
  const { spans, omitted } = timeline;
  const [out] = spans.splice(HEAD, 1);
  const next = spans[HEAD];
  if (out === undefined || next === undefined) return;
  const ms = { unknown: 0, routable: 0, degraded: 0, unroutable: 0, ...omitted?.ms };
  ms[out.verdict] += next.from - out.from;
  timeline.omitted = {
    from: omitted?.from ?? out.from,
    count: (omitted?.count ?? 0) + 1,
    ms,
    drops: (omitted?.drops ?? 0) + Number(out.falls),
    outages: (omitted?.outages ?? 0) + Number(isOutage(out, spans.slice(0, HEAD).findLast(isSeen))),
    depth: Math.min(omitted?.depth ?? 1, out.depth),
  };
}

/** Whether a span counts as down: degraded or unroutable. */
export function isDown({ verdict }: { readonly verdict: Verdict } = { verdict: 'routable' }): boolean {
  return verdict === 'unroutable' || verdict === 'degraded';
}

function isSeen({ verdict }: { readonly verdict: Verdict }): boolean {
  return verdict !== 'unknown';
}

/**
 * Whether an outage begins with this span. If it was unroutable before a blind time and still is after it, it may have
 * been one outage.
 *
 * @param before the last span that was seen.
 */
function isOutage({ verdict, falls }: SpanState, before: SpanState | undefined): boolean {
  return verdict === 'unroutable' && (falls || before?.verdict !== 'unroutable');
}

/** The spans up to the last recovery. If the recovery came while we were blind, that blind time is included. */
export function endedPart({ spans }: Timeline): { readonly spans: readonly SpanState[]; readonly until?: EventTime } {
  const last = spans.findLastIndex(isDown);
  const end = spans[last + 1]?.verdict === 'unknown' ? last + 1 : last;
  const next = spans[end + 1];
  return { spans: spans.slice(0, end + 1), ...(next === undefined ? {} : { until: next.from }) };
}

/** The time of an incident under each verdict. */
export type Sums = Pick<
  Incident,
  'drops' | 'outages' | 'unroutableMs' | 'degradedMs' | 'unknownMs' | 'routableMs' | 'downMs'
>;

/** The sums over all spans, including those that are not listed. */
export function sumsOf(timeline: Timeline): Sums {
  const { omitted } = timeline;
  const { spans, until } = endedPart(timeline);
  const ms = { unknown: 0, routable: 0, degraded: 0, unroutable: 0, ...omitted?.ms };
  let outages = omitted?.outages ?? 0;
  let seen: SpanState | undefined;
  for (const [i, span] of spans.entries()) {
    ms[span.verdict] += (endOf(timeline, spans, i) ?? until ?? span.from) - span.from;
    if (isOutage(span, seen)) outages++;
    if (isSeen(span)) seen = span;
  }
  return {
    drops: spans.filter(({ falls }) => falls).length + (omitted?.drops ?? 0),
    outages,
    unroutableMs: ms.unroutable,
    degradedMs: ms.degraded,
    unknownMs: ms.unknown,
    routableMs: ms.routable,
    downMs: ms.unroutable + ms.degraded,
  };
}

/** The spans in the form that events carry. */
export function spansOf(timeline: Timeline): readonly IncidentSpan[] {
  const { spans, until } = endedPart(timeline);
  return spans.map(({ verdict, from, depth, sinceAtLatest }, i) => {
    const end = endOf(timeline, spans, i) ?? until;
    return {
      verdict,
      from: isoTime(from),
      ...(end === undefined ? {} : { until: isoTime(end) }),
      ...(isDown({ verdict }) ? { depth: rounded(depth) } : {}),
      ...(sinceAtLatest ? { sinceAtLatest } : {}),
    };
  });
}

/** Four decimals resolve one voter in ten thousand; more would print rounding noise. */
export function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}

/** When the next span begins, listed or not. */
function endOf({ omitted }: Timeline, spans: readonly SpanState[], i: number): EventTime | undefined {
  return omitted !== undefined && i === HEAD - 1 ? omitted.from : spans[i + 1]?.from;
}
