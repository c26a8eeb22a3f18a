import { publishedOf, knownIn } from '../../app/incidents/published-of.ts';
import { widthOf, type Io } from '../../app/io.ts';
import { clockOf, isReconstructed, nameOf } from '../../app/report/captions.ts';
import { factsOf, type SubjectFacts } from '../../app/report/facts.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import { isoTime } from '../../bgp/time.ts';
import type { Reader } from '../../history/stored.ts';
import type { Answers } from '../../http/answers.ts';
import { uptimeView } from '../../http/views.ts';
import { good } from '../../lib/result.ts';
import { answerText } from '../../report/answer.ts';
import { incidentSpanText } from '../../report/incident-card.ts';
import { lastedText } from '../../report/incident-words.ts';
import { counted, jsonText, printable } from '../../report/printable.ts';
import { wrapped } from '../../report/wrap.ts';
import type { ExitStatus } from '../exit-status.ts';
import { uptimeText } from '../store/history.ts';
import { gathered, refused } from './gather.ts';

/** The options of `history`. */
export interface PastOptions extends Omit<ReplayOptions, 'format'> {
  readonly format?: 'text' | 'json';
}

/** The history of one territory and family. */
interface Past {
  readonly facts: SubjectFacts;
  readonly months: Answers['uptime'];
  readonly years: Answers['uptime'];
  /** Entries of the library in this time, and their published times beside replayed ones. */
  readonly known: readonly string[];
  readonly published: readonly string[];
}

/**
 * `unroutable history FILES…`: prints each incident, the time under each verdict, and the library's entries for that
 * time.
 */
export async function history(paths: readonly string[], options: PastOptions, io: Io): Promise<ExitStatus> {
  const { format = 'text', ...reading } = options;
  const found = await gathered(paths, reading, io, async ({ reader, events }) => {
    const [territory] = (options.territory ?? []).map((id) => id.toUpperCase());
    const from = options.since ?? options.from;
    const facts = await factsOf(reader, events, { territory, from, until: options.until, resolution: 'hour' });
    return facts.ok ? good(await Promise.all(facts.value.map((one) => seenOf(reader, one)))) : facts;
  });
  if (typeof found === 'number' || !found.ok) return refused(found, io);
  const { value, status } = found.value;
  const pasts = await Promise.all(value.map((seen) => pastOf(seen)));
  io.stdout.write(format === 'json' ? jsonOf(pasts) : pasts.map((past) => textOf(past, io)).join('\n'));
  return status;
}

/** What the history shows. */
type Seen = Pick<Past, 'facts' | 'months' | 'years'>;

async function seenOf(reader: Reader, facts: SubjectFacts): Promise<Seen> {
  const { subject, range } = facts;
  const asked = { territory: subject.territory, family: subject.family, ...range };
  return {
    facts,
    months: await uptimeView(reader, { ...asked, by: 'month' }),
    years: await uptimeView(reader, { ...asked, by: 'year' }),
  };
}

/** With what the library knows of that time. */
async function pastOf(seen: Seen): Promise<Past> {
  const { subject, range, events } = seen.facts;
  return {
    ...seen,
    known: (await knownIn(subject.territory, range)).map(({ name }) => name),
    published: await publishedOf(subject.territory, range, events),
  };
}

function textOf({ facts, months, years, known, published }: Past, io: Io): string {
  const { range, stretches, incidents } = facts;
  const width = widthOf(io.stdout);
  const answer = answerText({ name: nameOf(facts), clock: clockOf(facts), range, stretches });
  const list = (lines: readonly string[]) =>
    lines.flatMap((line) => wrapped(printable(line), width - 4).map((part, i) => `${i === 0 ? '  ' : '    '}${part}`));
  const library =
    known.length === 0
      ? ['The library of incidents knows nothing of this time.']
      : [`The library knows ${counted(known.length, 'entry', 'entries')} of this time: ${known.join(', ')}.`];
  return [
    ...wrapped(printable(answer), width),
    ...(isReconstructed(facts) ? wrapped('From recordings that reconstruct it; not archive data.', width) : []),
    '',
    incidents.length === 0 ? 'No incident was found.' : `${counted(incidents.length, 'incident')}:`,
    ...list(incidents.map((one) => `${incidentSpanText('', one).trim()}; ${lastedText(one)}`)),
    '',
    `By month, ${uptimeText(months)}By year, ${uptimeText(years)}`,
    ...wrapped(printable(library.join(' ')), width),
    ...list(published),
    '',
  ].join('\n');
}

function jsonOf(all: readonly Past[]): string {
  const reports = all.map(({ facts, months, years, known, published }) => ({
    ...{ territory: facts.subject.territory, family: facts.subject.family },
    ...{ from: isoTime(facts.range.from), until: isoTime(facts.range.until) },
    answer: answerText({
      ...{ name: nameOf(facts), clock: clockOf(facts) },
      ...{ range: facts.range, stretches: facts.stretches },
    }),
    incidents: facts.incidents,
    months: months.rows,
    years: years.rows,
    library: { known, published },
  }));
  return `${jsonText({ format: 'unroutable.history/1', reports }, 2)}\n`;
}
