import { eventTime } from '../bgp/time.ts';
import type { Envelope, Incident, IncidentChange, IncidentData, IncidentSpan } from '../detect/events/event.ts';
import { durationText, utcText, utcWall } from './clock.ts';
import { counted, listed, percent } from './printable.ts';
import { territoryName, type Clocks } from './phrases.ts';

type IncidentEvent = Envelope<'incident.opened'> | Envelope<'incident.updated'> | Envelope<'incident.closed'>;

/** The incident in one sentence: when, how long, how deep. For an update: what is new. */
export function incidentSentence({ type, data }: IncidentEvent, clocks: Clocks): string {
  const { incident } = data;
  const name = territoryName(data, clocks);
  const clock = clocks(data.territory.id);
  const since = `${clock.moment(eventTime(data.since))}${incident.sinceAtLatest === true ? ' or earlier' : ''}`;
  const was = `${name} ${incident.drops > 1 ? 'had' : 'was'} ${lastedText(incident)}`;
  const last = incident.spans.at(-1);
  const until = last?.until === undefined ? '' : ` to ${clock.moment(eventTime(last.until))}`;
  if (incident.state === 'closed') {
    const back =
      incident.rebased === true ? ' What was lost has not come back: the rest counts as the normal state now.' : '';
    const unseen = last?.verdict === 'unknown' ? ' How it ended was not seen.' : '';
    return `The incident is over: ${was}, from ${since}${until}.${unseen}${back}`;
  }
  const depth = `visibility down to ${percent(incident.depth)}`;
  const news = (data.changed ?? []).filter((change) => change !== 'verdict').map((change) => CHANGES[change]);
  if (type === 'incident.updated' && news.length > 0)
    return `The incident of ${name} since ${since} has changed: ${listed(news)}; visibility is ${percent(data.visibility.share)}, at its lowest ${percent(incident.depth)}.`;
  if (unseenSince(incident) !== undefined)
    return `The incident of ${name} since ${since} cannot be followed now: ${was}; ${depth}.`;
  // It has recovered, and closes if no other drop comes.
  if (incident.durationMs !== undefined) return `An incident: ${was}, from ${since}${until}; ${depth}.`;
  const has = incident.drops > 1 ? 'has had' : 'has been';
  return `An incident: ${name} ${has} ${lastedText(incident)} since ${since}; ${depth}.`;
}

/** What is new in an update, in words. */
const CHANGES: Readonly<Record<Exclude<IncidentChange, 'verdict'>, string>> = {
  'below-half': 'visibility has fallen below half of what it was',
  'near-unroutable': 'visibility is close to what is called unroutable',
  'units-lost': 'another network has been lost',
  spread: 'none of its prefixes is still known to more than half of the networks that usually have it',
  flapping: 'it goes down and comes back again and again',
  rebased: 'what is left counts as the normal state now',
};

/**
 * How long it lasted, from the sums of its spans: `unroutable for 10 min and degraded for 20 h`, `3 outages within 48
 * min, 14 min 6 s in all`. Blind time is named separately.
 */
export function lastedText(incident: Incident): string {
  const { drops, outages, durationMs, unroutableMs, degradedMs, worst } = incident;
  const blindSince = unseenSince(incident);
  const unseen = unseenText(incident, blindSince);
  if (drops > 1) {
    const open = blindSince === undefined ? 'so far' : 'until then';
    const within = durationMs === undefined ? open : `within ${durationText(durationMs)}`;
    const [count, ms] = outages === 0 ? [drops, degradedMs] : [outages, unroutableMs];
    const what = outages === 0 ? counted(drops, 'partial loss', 'partial losses') : counted(count, 'outage');
    const partly = outages > 0 && degradedMs > 0 ? ` (degraded for ${durationText(degradedMs)} more)` : '';
    return `${what} ${within}, ${durationText(ms)} in all${partly}${unseen}`;
  }
  const open = incident.state === 'open' && durationMs === undefined && blindSince === undefined ? ' so far' : '';
  const parts = [
    unroutableMs > 0 ? `unroutable for ${durationText(unroutableMs)}${open}` : '',
    degradedMs > 0 ? `degraded for ${durationText(degradedMs)}${open}` : '',
  ].filter((part) => part !== '');
  return `${parts.length === 0 ? worst : parts.join(' and ')}${unseen}`;
}

