import type { UnroutableEvent } from '../../detect/events/event.ts';
import { eventTime, utcText } from '../../report/clock.ts';
import type { Paint } from '../../report/paint.ts';
import { printable } from '../../report/printable.ts';
import { wrapped } from '../../report/wrap.ts';

/** A time that somebody published about an incident. */
export interface Published {
  readonly at: string;
  readonly source: string;
  readonly what: string;
  /** The type of the event whose `first` should be this second; `none` when routes do not show it. */
  readonly met_by: string;
}

/** Who published it, by the key that `source` names. */
export type Sources = Readonly<Record<string, { readonly name: string }>>;

/** Published times beside replayed ones: what was said then, and the event that began in that very second. */
export function publishedLines(
  published: readonly Published[],
  events: readonly UnroutableEvent[],
  options: { readonly sources: Sources; readonly paint: Paint; readonly width: number },
): readonly string[] {
  if (published.length === 0) return [];
  const { sources, paint, width } = options;
  const names = new Set(published.map(({ source }) => sources[source]?.name ?? source));
  return [
    paint('strong', 'Published and replayed'),
    ...published.flatMap((time) =>
      wrapped(printable(line(time, events)), width - 4).map((part, i) => (i === 0 ? `  ${part}` : `    ${part}`)),
    ),
    ...[...names].flatMap((name) => wrapped(printable(`Source: ${name}`), width - 2).map((part) => `  ${part}`)),
  ];
}

function line({ at, what, met_by }: Published, events: readonly UnroutableEvent[]): string {
  const told = `${utcText(eventTime(at))}  ${what}`;
  if (met_by === 'none') return `${told}; not a change that routes show at once`;
  const met = events.find(
    ({ type, data }) => type === met_by && 'first' in data && eventTime(data.first) === eventTime(at),
  );
  return met === undefined
    ? `${told}; replayed: no ${met_by} at that second`
    : `${told}; replayed: ${met_by}, to the second`;
}
