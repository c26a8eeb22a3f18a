import { knownIn, publishedOf } from '../../app/incidents/published-of.ts';
import { isInvented, knownIncidents, type KnownIncident } from '../../app/incidents/library.ts';
import { widthOf, type Io } from '../../app/io.ts';
import { clockOf, isReconstructed, nameOf } from '../../app/report/captions.ts';
import { factsOf, type SubjectFacts } from '../../app/report/facts.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import { parsePeriod, PERIOD_FORM, type Period } from '../../config/period.ts';
import { select } from '../../config/selection.ts';
import { didYouMean } from '../../config/suggest.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { eventTime, isoTime, type EventTime } from '../../bgp/time.ts';
import { answerText, lengthOf, stretchesOf, sum, type VerdictStretch } from '../../report/answer.ts';
import { durationText, utcText } from '../../report/clock.ts';
import { incidentSpanText, spanText } from '../../report/incident-card.ts';
import { lastedText } from '../../report/incident-words.ts';
import { counted, jsonText, printable } from '../../report/printable.ts';
import { wrapped } from '../../report/wrap.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { gathered, refused } from './gather.ts';

/** The options of `ask`. */
export interface AskOptions extends Omit<ReplayOptions, 'format' | 'from' | 'until' | 'since'> {
  readonly format?: 'text' | 'json';
  /** Fetch the files that the requested time needs. */
  readonly archive?: boolean;
}

/** An answer, and its evidence, one line each. */
interface Answer {
  readonly answer: string;
  readonly from: 'library' | 'routes';
  readonly facts: readonly string[];
}

/**
 * `unroutable ask KP 2014-12`: answers "was it offline then?" from the library, from files, from a store or from the
 * archives.
 */
export async function ask(words: readonly string[], options: AskOptions, io: Io): Promise<ExitStatus> {
  const asked = askedOf(words);
  if (!asked.ok) return failed(asked, io);
  const { period, files } = asked.value;
  const named = await territoryOf(asked.value.territory, options);
  if (!named.ok) return failed(named, io);
  const territory = named.value;
  const isLibrary = files.length === 0 && options.archive !== true && options.store === undefined;
  const found = isLibrary
    ? await fromLibrary(territory, period, options)
    : await fromRoutes(territory, period, { files, options }, io);
  if (typeof found === 'number' || !found.ok) return refused(found, io);
  const { value, status } = found.value;
  io.stdout.write(options.format === 'json' ? jsonOf(value, { ...asked.value, territory }) : textOf(value, io));
  return status;
}

interface Asked {
  readonly territory: string;
  readonly period: Period;
  readonly files: readonly string[];
}

/** `KP 2014-12 FILES…`, `North Korea 2014-12`; without a territory it is North Korea. */
function askedOf(words: readonly string[]): Result<Asked> {
  for (const [i, word] of words.entries()) {
    const period = parsePeriod(word);
    const territory = words.slice(0, i).join(' ').trim();
    if (period !== undefined)
      return good({ territory: territory === '' ? 'KP' : territory, period, files: words.slice(i + 1) });
  }
  const odd = words.find((word) => /\d/.test(word));
  return bad(
    'usage',
    odd === undefined
      ? `name a time after the territory: ${PERIOD_FORM}`
      : `${odd}: this is not a time; it must be ${PERIOD_FORM}`,
  );
}

type Found = { readonly value: Answer; readonly status: ExitStatus };

/** The id of a territory that is named by id or by name. It may be watched, or be in the library. */
async function territoryOf(text: string, options: AskOptions): Promise<Result<string>> {
  const { territories } = options;
  const selection = await select(territories === undefined ? {} : { territories });
  if (!selection.ok) return selection;
  const known = new Map([
    ...(await knownIncidents()).map(({ territory, place }) => [territory, place] as const),
    ...selection.value.territories.map(({ territory: { id, name } }) => [id, name] as const),
  ]);
  const wanted = text.toLowerCase();
  for (const [id, name] of known) if ([id, name].some((one) => one.toLowerCase() === wanted)) return good(id);
  const names = [...known].map(([id, name]) => `${id} ${name}`).sort();
  const all = [...known].flat();
  return bad('usage', `${text}: there is no such territory${didYouMean(text, all)} (known: ${names.join(', ')})`);
}