/** Since when an incident that is not known to be over cannot be seen; `undefined`: it can be, or it is over. */
export function unseenSince({ spans }: Pick<Incident, 'spans'>): string | undefined {
  const last = spans.at(-1);
  return last?.verdict === 'unknown' && last.until === undefined ? last.from : undefined;
}

/** What is known of the end of an incident that has none: `not over yet`, or that this cannot be seen. */
export function openText(incident: Pick<Incident, 'spans'>): string {
  return unseenSince(incident) === undefined ? 'not over yet' : 'not known to be over';
}

/** `, not seen for 2 h`, `, not seen since 2014-12-22 18:00:00 UTC`. */
function unseenText({ unknownMs }: Incident, blindSince: string | undefined): string {
  const parts = [
    ...(unknownMs === 0 ? [] : [`for ${durationText(unknownMs)}`]),
    ...(blindSince === undefined ? [] : [`since ${utcText(eventTime(blindSince))}`]),
  ];
  return parts.length === 0 ? '' : `, not seen ${parts.join(' and ')}`;
}

/**
 * More facts about an incident, one line each: how it began, what was lost in which order, what stayed, how it came
 * back. Unknown facts have no line.
 */
export function incidentFacts({ incident }: IncidentData): readonly string[] {
  const times = { begin: incident.spans[0]?.from ?? '', looks: firstLooks(incident) };
  const networks = (moves: Incident['unitsLost']) => moves.map(({ unit, at }) => ({ what: unit, at }));
  const upstreams = incident.upstreamsLost.map(({ upstream, at }) => ({ what: `AS${upstream}`, at }));
  return [
    onsetText(incident),
    ...spanLines(incident),
    sequenceText('Networks lost', networks(incident.unitsLost), times),
    sequenceText('Upstreams lost', upstreams, times),
    stuckText(incident),
    sequenceText('Networks back', networks(incident.unitsReturned), times),
    incident.backfilled ? 'Part of this was decided on data that was filled in after a gap.' : '',
    `Evidence${incident.onset === undefined ? '' : ' of the onset'}: ${counted(incident.evidence.count, 'message')} of the archive.`,
  ].filter((line) => line !== '');
}

/** `Onset: cliff; first loss 16:14:51, half lost 16:14:58 (+7 s), nine tenths 16:15:00 (+9 s).` */
function onsetText({ shape, onset }: Incident): string {
  if (onset === undefined) return 'Onset: not seen.';
  const first = eventTime(onset.first);
  const after = (label: string, at: string | undefined) =>
    at === undefined ? [] : [`${label} ${delayText(eventTime(at) - first)}`];
  const parts = [
    `first loss ${utcText(first)}`,
    ...after('half lost', onset.half),
    ...after('nine tenths lost', onset.ninety),
  ];
  return `Onset: ${SHAPES[shape]}; ${parts.join(', ')}.`;
}

const SHAPES: Readonly<Record<Incident['shape'], string>> = {
  cliff: 'a cliff, all at once',
  slope: 'a slope, bit by bit',
  flapping: 'flapping, down and up again',
  unseen: 'not seen',
};

function delayText(ms: number): string {
  return ms < 1000 ? 'at once' : `${durationText(ms)} later`;
}

/** More spans than this are only counted: an incident with flapping may have hundreds. */
const MAX_SPANS = 12;

