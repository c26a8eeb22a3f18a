import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { clocksOf } from '../../app/output/formatters.ts';
import { CARD_FORMATS, cardsIn, cardsText } from '../../app/report/cards.ts';
import { captionsOf, clockOf, nameOf } from '../../app/report/captions.ts';
import { unwritable } from '../../app/output/out-file.ts';
import { documentOf, type Measured } from '../../app/report/document.ts';
import { factsOf, type SubjectFacts } from '../../app/report/facts.ts';
import { asNames, type AsNames } from '../../app/report/as-names.ts';
import { tableCsv, tableOf, type Table } from '../../app/report/tables.ts';
import { systemClock } from '../../app/system-clock.ts';
import type { Io } from '../../app/io.ts';
import { publishedOf } from '../../app/incidents/published-of.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import { isoTime } from '../../bgp/time.ts';
import type { Family } from '../../bgp/prefix.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Failure, type Result } from '../../lib/result.ts';
import {
  csvOf,
  lifelinesPicture,
  messagesPicture,
  peersPicture,
  upstreamsPicture,
  visibilityPicture,
  type Picture,
} from '../../pictures/pictures.ts';
import { answerText } from '../../report/answer.ts';
import { grouped, jsonText } from '../../report/printable.ts';
import { reportHtml, reportMarkdown } from '../../report/report-document.ts';
import { failed, type ExitStatus } from '../exit-status.ts';
import { gathered, refused, type Gathered } from './gather.ts';
import type { Theme } from './draw.ts';

/** The formats of a report. */
export const REPORT_FORMATS = ['html', 'md', 'svg', 'png', 'csv', 'json', 'ndjson', 'parquet'] as const;

type ReportFormat = (typeof REPORT_FORMATS)[number];

/** The options of `report`. */
export interface ReportOptions extends Omit<ReplayOptions, 'format'> {
  readonly format?: ReportFormat;
  readonly family?: Family;
  readonly picture?: readonly Picture['id'][];
  readonly table?: Table;
  readonly theme?: Theme;
  readonly resolution?: 'minute' | 'hour' | 'day';
  /** The card of the incident with this id; `all`: of each incident. */
  readonly incident?: string;
  /** A file or a URL of names of ASes. */
  readonly asNames?: string;
}

/** `unroutable report`: writes a document about a range of time, a picture of it, or its numbers. */
export async function report(paths: readonly string[], options: ReportOptions, io: Io): Promise<ExitStatus> {
  const format = formatOf(options, io);
  if (!format.ok) return failed(format, io);
  const fault = await unwritable(options.out);
  if (fault !== undefined) return failed(fault, io);
  const { format: _, ...reading } = options;
  const names = await asNames(options, io, systemClock);
  if (!names.ok) return failed(names, io);
  const read = await gathered(paths, { ...reading, quiet: options.quiet ?? false }, io, async (found) => {
    const [territory] = (options.territory ?? []).map((id) => id.toUpperCase());
    const from = options.since ?? options.from;
    const facts = await factsOf(found.reader, found.events, { ...options, territory, from });
    return facts.ok ? good({ facts: facts.value, found }) : facts;
  });
  if (typeof read === 'number' || !read.ok) return refused(read, io);
  const { facts, found } = read.value.value;
  const made = await rendered(format.value, facts, found, { ...options, names: names.value });
  if (!made.ok) return failed(made, io);
  const written = await writtenTo(made.value, options, io);
  return written.ok ? read.value.status : failed(written, io);
}

/** The format of `--format`, else of the ending of `--out`, else HTML for a file and Markdown for stdout. */
function formatOf({ format, out, table, picture, incident }: ReportOptions, io: Io): Result<ReportFormat> {
  const ending = out === undefined ? '' : extname(out).slice(1).toLowerCase();
  const found = format ?? REPORT_FORMATS.find((known) => known === ending || (known === 'html' && ending === 'htm'));
  if (found === undefined && out !== undefined)
    return bad(
      'usage',
      `--out ${out}: no report ends like this; use .${REPORT_FORMATS.join(', .')}, or say which with --format`,
    );
  const chosen = found ?? (table === undefined ? 'md' : 'csv');
  const unfit = unfitFor(chosen, { table, picture, incident });
  if (unfit !== undefined) return unfit;
  if ((chosen === 'png' || chosen === 'parquet') && out === undefined && io.stdout.isTTY === true)
    return bad('usage', `${chosen} is not for a terminal: write it to a file with --out FILE.${chosen}`);
  return good(chosen);
}