async function fromLibrary(territory: string, period: Period, options: AskOptions): Promise<Result<Found>> {
  const selection = await select({
    ...(options.territories !== undefined && { territories: options.territories }),
  });
  const watched = selection.ok ? selection.value.territories.find((one) => one.territory.id === territory) : undefined;
  const known = await knownIn(territory, period);
  const name = known[0]?.place ?? watched?.territory.name ?? territory;
  const answer = libraryAnswer(name, known, period);
  const facts = known.flatMap(knownLines);
  return good({ value: { answer, from: 'library', facts }, status: EXIT.done });
}

/** The answer of the reconstructions for that time. The library has no data for the rest, and the answer says so. */
function libraryAnswer(place: string, all: readonly KnownIncident[], period: Period): string {
  const { text } = period;
  const known = all.filter((incident) => !isInvented(incident));
  if (known.length === 0) {
    const why = all.length === 0 ? 'has nothing of that time' : 'has only an invented day of that time';
    return `It is not known here whether ${place} was routable in ${text}: the library of incidents ${why}. Ask files, a store (--store) or the public archives (--archive).`;
  }
  const stretches = known.flatMap((incident) => reconstructed(incident, period));
  const outages = stretches.filter(({ verdict }) => verdict === 'unroutable');
  const source = `by ${counted(known.length, 'entry', 'entries')} of the library`;
  const { name, others } = subjectOf(place, known);
  const longest = outages.reduce<VerdictStretch | undefined>(
    (most, one) => (most === undefined || lengthOf(one) > lengthOf(most) ? one : most),
    undefined,
  );
  if (period.until - period.from <= 1000 && stretches[0] !== undefined)
    return `At ${utcText(period.from)} ${name} was ${stretches[0].verdict}, ${source}, ${RECONSTRUCTED}.${others}`;
  if (longest !== undefined) {
    const often = outages.length === 1 ? 'once' : `${outages.length} times, ${durationText(sum(outages))} in all`;
    const which = outages.length === 1 ? '' : 'the longest time ';
    const isOpen = [period.until, ...known.map(({ window }) => eventTime(window.until))].includes(longest.until);
    const still = isOpen ? ', and still was at the end' : '';
    return `${name} was unroutable ${often}, in ${text}, ${source}, ${RECONSTRUCTED}: ${which}from ${utcText(longest.from)} for ${durationText(lengthOf(longest))}${still}.${others}`;
  }
  if (stretches.length > 0)
    return `${name} was not unroutable in what is known of ${text} (${durationText(sum(stretches))}, ${source}), ${RECONSTRUCTED}.`;
  return `Of ${place} in ${text} the library has ${counted(known.length, 'entry', 'entries')}, and none of them is reconstructed: read what was published.`;
}

/** What the verdicts are about: all entries may be about one family only. */
function subjectOf(place: string, known: readonly KnownIncident[]): { readonly name: string; readonly others: string } {
  const families = new Set(known.map((one) => (one.kind === 'reconstructed' ? one.expect.family : undefined)));
  const [family] = families;
  if (family === undefined || families.size > 1) return { name: place, others: '' };
  const other = family === 'ipv6' ? 'IPv4' : 'IPv6';
  return { name: `${place} over ${family.replace('ip', 'IP')}`, others: ` Over ${other} it stayed routable.` };
}

const RECONSTRUCTED = 'reconstructed from published times, and from assumed ones where none is published';

const VERDICTS: Readonly<Record<string, VerdictStretch['verdict']>> = {
  'country.unroutable': 'unroutable',
  'country.degraded': 'degraded',
  'country.restored': 'routable',
};

