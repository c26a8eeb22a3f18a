import { createWriteStream } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import { inputFault, unwritable } from '../../app/output/out-file.ts';
import { createEngine, type Engine } from '../../engine.ts';
import type { Space } from '../../spaces.ts';
import { run } from '../../pipeline.ts';
import { lastIncidents } from '../../report/verdicts.ts';
import { textSink, type TextSink } from '../../sinks/stdout.ts';
import { memoryStore } from '../../store/memory.ts';
import { breathing } from '../../app/breathing.ts';
import type { Archive } from '../../app/replay/archive.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { charsetOf, complain, paintFor, widthOf, type Io } from '../../app/io.ts';
import { noProgress } from '../../app/replay/progress.ts';
import { openNamed } from './named-inputs.ts';
import { formatByName, remarks } from './remarks.ts';
import { createProgress } from '../output/progress.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import type { StoredReplay } from '../../app/replay/stored-replay.ts';
import type { openStoredReplay } from '../../app/replay/open-stored-replay.ts';
import { endStream } from '../../lib/end-stream.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { select, tooMany, type Selection } from '../../config/selection.ts';
import { createFormatter, standingsOf, type Format, type ReplayOutcome } from '../../app/output/formatters.ts';
import { HistoryRecorder } from '../../app/output/history-recorder.ts';

/** `unroutable replay` */
export async function replay(paths: readonly string[], options: ReplayOptions, io: Io): Promise<ExitStatus> {
  return (await replayed(paths, options, io)).status;
}

/** Turns what the command line names into an archive. */
export type OpenArchive = typeof openNamed;

/** A finished replay. */
export interface Replayed {
  readonly status: ExitStatus;
  /** `undefined`: the run did not start. */
  readonly outcome: ReplayOutcome | undefined;
}

/** Replays an archive and prints the events. `open` turns the named inputs into an archive. */
export async function replayed(
  paths: readonly string[],
  given: ReplayOptions,
  io: Io,
  open: OpenArchive = openNamed,
): Promise<Replayed> {
  const since = given.since ?? given.from;
  const options = { ...given, ...(since !== undefined && { since }) };
  const ready = await prepare(paths, options, io, open);
  if (ready.ok) return conduct(ready.value, options, io);
  return { status: failed(ready, io), outcome: undefined };
}

interface Replay {
  readonly selection: Selection;
  readonly archive: Archive;
  readonly output: Output;
  readonly format: Format;
  /** The store; `undefined` without one. */
  readonly stored: StoredReplay | undefined;
}

async function prepare(
  paths: readonly string[],
  options: ReplayOptions,
  io: Io,
  open: OpenArchive,
): Promise<Result<Replay>> {
  const { since, until } = options;
  if (options.from === undefined && since !== undefined && until !== undefined && since >= until) {
    return bad('usage', '--since must be before --until');
  }
  const byName = formatByName(options);
  if (!byName.ok) return byName;
  const selection = await select(options, io);
  if (!selection.ok) return selection;
  const limited = tooMany(selection.value, options);
  if (!limited.ok) return limited;
  const unfit = await unwritable(options.out);
  if (unfit !== undefined) return unfit;
  const archive = await open(paths, options, selection.value, io);
  if (!archive.ok) return archive;
  const output = await openOutput(options, archive.value, io);
  if (!output.ok) return output;
  const stored = await storedFor(archive.value, selection.value, options, io);
  if (!stored.ok) return stored;
  return good({
    selection: selection.value,
    archive: archive.value,
    output: output.value,
    format: byName.value ?? (output.value.isTerminal ? 'text' : 'ndjson'),
    stored: stored.value,
  });
}

/** Loaded on demand: most replays have no store. */
async function storedFor(...wanted: Parameters<typeof openStoredReplay>): Promise<Result<StoredReplay | undefined>> {
  const [archive, selection, options] = wanted;
  if (options.keep !== undefined) return good(await options.keep(selection, archive.source));
  if (options.store === undefined) return good(undefined);
  const command = await import('../../app/replay/open-stored-replay.ts');
  return command.openStoredReplay(...wanted);
}