/** A chosen part of a report that this format does not have. */
function unfitFor(format: ReportFormat, { table, picture, incident }: Part): Failure | undefined {
  const chosen = [table, picture, incident].filter((part) => part !== undefined).length;
  if (chosen > 1) return bad('usage', 'choose one of --table, --picture and --incident');
  if (incident !== undefined && !CARD_FORMATS.some((known) => known === format))
    return bad('usage', `--incident: a card is md, html or json, not ${format}`);
  if (table !== undefined && format !== 'csv' && format !== 'parquet')
    return bad('usage', `--table: ${format} has no tables; use csv or parquet`);
  if (picture === undefined) return undefined;
  if (!HAVE_PICTURES.has(format))
    return bad('usage', `--picture: ${format} has no pictures; use html, svg or png, or csv for the numbers of one`);
  return format === 'csv' && picture.length > 1
    ? bad('usage', 'one csv has one table: choose one --picture')
    : undefined;
}

/** The chosen part of a report. */
interface Part {
  readonly table: Table | undefined;
  readonly picture: readonly Picture['id'][] | undefined;
  readonly incident: string | undefined;
}

const HAVE_PICTURES: ReadonlySet<ReportFormat> = new Set(['html', 'svg', 'png', 'csv']);

type Rendering = ReportOptions & { readonly names: AsNames };

async function rendered(
  format: ReportFormat,
  all: readonly SubjectFacts[],
  found: Gathered,
  options: Rendering,
): Promise<Result<string | Uint8Array>> {
  const { table = 'series', names, incident } = options;
  if (incident !== undefined) return cardsOf(format, incident, all, found);
  if (format === 'csv') return options.picture === undefined ? good(tableCsv(table, all)) : numbersOf(all, options);
  if (format === 'parquet') {
    const { tableParquet } = await import('../../app/report/parquet.ts');
    return good(tableParquet(tableOf(table, all)));
  }
  if (format === 'ndjson') {
    const events = new Set(all.flatMap((facts) => facts.events));
    return good(
      found.events
        .filter((event) => events.has(event))
        .map((event) => `${jsonText(event)}\n`)
        .join(''),
    );
  }
  if (format === 'json') return good(`${jsonText({ format: 'unroutable.report/1', reports: all.map(jsonOf) }, 2)}\n`);
  const pictures = all.map((facts) => picturesOf(facts, options.picture ?? ALL, names));
  const documents = await Promise.all(
    all.map(async (facts, i) => documentOf(facts, pictures[i] ?? [], { ...(await measuredOf(facts, found)), names })),
  );
  if (format === 'md') return good(reportMarkdown(documents));
  return drawn(format, { all, documents, pictures }, options);
}

/** The cards of incidents that touch the range of the report. */
function cardsOf(
  format: ReportFormat,
  wanted: string,
  all: readonly SubjectFacts[],
  { events, selection }: Gathered,
): Result<string> {
  const known = all.flatMap(({ incidents }) => incidents.map(({ id }) => id));
  const cards = cardsIn(events, clocksOf(selection)).filter(({ name }) => known.includes(name));
  const chosen = wanted === 'all' ? cards : cards.filter(({ name }) => name === wanted);
  const form = CARD_FORMATS.find((one) => one === format) ?? 'md';
  if (wanted === 'all' || chosen.length > 0) return good(cardsText(chosen, form));
  return bad(
    'usage',
    `--incident ${wanted}: there is no such incident in this time (${cards.length === 0 ? 'there is none' : known.join(', ')})`,
  );
}

/** The numbers that a picture draws. */
function numbersOf(all: readonly SubjectFacts[], { picture = [], names }: Rendering): Result<string> {
  const one = only(all);
  if (!one.ok) return one;
  const [drawn] = picturesOf(one.value, picture, names);
  return drawn === undefined ? bad('usage', NO_PEERS) : good(csvOf(drawn));
}