/** The answer of a reconstructed day: the expected verdicts, from the start of its window on. */
function reconstructed(incident: KnownIncident, { from, until }: Period): readonly VerdictStretch[] {
  if (incident.kind !== 'reconstructed') return [];
  const { window, expect } = incident;
  const turns = expect.events.flatMap(({ type, since }) => {
    const verdict = VERDICTS[type];
    return verdict === undefined ? [] : [[eventTime(since), verdict] as const];
  });
  const range = { from: Math.max(from, eventTime(window.from)) as EventTime, until };
  const begin = [eventTime(window.from), 'routable'] as const;
  const end = Math.min(until, eventTime(window.until)) as EventTime;
  return stretchesOf([begin, ...turns], range, end).filter(({ verdict }) => verdict !== 'off');
}

function knownLines(incident: KnownIncident): readonly string[] {
  const { name, title, label, published, published_untimed: untimed, sources } = incident;
  const sourceOf = (key: string) => sources[key]?.name ?? key;
  const spans =
    incident.kind === 'reconstructed'
      ? incident.expect.incidents.map(({ since, until, worst }) =>
          spanText(`${worst} at worst`, { from: since, until }),
        )
      : [];
  return [
    `${name}: ${title} (${label})`,
    ...spans.map((line) => `  ${line}`),
    ...published.map(({ at, precision, what, source }) => {
      const about = precision === 'about' ? 'about ' : '';
      return `  published: ${about}${utcText(eventTime(at))}, “${what}” (${sourceOf(source)})`;
    }),
    ...untimed.map((what) => `  published: ${what}`),
    ...(incident.kind === 'reconstructed' ? incident.assumed : []).map((what) => `  assumed: ${what}`),
  ];
}

interface Reading {
  readonly files: readonly string[];
  readonly options: AskOptions;
}

async function fromRoutes(
  territory: string,
  period: Period,
  { files, options }: Reading,
  io: Io,
): Promise<Result<Found> | ExitStatus> {
  const { from, until } = period;
  const { format: _, archive, ...rest } = options;
  const reading = { ...rest, territory: [territory] };
  const window = archive === true ? { from, until } : {};
  const read = await gathered(files, { ...reading, ...window }, io, ({ reader, events }) =>
    factsOf(reader, events, { territory, from, until }),
  );
  if (typeof read === 'number' || !read.ok) return read;
  const { value: facts, status } = read.value;
  const lines = await Promise.all(facts.map((one) => routeLines(one)));
  const answer = facts.map((one) => answerOf(one)).join(' ');
  return good({ value: { answer, from: 'routes', facts: lines.flat() }, status });
}

function answerOf(facts: SubjectFacts): string {
  const { range, stretches } = facts;
  const note = isReconstructed(facts) ? ' (From recordings that reconstruct the day; not archive data.)' : '';
  return `${answerText({ name: nameOf(facts), clock: clockOf(facts), range, stretches })}${note}`;
}

async function routeLines({ incidents, subject, range, events }: SubjectFacts): Promise<readonly string[]> {
  return [
    ...incidents.map((incident) => {
      return `${incidentSpanText('incident', incident)}; ${lastedText(incident)}`;
    }),
    ...(await publishedOf(subject.territory, range, events)),
  ];
}

function textOf({ answer, facts }: Answer, io: Io): string {
  const width = widthOf(io.stdout);
  const lines = facts.flatMap((fact) => {
    const indent = fact.startsWith('  ') ? '    ' : '  ';
    return wrapped(printable(fact.trim()), width - 6).map((line, i) => `${indent}${i === 0 ? '' : '  '}${line}`);
  });
  return [...wrapped(printable(answer), width), ...lines].map((line) => `${line}\n`).join('');
}

function jsonOf({ answer, from, facts }: Answer, { territory, period }: Asked): string {
  const asked = { territory, from: isoTime(period.from), until: isoTime(period.until) };
  return `${jsonText({ format: 'unroutable.answer/1', asked, answer, source: from, facts: facts.map((fact) => fact.trim()) }, 2)}\n`;
}
