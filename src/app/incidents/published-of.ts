import { eventTime } from '../../bgp/time.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import type { Range } from '../../history/query.ts';
import { utcText } from '../../report/clock.ts';
import { publishedLine } from '../../report/published.ts';
import { knownIncidents, type KnownIncident } from './library.ts';

/** The incidents of the library whose window touches a range, by time. */
export async function knownIn(territory: string, { from, until }: Range): Promise<readonly KnownIncident[]> {
  const known = await knownIncidents();
  const found = known.filter(
    ({ territory: of, window }) => of === territory && eventTime(window.from) < until && eventTime(window.until) > from,
  );
  return found.toSorted((a, b) => eventTime(a.window.from) - eventTime(b.window.from));
}

/** The published times about a territory in a range, one line each, with the matching event. */
export async function publishedOf(
  territory: string,
  range: Range,
  events: readonly UnroutableEvent[],
): Promise<readonly string[]> {
  const known = await knownIn(territory, range);
  return known.flatMap(({ name, title, published, published_untimed: untimed, sources }) => {
    const sourceOf = (key: string) => sources[key]?.name ?? key;
    const times = published.filter(({ at }) => eventTime(at) >= range.from && eventTime(at) < range.until);
    return [
      ...times.map((time) => `${publishedLine(time, events)}. Source: ${sourceOf(time.source)}`),
      ...(times.length === 0
        ? [
            `Known as ${name}, “${title}”: no time of it within ${utcText(range.from)} to ${utcText(range.until)} was published`,
          ]
        : []),
      ...untimed.map((what) => `Published without a time: ${what}`),
    ];
  });
}
