import { decoderVersion } from '../../app/decoder-version.ts';
import { complain, type Io } from '../../app/io.ts';
import { openInputs, type Inputs } from '../../app/archive/inputs.ts';
import { isFault } from '../../app/replay/reading-log.ts';
import { systemClock } from '../../app/system-clock.ts';
import type { Collector } from '../../bgp/peer.ts';
import { select, tooMany, type Limits, type SelectionOptions } from '../../config/selection.ts';
import { mapTask, type MapOutcome, type MapSetting } from '../../jobs/map.ts';
import { mapTasks, type MapTask } from '../../jobs/map-tasks.ts';
import { provenShelf } from '../../jobs/shelf/open.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { findMrt, unnamedConflict, UNNAMED, type FoundMrt } from '../../../streams/mrt/archive/archive.ts';
import { DEFAULT_LIMITS } from '../../../streams/mrt/limits.ts';
import { defaultThreads } from '../../../streams/mrt/threads/thread-count.ts';
import { counted } from '../../report/printable.ts';
import { createProgressLine } from '../output/progress.ts';
import { meansOf, windowOptions } from '../archive/means.ts';
import type { ArchiveOptions } from '../archive/options.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { shelfMeans } from './shelf-means.ts';

/** The parsed options of `map`. */
export interface MapOptions extends SelectionOptions, Limits, ArchiveOptions {
  /** Where to write the extracts: a folder, or `s3://bucket/prefix`. */
  readonly out: string;
  readonly collector?: Collector;
  readonly threads?: number;
  readonly quiet?: boolean;
}

/** `unroutable map`: makes extracts, and prints the path of each, new or existing. */
export async function map(paths: readonly string[], options: MapOptions, io: Io): Promise<ExitStatus> {
  const selection = await select(options, io);
  if (!selection.ok) return failed(selection, io);
  const limited = tooMany(selection.value, options);
  if (!limited.ok) return failed(limited, io);
  const proven = await provenShelf(options.out, shelfMeans(io));
  if (!proven.ok) return failed(proven, io);
  const shelf = proven.value;
  const found = await findTasks(paths, options, io);
  if (!found.ok) return failed(found, io);
  const { tasks, faults, close } = found.value;
  for (const fault of faults) complain(io, fault);

  await shelf.tidy(systemClock.wallMs());
  const setting: MapSetting = {
    territories: selection.value.territories.map(({ territory }) => territory),
    shelf,
    decoder: decoderVersion(),
    limits: DEFAULT_LIMITS,
    threads: options.threads ?? defaultThreads(),
    signal: io.signal,
  };
  try {
    return await mapAll(tasks, setting, io, { isBad: faults.length > 0, isQuiet: options.quiet === true });
  } finally {
    await close();
  }
}

/** `65`: some input is bad. `75`: something is left to do. All other extracts were made. */
async function mapAll(
  tasks: readonly MapTask[],
  setting: MapSetting,
  io: Io,
  { isBad, isQuiet }: { readonly isBad: boolean; readonly isQuiet: boolean },
): Promise<ExitStatus> {
  let status: ExitStatus = isBad ? EXIT.data : EXIT.done;
  const line = isQuiet ? undefined : createProgressLine(io, () => systemClock.monotonicMs());
  for (const [i, task] of tasks.entries()) {
    line?.show(() => `mapping ${task.collector} ${task.day}, ${i + 1} of ${counted(tasks.length, 'day')}`);
    const mapped = await mapTask(task, setting);
    line?.clear();
    if (!mapped.ok) {
      const ended = failed(mapped, io);
      if (mapped.kind === 'interrupted') return ended;
      status = ended;
      continue;
    }
    if (print(mapped.value, io) && status === EXIT.done) status = EXIT.data;
  }
  return status;
}

/** Whether something was damaged. */
function print({ extracts, damage }: MapOutcome, io: Io): boolean {
  for (const { file, what } of damage) complain(io, `${file}: ${what}`);
  io.stdout.write(extracts.map(({ path }) => `${path}\n`).join(''));
  return damage.length > 0;
}

/** Tasks, and faults of the input. */
export interface FoundTasks {
  readonly tasks: readonly MapTask[];
  /** Files that are missing or cannot be read. */
  readonly faults: readonly string[];
  readonly close: () => Promise<void>;
}

/** Sorts the named files into tasks. */
export async function findTasks(paths: readonly string[], options: MapOptions, io: Io): Promise<Result<FoundTasks>> {
  if (paths.includes('-')) return bad('usage', '-: map reads files twice, and cannot read the standard input');
  const inputs = await inputsOf(paths, options, io);
  if (!inputs.ok) return inputs;
  const { missing, close } = inputs.value;
  const { collector } = options;
  const wanted = { paths: inputs.value.paths, ...(collector !== undefined && { collector }) };
  const found = await findMrt(wanted);
  const conflict = unnamedConflict(found.files, wanted);
  const tasks = mapTasks(found, missing, collector ?? UNNAMED);
  const faults = [...missing.map(({ file, what }) => `${file}: ${what}`), ...refusals(found, paths)];
  if (conflict === undefined && tasks.length > 0) return good({ tasks, faults, close });
  await close();
  return conflict === undefined ? bad('data', ...nothing(faults)) : bad('usage', conflict);
}

function refusals({ refused }: FoundMrt, paths: readonly string[]): readonly string[] {
  return refused.filter((refusal) => isFault(refusal, paths)).map(({ path, reason }) => `${path}: ${reason}`);
}

function nothing(faults: readonly string[]): readonly string[] {
  return faults.length > 0 ? faults : ['no file was found in the folders named'];
}

async function inputsOf(paths: readonly string[], options: MapOptions, io: Io): Promise<Result<Inputs>> {
  const means = meansOf(options, io, systemClock);
  const inputs = await openInputs(paths, windowOptions(options), io, means.window);
  means.close();
  return inputs;
}
