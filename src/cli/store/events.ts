import type { UnroutableEvent } from '../../detect/events/event.ts';
import { isTypePattern, matchesType, typePatterns } from '../../sinks/webhook/filter.ts';
import { parseMoment } from '../../bgp/moment.ts';
import { didYouMean } from '../../config/suggest.ts';
import type { EventTime } from '../../bgp/time.ts';
import { csvHeader, csvRow } from '../../report/csv.ts';
import { UnknownEvent, type Clock, type StateStore } from '../../ports.ts';
import { counted } from '../../report/printable.ts';
import { textSink } from '../../sinks/stdout.ts';
import { eventLines, type EventStyle } from '../../app/output/event-lines.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { charsetOf, complain, paintFor, widthOf, type Io } from '../../app/io.ts';
import { openExisting, openLasting, type OpenStore, type StoreOptions } from '../../app/open-store.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Failure, type Result } from '../../lib/result.ts';
import { select, type Selection, type SelectionOptions } from '../../config/selection.ts';
import { systemClock } from '../../app/system-clock.ts';

/** The options of `events`. */
export interface EventsOptions extends StoreOptions, SelectionOptions, Omit<EventStyle, 'format'> {
  /** @default text on a terminal, ndjson elsewhere */
  readonly format?: EventStyle['format'] | 'csv';
  /** Event time: events that were decided from here on, and before `until`. */
  readonly from?: EventTime;
  readonly until?: EventTime;
  /** Draw a chart of that time below the text. */
  readonly chart?: boolean;
  /** Id of an event: events after it. Or a time: events from it on. */
  readonly since?: string;
  /** Continue with new events. */
  readonly follow?: boolean;
  /** `country.unroutable`, or `country.*`; none means all. */
  readonly type?: readonly string[];
}

/** `unroutable events`: prints stored events in order. */
export async function printEvents(given: EventsOptions, io: Io, clock: Clock = systemClock): Promise<ExitStatus> {
  const unknown = unknownTypes(given);
  if (!unknown.ok) return failed(unknown, io);
  const since = given.since === undefined ? undefined : parseMoment(given.since);
  const misused = misuse(given, since, io);
  if (misused !== undefined) return failed(misused, io);
  const from = since ?? given.from;
  const options = since === undefined ? given : omitSince(given);
  const selection = await select(options);
  if (!selection.ok) return failed(selection, io);
  // With `--follow` the watch may start later.
  const open = options.follow === true ? openLasting : openExisting;
  const opened = await open({ ...options, access: 'read' }, ids(selection.value), io, clock);
  if (!opened.ok) return failed(opened, io);

  const { store } = opened.value;
  const ended = new AbortController();
  const sink = textSink(io.stdout, () => ended.abort());
  const lines = linesOf(options, selection.value, io);
  let [found, printed] = [0, 0];
  try {
    if (options.format === 'csv') await sink.write(csvHeader());
    for await (const event of read(store, options, AbortSignal.any([io.signal, ended.signal]))) {
      found++;
      if (isWanted(event, options) && isWithin(event, from, options.until)) {
        printed++;
        await sink.write(lines([event]));
      }
      if (ended.signal.aborted) break;
    }
    if (options.chart === true) await sink.write(await chartText(store, selection.value, { ...options, from }, io));
    await sink.flush();
    if (printed === 0 && options.follow !== true) complain(io, noneText(opened.value, found, given));
  } catch (error) {
    return failed(faultOf(error, store, options), io);
  } finally {
    await store.close();
  }
  return sink.failure === undefined || sink.failure === 'gone' ? EXIT.done : EXIT.files;
}

/** Options that contradict each other. */
function misuse(
  { from, until, chart, follow, format }: EventsOptions,
  since: EventTime | undefined,
  io: Io,
): Failure | undefined {
  if (since !== undefined && from !== undefined) return bad('usage', '--from and --since: name one begin');
  const begin = since ?? from;
  if (begin !== undefined && until !== undefined && begin >= until)
    return bad('usage', `${from === undefined ? '--since' : '--from'} must be before --until`);
  const isText = (format ?? (io.stdout.isTTY === true ? 'text' : 'ndjson')) === 'text';
  if (until !== undefined && follow === true)
    return bad('usage', '--until ends the stored events, and --follow goes on until stopped: choose one');
  if (chart === true && (!isText || follow === true))
    return bad('usage', '--chart is part of the text of stored events: use --format text, without --follow');
  return undefined;
}

