import { eventTime, type EventTime } from '../bgp/time.ts';
import type { UnroutableEvent } from '../detect/events/event.ts';
import { durationText, utcText } from './clock.ts';

import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { wrapped } from './wrap.ts';

/** The precision of a published time: to the second, to the minute, or `about`, which means within half an hour. */
export type Precision = 'second' | 'minute' | 'about';

/** A published time of an incident. */
export interface PublishedTime {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly precision: Precision;
  /** The source, by its key. */
  readonly source: string;
  readonly what: string;
  /** The type of the event whose `first` should be this time; `none` if routes cannot show it. */
  readonly met_by: string;
}

/** The source, by the key in `source`. */
export type Sources = Readonly<Record<string, { readonly name: string; readonly url?: string | undefined }>>;

/** A published time, and the matching event. */
export interface Met {
  readonly time: PublishedTime;
  /** The event's `first`. `undefined`: there is no event of this type near the time. */
  readonly began: EventTime | undefined;
  /** How far `first` is outside the published precision, in ms; 0 within the second, the minute, or half an hour. */
  readonly error: number;
}

const MINUTE = 60_000;
/** An event further away than this does not match. */
const NEAR = 60 * MINUTE;

/** Finds the nearest event of the right type for each published time that routes can show. */
export function meetings(published: readonly PublishedTime[], events: readonly UnroutableEvent[]): readonly Met[] {
  return published.filter(({ met_by }) => met_by !== 'none').map((time) => meeting(time, events));
}

function meeting(time: PublishedTime, events: readonly UnroutableEvent[]): Met {
  const candidates = events
    .flatMap(({ type, data }) => (type === time.met_by && 'first' in data ? [eventTime(data.first)] : []))
    .map((began) => ({ time, began, error: outside(time, began) }))
    .filter(({ error }) => error <= NEAR);
  return candidates.reduce<Met>((best, met) => (best.began === undefined || nearer(met, best) ? met : best), {
    time,
    began: undefined,
    error: 0,
  });
}

/** Sorted by the distance outside the precision, then by the distance to the time itself. */
function nearer(one: Met, other: Met): boolean {
  const distance = ({ time, began }: Met) => Math.abs((began ?? 0) - eventTime(time.at));
  return one.error < other.error || (one.error === other.error && distance(one) < distance(other));
}

function outside({ at, precision }: PublishedTime, began: EventTime): number {
  const after = began - eventTime(at);
  const [from, until] = BOUNDS[precision];
  return after < from ? from - after : after > until ? after - until : 0;
}

/** The precision as a range around the published time, in ms. */
const BOUNDS: Readonly<Record<Precision, readonly [number, number]>> = {
  second: [0, 999],
  minute: [0, MINUTE - 1],
  about: [-30 * MINUTE, 30 * MINUTE],
};

/** Published times beside replayed ones, one line each. */
export function publishedLines(
  published: readonly PublishedTime[],
  events: readonly UnroutableEvent[],
  options: { readonly sources: Sources; readonly paint: Paint; readonly width: number },
): readonly string[] {
  if (published.length === 0) return [];
  const { sources, paint, width } = options;
  const names = new Set(published.map(({ source }) => sources[source]?.name ?? source));
  return [
    paint('strong', 'Published and replayed'),
    ...published.flatMap((time) =>
      wrapped(printable(publishedLine(time, events)), width - 4).map((part, i) =>
        i === 0 ? `  ${part}` : `    ${part}`,
      ),
    ),
    ...[...names].flatMap((name) => wrapped(printable(`Source: ${name}`), width - 2).map((part) => `  ${part}`)),
  ];
}

/** A published time and its matching event: `…; replayed: country.unroutable, to the second`. */
export function publishedLine(time: PublishedTime, events: readonly UnroutableEvent[]): string {
  const line = `${utcText(eventTime(time.at))}  ${time.what}`;
  if (time.met_by === 'none') return `${line}; not a change that routes show at once`;
  const { began } = meeting(time, events);
  if (began === undefined) return `${line}; replayed: no ${time.met_by} near that time`;
  const apart = Math.abs(began - eventTime(time.at));
  if (apart < 1000) return `${line}; replayed: ${time.met_by}, to the second`;
  const side = began > eventTime(time.at) ? 'later' : 'earlier';
  return `${line}; replayed: ${time.met_by}, ${durationText(apart)} ${side} (${PUBLISHED_AS[time.precision]})`;
}

const PUBLISHED_AS: Readonly<Record<Precision, string>> = {
  second: 'published to the second',
  minute: 'published to the minute',
  about: 'published as about that time',
};