// oxlint-disable-next-line max-lines-per-function -- the one place where the parts of a replay are put together
async function conduct(
  { selection, archive, output, format, stored }: Replay,
  options: ReplayOptions,
  io: Io,
): Promise<Replayed> {
  const ended = new AbortController();
  const signal = AbortSignal.any([stored?.signal ?? io.signal, ended.signal]);
  const sink = textSink(output.stream, () => ended.abort());
  const formatter = createFormatter(format, sink, selection, styleOf(options, output, io));
  const progress = options.quiet === true ? noProgress : createProgress(io, () => performance.now());
  archive.onReading((reading) => progress.show(reading));

  const history = new HistoryRecorder(format === 'text' || format === 'json');
  const engine = history.watch(stored?.engine ?? createEngine(selection));
  const events: UnroutableEvent[] = [];
  const tell = async (decided: readonly UnroutableEvent[]): Promise<void> => {
    const news = wanted(decided, options);
    events.push(...news);
    progress.clear();
    await formatter.write(news);
  };
  await formatter.begin();
  const keeping = { ...(stored?.keeping ?? { store: memoryStore() }), tell };
  const end = await run(breathing(stored?.source ?? archive.source), engine, keeping, signal);
  const unseen =
    archive.isTape || history.begin === undefined ? [] : wanted(engine.neverJudged(history.begin), options);
  events.push(...unseen);
  // Text output says this at its end.
  if (format !== 'text') await formatter.write(unseen);
  await stored?.close();
  await archive.close();
  progress.clear();

  const outcome = outcomeOf({
    selection,
    archive,
    engine,
    history,
    options,
    events,
    stopped: (stored?.signal ?? io.signal).aborted || end !== 'ended',
  });
  if (sink.failure === undefined) await formatter.end(outcome);
  await output.close(sink);
  if (sink.failure === undefined) {
    for (const remark of remarks(outcome, format, options)) complain(io, remark);
  }
  return { status: statusOf(outcome, sink, { ...options, format }, io), outcome };
}

/** Only events from `--since` on are printed; earlier input only builds up the state. */
function wanted(events: ReplayOutcome['events'], { since }: ReplayOptions): ReplayOutcome['events'] {
  return since === undefined ? events : events.filter(({ time }) => Date.parse(time) >= since);
}

function statusOf(outcome: ReplayOutcome, { failure }: TextSink, options: ReplayOptions, io: Io): ExitStatus {
  if (failure === 'gone') return EXIT.done;
  if (failure !== undefined) {
    // For stdout, `main` reports write errors of all commands.
    if (options.out !== undefined) complain(io, `--out ${options.out}: ${refusal(failure)}`);
    return EXIT.files;
  }
  if (outcome.status === 'interrupted') return EXIT.interrupted;
  if (outcome.status === 'done') return EXIT.done;
  const isNothing = outcome.end === undefined;
  const [first] = outcome.damage;
  // Text and JSON already list all damage, or say where it is listed.
  const isNamed = options.format === 'text' || options.format === 'json';
  const more = isNamed && outcome.damage.length > 1 ? ` (and ${outcome.damage.length - 1} more)` : '';
  const what = isNothing ? 'no record could be read' : 'some input could not be read';
  complain(io, first === undefined ? what : `${what}: ${first.file}: ${first.what}${more}`);
  if (!isNamed) for (const { file, what } of outcome.damage.slice(1)) complain(io, `${file}: ${what}`);
  return isNothing ? EXIT.files : EXIT.partial;
}

interface Ended {
  readonly selection: Selection;
  readonly archive: Archive;
  readonly engine: Engine<Space>;
  readonly history: HistoryRecorder;
  readonly options: ReplayOptions;
  readonly events: ReplayOutcome['events'];
  readonly stopped: boolean;
}

function outcomeOf({ selection, archive, engine, history, options, events, stopped }: Ended): ReplayOutcome {
  const { damage } = archive;
  return {
    ...selection,
    status: stopped ? 'interrupted' : damage.length > 0 ? 'partial' : 'done',
    files: archive.files,
    hasDump: archive.hasDump,
    records: archive.records,
    problems: archive.problems,
    damage,
    since: options.since,
    until: options.until,
    begin: history.begin,
    end: engine.now,
    events,
    verdicts: history.verdicts,
    incidents: lastIncidents(events),
    seen: history.seen,
    standings: standingsOf(engine.status(), selection),
  };
}

interface Output {
  readonly stream: NodeJS.WritableStream & Io['stdout'];
  readonly isTerminal: boolean;
  readonly isFile: boolean;
  /** Resolves when all is written. */
  close(sink: TextSink): Promise<void>;
}

async function openOutput({ out }: ReplayOptions, archive: Archive, io: Io): Promise<Result<Output>> {
  if (out === undefined) {
    const isTerminal = io.stdout.isTTY === true;
    return good({ stream: io.stdout, isTerminal, isFile: false, close: (sink) => sink.flush() });
  }
  const fault = await inputFault(out, archive.paths);
  if (fault !== undefined) return fault;
  try {
    const file = await openFile(out, 'w');
    const stream = createWriteStream('', { fd: file });
    return good({
      stream,
      isTerminal: false,
      isFile: true,
      close: async (sink) => {
        if (sink.failure === undefined) await endStream(stream);
      },
    });
  } catch (error) {
    return bad('files', `--out ${out}: ${refusal(error)}`);
  }
}

function styleOf({ color, chart }: ReplayOptions, { stream, isTerminal, isFile }: Output, io: Io) {
  return {
    paint: paintFor(io, color, isTerminal),
    width: isTerminal ? widthOf(stream) : 80,
    charset: isFile ? ('unicode' as const) : charsetOf(io),
    chart: chart !== false,
  };
}