/** The chart of the stored history, or why there is none. */
async function chartText(
  store: StateStore,
  selection: Selection,
  { from, until, color }: Omit<EventsOptions, 'from'> & { readonly from: EventTime | undefined },
  io: Io,
): Promise<string> {
  const isTerminal = io.stdout.isTTY === true;
  const { storedCharts } = await import('../../app/output/stored-chart.ts');
  const charts = await storedCharts(
    store,
    selection,
    { from, until },
    {
      paint: paintFor(io, color, isTerminal),
      width: isTerminal ? widthOf(io.stdout) : 80,
      charset: charsetOf(io),
    },
  );
  if (charts.ok) return charts.value.map((line) => `${line}\n`).join('');
  complain(io, `no chart: ${charts.faults.join('; ')}`);
  return '';
}

/** Explains an empty answer: nothing is stored, or nothing that is stored matches. */
function noneText({ name, store }: OpenStore, found: number, { since }: EventsOptions): string {
  const place = `${name} in ${store.name}`;
  if (found > 0) return `${place}: none of ${counted(found, 'event')} is of the time, types and territories asked for`;
  return since === undefined ? `${place}: no event is stored yet` : `${place}: no event is stored after ${since}`;
}

function isWithin({ time }: UnroutableEvent, from: EventTime | undefined, until: EventTime | undefined): boolean {
  const at = Date.parse(time);
  return at >= (from ?? 0) && at < (until ?? Infinity);
}

function linesOf({ format, ...options }: EventsOptions, selection: Selection, io: Io): ReturnType<typeof eventLines> {
  if (format === 'csv') return (events) => events.map(csvRow).join('');
  return eventLines({ ...options, ...(format !== undefined && { format }) }, selection, io);
}

/** The time is compared with each event, because the store only finds events by id. */
function omitSince(options: EventsOptions): EventsOptions {
  const rest: EventsOptions & { since?: string } = { ...options };
  delete rest.since;
  return rest;
}

/** Report an unknown type: it would silently match nothing. */
function unknownTypes({ type = [] }: EventsOptions): Result<undefined> {
  const known = typePatterns();
  const faults = type
    .filter((wanted) => !isTypePattern(wanted))
    .map((wanted) => `--type ${wanted}: no event has this type${didYouMean(wanted, known)} (${known.join(', ')})`);
  return faults.length === 0 ? good(undefined) : bad('usage', ...faults);
}

/**
 * The reason why reading ended. An id that the user did not name is that of the last printed event: events after it
 * were trimmed.
 */
function faultOf(error: unknown, store: StateStore, { since }: EventsOptions): ReturnType<typeof bad> {
  if (!(error instanceof UnknownEvent)) return bad('store', `${store.name}: ${refusal(error)}`);
  if (error.id === since) return bad('usage', `--since ${since}: ${error.message}`);
  return bad(
    'store',
    `${store.name}: the events after ${error.id} were trimmed before they were read; ` +
      'without --since it begins with the oldest stored event',
  );
}

function read(
  store: StateStore,
  { since, follow }: EventsOptions,
  signal: AbortSignal,
): AsyncIterable<UnroutableEvent> {
  return follow === true ? store.follow(since, signal) : store.events(since);
}

/** Whether an event has a requested type, and a requested territory or none (our own view). */
function isWanted({ type, source }: UnroutableEvent, { territory, type: types }: EventsOptions): boolean {
  const isOfTerritory =
    territory === undefined ||
    !source.startsWith('/territories/') ||
    territory.some((id) => source === `/territories/${id.toUpperCase()}`);
  return isOfTerritory && (types === undefined || types.some((wanted) => matchesType(wanted, type)));
}

function ids({ territories }: { readonly territories: readonly { readonly territory: { readonly id: string } }[] }) {
  return territories.map(({ territory }) => territory.id);
}