/** One line for each span that matters. Time between two drops has no line. */
function spanLines({ spans, spansOmitted = 0, outages: count }: Incident): readonly string[] {
  const named = spans.filter(({ verdict }) => verdict !== 'routable');
  if (named.length < 2) return [];
  const outages = named.filter(({ verdict }) => verdict === 'unroutable').sort((a, b) => lengthOf(b) - lengthOf(a));
  const [first, second] = outages;
  const hasLongest = first !== undefined && second !== undefined && lengthOf(first) > lengthOf(second);
  // Two spans with blind time between them may be one outage.
  const mark = hasLongest && count > 1 ? first : undefined;
  const lines = named
    .slice(0, MAX_SPANS)
    .map((span) => `${spanLine(span)}${span === mark ? ' (the longest outage)' : ''}`);
  const more = named.length - lines.length + spansOmitted;
  return more > 0 ? [...lines, `and ${counted(more, 'more span', 'more spans')}`] : lines;
}

function lengthOf({ from, until }: IncidentSpan): number {
  return until === undefined ? 0 : eventTime(until) - eventTime(from);
}

function spanLine(span: IncidentSpan): string {
  const { verdict, from, until, depth, sinceAtLatest } = span;
  const what = verdict === 'unknown' ? 'Not seen' : verdict === 'unroutable' ? 'Unroutable' : 'Degraded';
  const lasted = until === undefined ? 'on' : `to ${timeAfter(from, until)}, ${durationText(lengthOf(span))}`;
  const down = depth === undefined ? '' : `, visibility down to ${percent(depth)}`;
  return `${what} from ${utcText(eventTime(from))}${sinceAtLatest === true ? ' or earlier' : ''} ${lasted}${down}`;
}

/** When it was seen again after a time in which it was not: what was lost or back then may have been so earlier. */
function firstLooks({ spans }: Incident): ReadonlySet<string> {
  const seenAgain = spans.flatMap(({ verdict, until }) =>
    verdict === 'unknown' && until !== undefined ? [until] : [],
  );
  const begun = spans.flatMap(({ from, sinceAtLatest }) => (sinceAtLatest === true ? [from] : []));
  return new Set([...seenAgain, ...begun]);
}

/** The time of day; with its date if that is another day than the one of `from`. */
function timeAfter(from: string, at: string): string {
  return at.slice(0, 10) === from.slice(0, 10) ? utcWall(eventTime(at)).time : utcText(eventTime(at));
}

/** At most this many entries are listed; the machine formats have all of them. */
const MAX_ENTRIES = 8;

interface Times {
  /** When the incident began. */
  readonly begin: string;
  /** See `firstLooks`. */
  readonly looks: ReadonlySet<string>;
}

interface Entry {
  readonly what: string;
  readonly at: string;
}

/** `Networks lost: 175.45.176.0/24 16:14:53, 175.45.177.0/24 16:14:53.` Times are UTC. */
function sequenceText(label: string, entries: readonly Entry[], { begin, looks }: Times): string {
  if (entries.length === 0) return '';
  const shown = entries
    .slice(0, MAX_ENTRIES)
    .map(({ what, at }) => `${what} ${timeAfter(begin, at)}${looks.has(at) ? ' or earlier' : ''}`);
  const more = entries.length > MAX_ENTRIES ? `, and ${entries.length - MAX_ENTRIES} more` : '';
  return `${label}: ${shown.join(', ')}${more}.`;
}

/** Left out for a partial loss: most peers then still have routes, to what was not lost. */
function stuckText({ stuck, worst }: Incident): string {
  if (stuck.length === 0 || worst !== 'unroutable') return '';
  const shown = stuck
    .slice(0, 4)
    .map(({ asn, collector, units }) => `AS${asn} at ${collector} (${counted(units, 'network')})`);
  const more = stuck.length > 4 ? [`${stuck.length - 4} more`] : [];
  const these = stuck.length === 1 ? 'This peer' : `These ${stuck.length} peers`;
  return `${these} still had a route: ${listed([...shown, ...more])}. That is usually a stale entry, seldom a working path.`;
}
