import { Writable } from 'node:stream';
import { eventTime } from '../../bgp/time.ts';
import { cardHtml, cardMarkdown } from '../../report/incident-card.ts';
import { printable } from '../../report/printable.ts';
import { publishedLines } from '../../report/published.ts';
import { scoreOf, scoreTable, type Score } from '../../report/score.ts';
import { wrapped } from '../../report/wrap.ts';
import { cardOfKnown, knownIncidents, knownOf, type KnownIncident } from '../../app/incidents/library.ts';
import { complain, paintFor, widthOf, type Io } from '../../app/io.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import { didYouMean } from '../../config/suggest.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { replayed, type Replayed } from '../replay/replay.ts';

/** The options for incidents that are fetched from the public archives. */
export interface IncidentFetchOptions {
  readonly cache?: string;
  readonly offline?: boolean;
  readonly contact?: string;
}

/** `unroutable incidents` */
export async function listIncidents(io: Io): Promise<ExitStatus> {
  const incidents = await knownIncidents();
  const width = widthOf(io.stdout);
  const wide = Math.max(...incidents.map(({ name }) => name.length)) + 2;
  const lines = incidents.flatMap(({ name, title, place, label, window }) => [
    `${name.padEnd(wide)}${place}. ${title}`,
    ...wrapped(`${window.from} to ${window.until}. ${label}.`, width - wide).map((line) => ' '.repeat(wide) + line),
  ]);
  const ends = ['', 'unroutable incidents show NAME prints the card of an incident, unroutable demo NAME replays it.'];
  io.stdout.write([...lines, ...ends].map((line) => `${printable(line)}\n`).join(''));
  return EXIT.done;
}

/** `unroutable incidents shwo`: an unknown subcommand. */
export async function noSuchCommand(word: string, io: Io): Promise<ExitStatus> {
  const names = (await knownIncidents()).map(({ name }) => name);
  const hint = names.includes(word)
    ? `; \`unroutable incidents show ${word}\` prints the card of this incident`
    : didYouMean(word, COMMANDS);
  return failed(bad('usage', `incidents ${word}: there is no such command${hint} (${COMMANDS.join(', ')})`), io);
}

const COMMANDS = ['list', 'show', 'replay', 'score'];

/** `unroutable incidents show NAME` */
export async function showIncident(name: string, format: 'md' | 'html' | 'json', io: Io): Promise<ExitStatus> {
  const found = await incidentNamed(name);
  if (!found.ok) return failed(found, io);
  const card = cardOfKnown(found.value);
  const texts = {
    md: () => cardMarkdown(card),
    html: () => cardHtml(card),
    json: () => `${JSON.stringify(card, undefined, 2)}\n`,
  };
  io.stdout.write(texts[format]());
  return EXIT.done;
}

interface DemoOptions extends IncidentFetchOptions {
  readonly live?: boolean;
  /** With `live`: the address of the page. */
  readonly http?: string;
  readonly archive?: boolean;
}

/**
 * `unroutable demo NAME`: replays the incident with the ordinary command, then prints what was published; or plays it
 * as if it were live.
 */
export async function demo(name: string, options: DemoOptions, io: Io): Promise<ExitStatus> {
  if (options.http !== undefined && options.live !== true) return failed(bad('usage', '--http: it needs --live'), io);
  const found = await incidentNamed(name);
  if (!found.ok) return failed(found, io);
  const incident = found.value;
  const from = inputOf(incident, options);
  if (!from.ok) return failed(from, io);
  const paint = paintFor(io, undefined, io.stdout.isTTY === true);
  const width = widthOf(io.stdout);
  const write = (lines: readonly string[]) => io.stdout.write(lines.map((line) => `${line}\n`).join(''));
  const label = from.value.paths.length === 0 ? 'from the public archives' : incident.label;
  write([
    paint('strong', printable(incident.title)),
    ...wrapped(printable(`(${label})`), width).map((line) => paint('dim', line)),
    '',
  ]);

  if (options.live === true && incident.kind === 'reconstructed') {
    const { demoLive } = await import('./demo-live.ts');
    return demoLive(incident, options.http, io);
  }
  const { status, outcome } = await replayed(from.value.paths, { format: 'text', ...from.value.options }, io);
  if (outcome === undefined || status !== EXIT.done) return status;
  const lines = publishedLines(incident.published, outcome.events, { sources: incident.sources, paint, width });
  if (lines.length > 0) write(['', ...lines]);
  return status;
}