/** The one territory and family that a picture shows. */
function only(all: readonly SubjectFacts[]): Result<SubjectFacts> {
  const [facts] = all;
  if (facts === undefined) return bad('files', 'there is nothing to draw');
  const keys = all.map(({ subject }) => subject.key).join(', ');
  return all.length === 1
    ? good(facts)
    : bad('usage', `a picture shows one of them: choose with --territory and --family (${keys})`);
}

const NO_PEERS = 'what each peer saw is recorded for at most three days, and not in this time';

interface Drawing {
  readonly all: readonly SubjectFacts[];
  readonly documents: readonly ReturnType<typeof documentOf>[];
  readonly pictures: readonly (readonly Picture[])[];
}

/** Loaded only for drawing: the chart library is the largest part of the program. */
async function drawn(
  format: 'html' | 'svg' | 'png',
  { all, documents, pictures }: Drawing,
  { theme = 'light', picture = ARTICLE, names }: Rendering,
): Promise<Result<string | Uint8Array>> {
  const { figureSvg, pictureSvg, pngOf } = await import('./draw.ts');
  if (format === 'html') {
    const svgOf = (i: number, id: string): string => {
      const [facts, one] = [all[i], pictures[i]?.find((known) => known.id === id)];
      return facts === undefined || one === undefined ? '' : pictureSvg(one, facts, 'light');
    };
    return good(reportHtml(documents, svgOf));
  }
  const one = only(all);
  if (!one.ok) return one;
  const [document = { answer: '' }] = documents;
  const chosen = picturesOf(one.value, picture, names);
  if (chosen.length === 0) return bad('usage', NO_PEERS);
  const svg = figureSvg(document, chosen, one.value, theme);
  return format === 'svg' ? good(svg) : pngOf(svg);
}

const ALL = ['lifelines', 'visibility', 'upstreams', 'messages', 'peers'] as const;
/** The pictures of an article by default. */
const ARTICLE = ['visibility', 'lifelines'] as const;

function picturesOf(facts: SubjectFacts, ids: readonly Picture['id'][], names: AsNames): readonly Picture[] {
  const { timeline, fine, peers } = facts;
  const hasNetworks = timeline.networks.length > 0;
  const makers: Readonly<Record<Picture['id'], () => Picture | undefined>> = {
    visibility: () => visibilityPicture(fine),
    lifelines: () => (hasNetworks ? lifelinesPicture(fine) : undefined),
    upstreams: () => (hasNetworks ? upstreamsPicture(timeline, names) : undefined),
    messages: () => messagesPicture(timeline),
    peers: () => (hasNetworks && peers !== undefined ? peersPicture(peers) : undefined),
  };
  return ids.flatMap((id) => makers[id]() ?? []);
}

async function measuredOf({ subject, range, events }: SubjectFacts, found: Gathered): Promise<Omit<Measured, 'names'>> {
  const watched = found.selection.territories.find(({ territory }) => territory.id === subject.territory);
  return {
    inputs: (found.outcome?.files ?? []).map(
      ({ name, collector, kind, bytes }) => `${collector} ${name}: ${kind}, ${grouped(bytes)} bytes`,
    ),
    policy: found.outcome === undefined ? undefined : watched?.policy,
    published: await publishedOf(subject.territory, range, events),
  };
}

/** The report as a document for programs. */
function jsonOf(facts: SubjectFacts): unknown {
  const { subject, range, stretches, timeline, incidents, collectors, voters } = facts;
  const name = nameOf(facts);
  return {
    ...{ territory: subject.territory, family: subject.family, name },
    ...{ from: isoTime(range.from), until: isoTime(range.until) },
    answer: answerText({ name, clock: clockOf(facts), range, stretches }),
    captions: captionsOf(facts),
    stretches: stretches.map(({ verdict, from, until }) => ({ verdict, from: isoTime(from), until: isoTime(until) })),
    ...{ collectors, voters, incidents, networks: timeline.networks, series: timeline.buckets },
  };
}

async function writtenTo(content: string | Uint8Array, { out }: ReportOptions, io: Io): Promise<Result<undefined>> {
  if (out === undefined) {
    io.stdout.write(content);
    return good(undefined);
  }
  try {
    await writeFile(out, content);
    return good(undefined);
  } catch (error) {
    return bad('files', `--out ${out}: ${refusal(error)}`);
  }
}
