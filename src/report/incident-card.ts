import { eventTime } from '../bgp/time.ts';
import type { Incident, IncidentData, IncidentSpan } from '../detect/events/event.ts';
import { durationText, utcText } from './clock.ts';
import { incidentFacts, lastedText, openText } from './incident-words.ts';
import { territoryName, type Clocks } from './phrases.ts';
import type { PublishedTime, Sources } from './published.ts';
import { marked } from './report-document.ts';
import { inMarkup } from './printable.ts';

/**
 * One page about one incident: what happened, when, what the routes showed, and the sources. It does not speak of
 * causes.
 */
export interface IncidentCard {
  readonly format: 'unroutable.incident-card/1';
  readonly name: string;
  readonly title: string;
  readonly place: string;
  /** The first and the last moment of the data, ISO 8601, UTC. */
  readonly window: { readonly from: string; readonly until: string };
  /** The origin of the data: a reconstruction, or a replay of an archive. */
  readonly label: string;
  readonly summary: string;
  /** Each outage: when, how long, how bad. */
  readonly durations: readonly string[];
  readonly observed: readonly string[];
  readonly notObserved: readonly string[];
  readonly published: readonly PublishedTime[];
  readonly publishedUntimed: readonly string[];
  readonly assumed: readonly string[];
  readonly sources: Sources;
}

/**
 * The card of an incident that a replay found. All its facts are computed from routes.
 *
 * @param progression the order in which services and routes were lost and came back, if services were probed.
 */
export function cardOf(data: IncidentData, clocks: Clocks, progression: readonly string[] = []): IncidentCard {
  const { incident } = data;
  const [first] = incident.spans;
  const last = incident.spans.at(-1);
  const from = first?.from ?? '';
  const name = territoryName(data, clocks);
  const isReconstructed = incident.evidence.messages.some(({ collector }) => collector.startsWith('reconstructed'));
  return {
    format: 'unroutable.incident-card/1',
    name: incident.id,
    title: `${name}: ${lastedText(incident)}`,
    place: data.territory.name,
    window: { from, until: last?.until ?? '' },
    label: isReconstructed
      ? 'computed from the routes of a reconstructed day; not archive data'
      : 'computed from the routes',
    summary: '',
    durations: incident.spans.filter(({ verdict }) => verdict !== 'routable').map(durationLine),
    observed: [...incidentFacts(data), ...progression],
    notObserved: [
      ...(progression.length > 0 ? [] : ['Whether anything answered: routes do not show it.']),
      'A cause: routes do not show one.',
    ],
    published: [],
    publishedUntimed: [],
    assumed: [],
    sources: {},
  };
}

function durationLine({ verdict, from, until, sinceAtLatest }: IncidentSpan): string {
  if (verdict === 'unknown' && until === undefined) return `not seen since ${utcText(eventTime(from))}`;
  return spanText(verdict === 'unknown' ? 'not seen' : verdict, { from, until, sinceAtLatest });
}

/** When an incident was, as `spanText`; if its end cannot be seen, says so. */
export function incidentSpanText(what: string, { spans }: Pick<Incident, 'spans'>): string {
  const [first, last] = [spans[0], spans.at(-1)];
  const span = { from: first?.from ?? '', until: last?.until, sinceAtLatest: first?.sinceAtLatest };
  return spanText(what, span, openText({ spans }));
}

interface Lasting {
  readonly from: string;
  readonly until?: string | undefined;
  /** Whether it may have begun before `from`. */
  readonly sinceAtLatest?: true | undefined;
}

/** `unroutable from 2014-12-22 16:15:12 UTC to 2014-12-23 01:46:16 UTC: 9 h 31 min 4 s` */
export function spanText(what: string, { from, until, sinceAtLatest }: Lasting, open = 'not over yet'): string {
  const since = `${what} from ${utcText(eventTime(from))}${sinceAtLatest === true ? ' or earlier' : ''}`;
  if (until === undefined) return `${since}, ${open}`;
  return `${since} to ${utcText(eventTime(until))}: ${durationText(eventTime(until) - eventTime(from))}`;
}

interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

function sections(card: IncidentCard): readonly Section[] {
  const sourceOf = (key: string) => card.sources[key]?.name ?? key;
  return [
    { title: 'Duration', lines: card.durations },
    { title: 'Observed in the routes', lines: card.observed },
    { title: 'Not observed in the routes', lines: card.notObserved },
    {
      title: 'Published',
      lines: [
        ...card.published.map(({ at, what, precision, source }) => {
          const about = precision === 'about' ? 'about ' : '';
          return `${about}${utcText(eventTime(at))}: “${what}” (${sourceOf(source)})`;
        }),
        ...card.publishedUntimed,
      ],
    },
    { title: 'Assumed for the reconstruction', lines: card.assumed },
    {
      title: 'Sources',
      lines: Object.values(card.sources).map(({ name, url }) => (url === undefined ? name : `${name}, ${url}`)),
    },
  ].filter(({ lines }) => lines.length > 0);
}

/** The card as Markdown: a heading, a few facts, and one list for each section. */
export function cardMarkdown(card: IncidentCard): string {
  const facts = factsOf(card).map(([name, value]) => `- **${name}:** ${marked(value)}`);
  const body = sections(card).flatMap(({ title, lines }) => [
    '',
    `## ${title}`,
    '',
    ...lines.map((line) => `- ${marked(line)}`),
  ]);
  const summary = card.summary === '' ? [] : ['', marked(card.summary)];
  return [`# ${marked(card.title)}`, ...summary, '', ...facts, ...body, ''].join('\n');
}

/** The card as one self-contained HTML document. */
export function cardHtml(card: IncidentCard): string {
  return cardsHtml([card]);
}

/** Cards, one below the other, as one self-contained HTML document. */
export function cardsHtml(cards: readonly IncidentCard[]): string {
  const [first] = cards;
  const title = first !== undefined && cards.length === 1 ? first.title : `${cards.length} incidents`;
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<title>${inMarkup(title)}</title>`,
    `<style>${STYLE}</style></head><body><main>`,
    ...(cards.length === 0 ? ['<p>No incident was found.</p>'] : cards.map(articleOf)),
    '</main></body></html>',
    '',
  ].join('\n');
}

function articleOf(card: IncidentCard): string {
  const facts = factsOf(card).map(([name, value]) => `<dt>${inMarkup(name)}</dt><dd>${inMarkup(value)}</dd>`);
  const body = sections(card).map(({ title, lines }) => {
    const items = lines.map((line) => `<li>${inMarkup(line)}</li>`).join('');
    return `<h2>${inMarkup(title)}</h2>\n<ul>${items}</ul>`;
  });
  return [
    `<article><h1>${inMarkup(card.title)}</h1>`,
    ...(card.summary === '' ? [] : [`<p>${inMarkup(card.summary)}</p>`]),
    `<dl>${facts.join('')}</dl>`,
    ...body,
    '</article>',
  ].join('\n');
}

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}' +
  'main{max-width:46rem;margin:2rem auto;padding:0 1rem}h1{font-size:1.6rem}h2{font-size:1.1rem;margin-top:1.6rem}' +
  'dt{font-weight:600}dd{margin:0 0 .4rem}li{overflow-wrap:anywhere}';

function factsOf({ place, window, label, name }: IncidentCard): readonly (readonly [string, string])[] {
  const from = utcText(eventTime(window.from));
  const time = window.until === '' ? `since ${from}, no end seen` : `${from} to ${utcText(eventTime(window.until))}`;
  return [
    ['Place', place],
    ['Time', time],
    ['Data', label],
    ['Name', name],
  ];
}
