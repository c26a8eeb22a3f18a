import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Io } from '../../app/io.ts';
import { EXIT_HELP } from '../exit-status.ts';
import { addArchive } from '../archive/options.ts';
import {
  addChoice,
  addLimits,
  addOut,
  addThresholds,
  asCollector,
  asCollectors,
  asFile,
  asMoment,
  asThreads,
  collect,
  ending,
  type Chosen,
  type End,
} from '../program-options.ts';
import { addStore } from '../store/program.ts';
import type { AskOptions } from './ask.ts';
import type { PastOptions } from './history.ts';
import type { ReportOptions } from './report.ts';

const FORMATS = ['html', 'md', 'svg', 'png', 'csv', 'json', 'ndjson', 'parquet'];
const PICTURES = ['visibility', 'lifelines', 'upstreams', 'messages', 'peers'];
const TABLES = ['series', 'incidents', 'spans', 'events'];

/** `report`: a range of time as a document, a picture or numbers. */
// oxlint-disable-next-line max-lines-per-function -- one line an option
export function addReport(program: Command, io: Io, end: End): void {
  const report = program
    .command('report')
    .summary('make a report, a picture or a table of a stretch of time')
    .description(
      'Makes one report of a stretch of time: from files, a window of the archives or a recording; without them from a store.',
    )
    .argument('[files...]', 'files, folders, patterns, URLs, a tape, or - for standard input');
  addReading(report);
  report.optionsGroup('What to make:');
  addOut(report, 'write there; .html, .md, .svg, .png, .csv, .json, .ndjson and .parquet choose the format');
  report
    .addOption(new Option('-f, --format <format>', 'of the report (default: md)').choices(FORMATS))
    .option(
      '--picture <name>',
      `only this picture: ${PICTURES.join(', ')}; may be repeated (default: visibility and lifelines; all in a document)`,
      asPicture,
    )
    .addOption(new Option('--theme <theme>', 'of svg and png').choices(['light', 'dark']).default('light'))
    .addOption(
      new Option(
        '--table <name>',
        'of csv and parquet: series: visibility over time (the default), incidents, spans: the time by verdict, events',
      ).choices(TABLES),
    )
    .addOption(
      new Option(
        '--resolution <step>',
        'of series and pictures (default: minute for a week, hour for 100 days, else day)',
      ).choices(['minute', 'hour', 'day']),
    )
    .addOption(new Option('--family <family>', 'where both are watched').choices(['ipv4', 'ipv6']))
    .option('--incident <id>', 'only the card of this incident, or of all: md, html or json')
    .option('--as-names <file>', 'file or URL with names of ASes, which stand after their numbers: "4837 NAME" a line')
    .option('-q, --quiet', 'no progress on stderr');
  addStore(report, 'what files and windows do not need: $UNROUTABLE_STORE, else ~/.local/state/unroutable');
  addThresholds(report);
  report
    .addHelpText('after', `\n${EXIT_HELP}`)
    .action(
      ending(end, async (files: string[], options: ReportOptions) =>
        (await import('./report.ts')).report(files, { ...options, settings: { ...options } }, io),
      ),
    );
}

/** `ask`: answers "was it offline then?" in one sentence. */
export function addAsk(program: Command, io: Io, end: End): void {
  const ask = program
    .command('ask')
    .summary('was it offline then? In one sentence')
    .description(
      'Answers in one sentence whether a territory was offline: from the library of incidents; with files, --store or --archive from routes.',
    )
    .argument('<words...>', 'the territory (default: KP), a year, month, day or moment, and files to read: KP 2014-12')
    .option('--territories <file>', 'YAML file of territories, see docs/territories.md');
  addStore(ask, 'none is asked');
  ask
    .optionsGroup('From the public archives of RIPE RIS and Route Views:')
    .option('--archive', 'fetch what that time needs')
    .option(
      '--collectors <names>',
      'of these collectors: rrc00,route-views.sg (default: rrc00,route-views2)',
      asCollectors,
    )
    .option(
      '--cache <dir>',
      'folder of the cache (default: $UNROUTABLE_CACHE, else ~/.cache/unroutable/archive)',
      asFile,
    )
    .option('--offline', 'use only files that are in the cache')
    .optionsGroup('What to print:')
    .addOption(new Option('-f, --format <format>', 'text or json').choices(['text', 'json']).default('text'))
    .option('-q, --quiet', 'no progress on stderr')
    .action(
      ending(end, async (words: string[], options: Chosen<AskOptions>) =>
        (await import('./ask.ts')).ask(words, options, io),
      ),
    );
}

/** `history`: every incident of a long time, and how much of that time is known. */
export function addHistory(program: Command, io: Io, end: End): void {
  const history = program
    .command('history')
    .summary('list every incident, and the uptime per month and year')
    .description(
      'Tells every incident that is found, the time under each verdict per month and year, and what the library knows of that time: from files, a window of the archives or a recording; without them from a store.',
    )
    .argument('[files...]', 'files, folders, patterns, URLs, a tape, or - for standard input');
  addReading(history);
  history
    .optionsGroup('What to print:')
    .addOption(new Option('-f, --format <format>', 'text or json').choices(['text', 'json']).default('text'))
    .option('-q, --quiet', 'no progress on stderr');
  addStore(history, 'what files and windows do not need: $UNROUTABLE_STORE, else ~/.local/state/unroutable');
  addThresholds(history);
  history
    .addHelpText('after', `\n${EXIT_HELP}`)
    .action(
      ending(end, async (files: string[], options: PastOptions) =>
        (await import('./history.ts')).history(files, { ...options, settings: { ...options } }, io),
      ),
    );
}

/** The input options, the same as for `replay`. */
function addReading(command: Command): void {
  addChoice(command);
  addLimits(command);
  command
    .optionsGroup('What to read:')
    .option('--collector <name>', 'name of the collector, if the path does not contain it', asCollector)
    .option('--since <time>', 'report from this time on (UTC)', asMoment)
    .option('--threads <n>', 'threads that read files, 0 for none (default: one for each core)', asThreads);
  addArchive(command);
}

/** Reads the name of a picture, which may be repeated, or reports a usage error. */
function asPicture(value: string, before?: readonly string[]): readonly string[] {
  if (!PICTURES.includes(value)) throw new InvalidArgumentError(`It must be one of ${PICTURES.join(', ')}.`);
  return collect(value, before);
}
