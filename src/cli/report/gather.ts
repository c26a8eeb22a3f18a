import { Writable } from 'node:stream';
import type { Io } from '../../app/io.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import type { StoredReplay } from '../../app/replay/stored-replay.ts';
import { REPLAY_STORES_EVERY_MS } from '../../app/replay/open-stored-replay.ts';
import type { Selection } from '../../config/selection.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import { createEngine } from '../../engine.ts';
import { inputFault } from '../../app/output/out-file.ts';
import { withHistory } from '../../history/with-history.ts';
import { askStore } from '../store/ask-store.ts';
import type { Reader } from '../../history/stored.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import type { ReplayOutcome } from '../../app/output/formatters.ts';
import { memoryStore } from '../../store/memory.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { Refused } from '../../http/subjects.ts';
import { openNamed } from '../replay/named-inputs.ts';
import { replayed, type OpenArchive } from '../replay/replay.ts';

/** A history for questions, and its source. */
export interface Gathered {
  readonly reader: Reader;
  readonly events: readonly UnroutableEvent[];
  readonly selection: Selection;
  /** `undefined`: it comes from a store. */
  readonly outcome: ReplayOutcome | undefined;
  /** Exit status of the reading: `EXIT.partial` if some input could not be read. */
  readonly status: ExitStatus;
}

/**
 * The source of answers: a replay if files or a window are named, otherwise the store.
 *
 * @param question only reads: any error that it throws is reported as one of the store.
 */
export async function gathered<T>(
  paths: readonly string[],
  options: ReplayOptions,
  io: Io,
  question: (found: Gathered) => Promise<Result<T>>,
): Promise<Result<{ readonly value: T; readonly status: ExitStatus }> | ExitStatus> {
  if (paths.length === 0 && options.from === undefined) return fromStore(options, io, question);
  if (options.store !== undefined && options.from !== undefined)
    return bad('usage', '--from fetches from the archives: choose the time of a store with --since and --until');
  if (options.store !== undefined)
    return bad('usage', 'files and --store together: name the files, or the store that has them already');
  return fromReplay(paths, options, io, question);
}

type Question<T> = (found: Gathered) => Promise<Result<T>>;
type Answered<T> = Promise<Result<{ readonly value: T; readonly status: ExitStatus }> | ExitStatus>;

async function fromReplay<T>(
  paths: readonly string[],
  { out, ...options }: ReplayOptions,
  io: Io,
  question: Question<T>,
): Answered<T> {
  const open: OpenArchive = async (...named) => {
    const archive = await openNamed(...named);
    const fault = archive.ok ? await inputFault(out, archive.value.paths) : undefined;
    return fault ?? archive;
  };
  const store = memoryStore();
  let selection: Selection | undefined;
  const keep = async (chosen: Selection, source: StoredReplay['source']): Promise<StoredReplay> => {
    selection = chosen;
    return {
      engine: await withHistory(createEngine({ ...chosen, recorded: true }), store),
      source,
      keeping: { store, everyMs: REPLAY_STORES_EVERY_MS },
      signal: io.signal,
      close: async () => undefined,
    };
  };
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const silent = { ...io, stdout: nowhere };
  const { status, outcome } = await replayed(paths, { ...options, format: 'ndjson', keep }, silent, open);
  if (outcome === undefined || selection === undefined || outcome.end === undefined) return status;
  if (status !== EXIT.done && status !== EXIT.partial) return status;
  const found = { reader: store, events: outcome.events, selection, outcome, status };
  const value = await answered(() => question(found));
  return value.ok ? good({ value: value.value, status }) : value;
}

/** A refused question is a fault of the command line. */
async function answered<T>(question: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof Refused) return bad('usage', error.message);
    throw error;
  }
}

async function fromStore<T>(options: ReplayOptions, io: Io, question: Question<T>): Answered<T> {
  const asked = await askStore(options, io, async (reader, selection) => {
    const events: UnroutableEvent[] = [];
    for await (const event of reader.events(undefined)) events.push(event);
    return question({ reader, events, selection, outcome: undefined, status: EXIT.done });
  });
  const value = asked.ok ? asked.value : asked;
  return value.ok ? good({ value: value.value, status: EXIT.done }) : value;
}

/** Reports why there is no answer, and returns the exit status. */
export function refused(found: ExitStatus | Extract<Result<never>, { ok: false }>, io: Io): ExitStatus {
  return typeof found === 'number' ? found : failed(found, io);
}