/** `unroutable incidents score`: compares published times with a replay, one row for each incident. */
export async function scoreIncidents(
  names: readonly string[],
  options: IncidentFetchOptions & { readonly archive?: boolean },
  io: Io,
): Promise<ExitStatus> {
  const chosen = await chooseIncidents(names, options.archive === true);
  if (!chosen.ok) return failed(chosen, io);
  const scores: Score[] = [];
  for (const incident of chosen.value) {
    const from = inputOf(incident, options);
    if (!from.ok) return failed(from, io);
    const { status, outcome } = await silently(from.value, io);
    // Do not score a replay with unread input: the score would assume complete data.
    if (outcome === undefined || status !== EXIT.done) {
      complain(io, `${incident.name}: it could not be replayed whole, so there is no score`);
      return status;
    }
    scores.push(scoreOf(knownOf(incident), outcome.events));
  }
  io.stdout.write(
    scoreTable(scores)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const isRight = scores.every(({ published, met, falseAlarms }) => published === met && falseAlarms === 0);
  return isRight ? EXIT.done : EXIT.partial;
}

async function chooseIncidents(
  names: readonly string[],
  isFromArchive: boolean,
): Promise<Result<readonly KnownIncident[]>> {
  if (names.length === 0) {
    const all = await knownIncidents();
    const isThere = (known: KnownIncident): boolean =>
      isFromArchive
        ? known.kind === 'archive' || (known.kind === 'reconstructed' && known.territories === undefined)
        : known.kind === 'reconstructed';
    return good(all.filter(isThere));
  }
  const found = await Promise.all(names.map((name) => incidentNamed(name)));
  const missing = found.find((result) => !result.ok);
  if (missing?.ok === false) return missing;
  return good(found.flatMap((result) => (result.ok ? [result.value] : [])));
}

async function incidentNamed(name: string): Promise<Result<KnownIncident>> {
  const incidents = await knownIncidents();
  const found = incidents.find((known) => known.name === name);
  if (found !== undefined) return good(found);
  const names = incidents.map((known) => known.name);
  return bad(
    'usage',
    `${name}: there is no such incident${didYouMean(name, names)} (\`unroutable incidents\` lists all ${names.length})`,
  );
}

interface Input {
  readonly paths: readonly string[];
  readonly options: Omit<ReplayOptions, 'format'>;
}

/** Where an incident is replayed from: its recordings, or the window of the public archives. */
function inputOf(incident: KnownIncident, options: DemoOptions): Result<Input> {
  const { archive, cache, offline, contact } = options;
  const territories = incident.kind === 'reconstructed' ? incident.territories : undefined;
  const common = { territory: [incident.territory], ...(territories !== undefined && { territories }) };
  if (incident.kind === 'reconstructed' && archive !== true) return good({ paths: [incident.folder], options: common });
  if (territories !== undefined)
    return bad('usage', `${incident.name}: its recordings use documentation addresses, which are in no archive`);
  if (incident.kind === 'published') {
    return bad(
      'usage',
      `${incident.name}: this library does not contain its networks, so it cannot be replayed; show prints its card`,
    );
  }
  const window = {
    from: eventTime(incident.window.from),
    until: eventTime(incident.window.until),
    ...(incident.kind === 'archive' && incident.collectors.length > 0 && { collectors: incident.collectors }),
    ...(cache !== undefined && { cache }),
    ...(offline !== undefined && { offline }),
    ...(contact !== undefined && { contact }),
  };
  return good({ paths: [], options: { ...common, ...window } });
}

/** Collects only the events; other output is discarded. */
function silently({ paths, options }: Input, io: Io): Promise<Replayed> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return replayed(paths, { ...options, format: 'ndjson', quiet: true }, { ...io, stdout: nowhere });
}
