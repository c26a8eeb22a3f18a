import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseCollector } from '../bgp/peer.ts';
import { parseDuration } from '../config/duration.ts';
import { MOMENT_FORM, parseMoment } from '../bgp/moment.ts';
import {
  parseSetting,
  POLICY_SETTINGS,
  SETTING_FORMS,
  settingText,
  VOTING_SETTINGS,
  type Setting,
} from '../config/settings.ts';
import { parseUrl } from '../lib/http-url.ts';
import type { Seed } from '../app/feed/types.ts';
import type { ExitStatus } from './exit-status.ts';

/**
 * The options of a command as commander returns them, by name in camel case. The command's own type lists them,
 * including its `settings`, the thresholds.
 */
export type Chosen<Options> = Omit<Options, 'settings'>;

/** Takes the exit status of the command that ran. */
export type End = (status: ExitStatus) => void;

/** The action of a command: it runs, and its exit status is passed on. `run` loads the module of the command. */
export function ending<Args extends readonly unknown[]>(
  end: End,
  run: (...args: Args) => Promise<ExitStatus>,
): (...args: Args) => Promise<void> {
  return async (...args) => end(await run(...args));
}

/** The options that select territories, the same for `replay` and `watch`. */
export function addChoice(command: Command): void {
  command
    .optionsGroup('What to watch:')
    .option(
      '-t, --territory <id>',
      'watch this territory; may be repeated (default: all of the file, else KP)',
      collect,
    )
    .option('--territories <file>', 'YAML file of territories, see docs/territories.md');
}

/** The limit of what may be watched: `replay` and `watch` refuse more than memory can hold. */
export function addLimits(command: Command): void {
  command
    .option('--max-territories <n>', 'refuse more territories than this (default: 2000)', asLimit)
    .option(
      '--max-networks <n>',
      'refuse more /24s and /48s than this, all territories together (default: 131072)',
      asLimit,
    );
}

function asLimit(text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 1 to 99999999.');
  return Number(text);
}

/** Every threshold and every voting rule as an option. `as`: defaults that differ from those of a replay. */
export function addThresholds(
  command: Command,
  as: <Key extends string>(table: readonly Setting<Key>[]) => readonly Setting<Key>[] = (table) => table,
): void {
  addSettings(command, 'Thresholds:', as(POLICY_SETTINGS));
  addSettings(command, 'Who may vote:', as(VOTING_SETTINGS));
}

function addSettings(command: Command, group: string, table: readonly Setting<string>[]): void {
  command.optionsGroup(group);
  for (const setting of table) {
    const { option, kind, help, fallback } = setting;
    const text = `${help} (default: ${settingText(setting, fallback)})`;
    command.option(`--${option} <${kind}>`, text, (value) => {
      const parsed = parseSetting(kind, value);
      if (parsed === undefined) throw new InvalidArgumentError(`It must be ${SETTING_FORMS[kind]}.`);
      return parsed;
    });
  }
}

/** The options for the output of a replay. */
export function addPrinting(command: Command): void {
  command
    .optionsGroup('What to print:')
    .addOption(
      new Option(
        '-f, --format <format>',
        'text for people (default on a terminal), ndjson: one CloudEvent a line (default elsewhere), json: one document, csv: one row for each event, md: a card for each incident',
      ).choices(['text', 'ndjson', 'json', 'csv', 'md']),
    );
  addOut(command, 'write to this file; .txt, .ndjson, .json, .csv and .md choose the format');
  command
    .option('-q, --quiet', 'no progress on stderr')
    .option('--no-chart', 'no chart in text')
    .addOption(new Option('--color', 'colour, even if stdout is not a terminal'))
    .addOption(new Option('--no-color', 'no colour, as with NO_COLOR set'));
}

/** `--out`: `-` is stdout, as without the option. */
export function addOut(command: Command, text: string): void {
  command
    .option('-o, --out <file>', text, (name) => (name === '-' ? name : asFile(name)))
    .hook('preAction', (called) => {
      if (called.getOptionValue('out') === '-') called.setOptionValue('out', undefined);
    });
}

/** Reads the name of a file or a folder. `-` is refused: it would become a file of this name. */
export function asFile(text: string): string {
  if (text === '' || text === '-') throw new InvalidArgumentError('It must be the name of a file or a folder.');
  return text;
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Reads the name of a collector, or reports a usage error. */
export function asCollector(text: string) {
  const collector = parseCollector(text);
  if (collector === undefined) throw new InvalidArgumentError('It must be a name such as rrc00 or route-views.sg.');
  return collector;
}

/** Reads names of collectors, separated by commas, or reports a usage error. */
export function asCollectors(text: string) {
  return text.split(',').map((name) => asCollector(name.trim()));
}

/** Reads a `ws:` or `wss:` URL, or reports a usage error. */
export function asWebSocketUrl(text: string): string {
  const url = parseUrl(text);
  if (url === undefined || !/^wss?:$/.test(url.protocol))
    throw new InvalidArgumentError('It must be a ws:// or wss:// URL.');
  return text;
}

/** Reads where the first table comes from, or reports a usage error. */
export function asSeed(text: string, before?: Seed): Seed {
  if (text === 'ripestat' || text === 'none') return { from: text };
  if (!text.startsWith('mrt:') || text === 'mrt:')
    throw new InvalidArgumentError('It must be ripestat, mrt:FILE or none.');
  const paths = before?.from === 'mrt' ? before.paths : [];
  return { from: 'mrt', paths: [...paths, text.slice('mrt:'.length)] };
}

/** Reads a factor, or `max`, or reports a usage error. */
export function asSpeed(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const speed = Number(text);
  if (!(speed > 0 && speed <= 1_000_000)) throw new InvalidArgumentError('It must be a number above 0, or max.');
  return speed;
}

/** Reads a TCP port, or reports a usage error. */
export function asPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('It must be a port, 0 to 65535.');
  return Number(text);
}

/** Reads a whole number, or reports a usage error. */
export function asCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 1 to 9999.');
  return Number(text);
}

/** Reads a number of events, or reports a usage error. */
export function asEvents(text: string): number {
  if (!/^[1-9]\d{2,7}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 100 to 99999999.');
  return Number(text);
}

/** Reads a time in UTC, or reports a usage error. */
export function asMoment(text: string) {
  const at = parseMoment(text);
  if (at === undefined) throw new InvalidArgumentError(`It must be ${MOMENT_FORM}.`);
  return at;
}

/** Reads a number of threads, or reports a usage error. */
export function asThreads(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > 64)
    throw new InvalidArgumentError('It must be a whole number, 0 to 64.');
  return Number(text);
}

/** The default address of `serve`. */
export const DEFAULT_HTTP = '127.0.0.1:4680';

/** The options of commands that serve the page and the API. */
export function addHttp(command: Command, usual?: string): void {
  command
    .optionsGroup('What to serve:')
    .option('--http <address>', '[HOST:]PORT of the page and the API, see docs/http.md', usual)
    .option('--http-public', 'anyone who can reach the address may read, under any name of this host')
    .option('--http-token <file>', 'readers must show the token in this file (default: $UNROUTABLE_HTTP_TOKEN)')
    .option('--as-names <file>', 'file or URL with names of ASes for the page and the API: "4837 NAME" a line');
}

/** Reads a duration with its unit, or reports a usage error. Milliseconds. */
export function asDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 1_000) throw new InvalidArgumentError('It must be a duration of 1s or more: 90s, 5m.');
  return ms;
}
