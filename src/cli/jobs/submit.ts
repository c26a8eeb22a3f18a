import { readFile, realpath } from 'node:fs/promises';
import { decoderVersion } from '../../app/decoder-version.ts';
import { complain, type Io } from '../../app/io.ts';
import { systemClock } from '../../app/system-clock.ts';
import { select, tooMany } from '../../config/selection.ts';
import type { Manifest, TaskName } from '../../jobs/manifest.ts';
import type { MapTask } from '../../jobs/map-tasks.ts';
import { manifestTask } from '../../jobs/manifest-task.ts';
import { RunFolder, writeTask } from '../../jobs/run-folder.ts';
import { provenShelf } from '../../jobs/shelf/open.ts';
import type { Shelf } from '../../jobs/shelf/shelf.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { counted } from '../../report/printable.ts';
import type { EventTime } from '../../bgp/time.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { createProgressLine } from '../output/progress.ts';
import { findTasks, type MapOptions } from './map.ts';
import { openQueue } from './queue.ts';
import { openRun } from './run.ts';
import { shelfMeans } from './shelf-means.ts';
import { progressOf, progressText } from './progress.ts';
import { compareTexts } from '../../lib/compare-texts.ts';

/** The parsed options of `jobs resume`. */
export interface ResumeOptions {
  readonly out: string;
  readonly redis?: string;
  /** Wait until the run is over. */
  readonly wait?: boolean;
  readonly quiet?: boolean;
}

/** The parsed options of `jobs submit`. */
export interface SubmitOptions extends MapOptions, ResumeOptions {
  readonly since?: EventTime;
}

const LOOK_EVERY_MS = 500;
/**
 * Reading the progress of a large run takes a while, and costs requests to a store: spend at most a tenth of the time
 * on it.
 */
const REST_BETWEEN_LOOKS = 10;

/**
 * `unroutable jobs submit`: writes the manifest, adds the open tasks of the run to the queue, and prints the id of the
 * run.
 */
export async function submit(paths: readonly string[], options: SubmitOptions, io: Io): Promise<ExitStatus> {
  const shelf = await provenShelf(options.out, shelfMeans(io));
  if (!shelf.ok) return failed(shelf, io);
  const manifest = await manifestOf(paths, shelf.value, options, io);
  if (!manifest.ok) return failed(manifest, io);
  try {
    return await enqueue(await RunFolder.create(shelf.value, manifest.value), options, io);
  } catch (error) {
    return failed(io.signal.aborted ? bad('interrupted') : bad('files', `${options.out}: ${refusal(error)}`), io);
  }
}

/**
 * `unroutable jobs resume`: adds the open tasks of a run to the queue again. It does not need the input files or the
 * old queue.
 */
export async function resume(id: string, options: ResumeOptions, io: Io): Promise<ExitStatus> {
  const run = await openRun(options.out, id, io);
  return run.ok ? enqueue(run.value, options, io) : failed(run, io);
}

async function enqueue(run: RunFolder, options: ResumeOptions, io: Io): Promise<ExitStatus> {
  const opened = await openQueue(run.shelf, options, io);
  if (!opened.ok) return failed(opened, io);
  const { queue, name } = opened.value;
  try {
    await run.cancel(false);
    await run.forgiveFailures();
    await queue.submit(run);
    io.stdout.write(`${run.id}\n`);
    const left = (await run.left()).length;
    if (options.quiet !== true)
      complain(io, `run ${run.id}: ${counted(run.manifest.tasks.length, 'task')}, ${left} left to do`);
    return options.wait === true ? await waitFor(run, options, io) : EXIT.done;
  } catch (error) {
    return failed(io.signal.aborted ? bad('interrupted') : bad('store', `${name}: ${refusal(error)}`), io);
  } finally {
    await queue.close();
  }
}

async function manifestOf(
  paths: readonly string[],
  shelf: Shelf,
  options: SubmitOptions,
  io: Io,
): Promise<Result<Manifest>> {
  const selection = await select(options, io);
  if (!selection.ok) return selection;
  const limited = tooMany(selection.value, options);
  if (!limited.ok) return limited;
  const found = await findTasks(paths, options, io);
  if (!found.ok) return found;
  for (const fault of found.value.faults) complain(io, fault);
  try {
    const tasks = await writeTasks(found.value.tasks, shelf, options, io);
    const { territories, since, until } = options;
    return good({
      format: 2,
      decoder: decoderVersion(),
      territories: selection.value.territories.map(({ territory }) => territory.id),
      ...(territories !== undefined && { territoriesFile: await readFile(territories, 'utf8') }),
      settings: settingsOf(options.settings ?? {}),
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
      tasks,
    });
  } catch (error) {
    return io.signal.aborted ? bad('interrupted') : bad('again', refusal(error));
  } finally {
    await found.value.close();
  }
}

/** Writes down the files of each task, with their hashes. */
async function writeTasks(
  all: readonly MapTask[],
  shelf: Shelf,
  { quiet }: SubmitOptions,
  io: Io,
): Promise<TaskName[]> {
  const tasks: TaskName[] = [];
  const line = quiet === true ? undefined : createProgressLine(io, () => systemClock.monotonicMs());
  try {
    for (const task of all) {
      line?.show(() => `hashing ${task.collector} ${task.day}, ${tasks.length + 1} of ${all.length}`);
      const written = await manifestTask(task, io.signal);
      // Absolute, because workers may run in other folders.
      const files = await Promise.all(
        written.files.map(async (file) => ({ ...file, path: await realpath(file.path) })),
      );
      tasks.push(await writeTask(shelf, { ...written, files }));
    }
    return tasks;
  } finally {
    line?.clear();
  }
}

/** Only options that affect the result: the places of files and what to print are not part of the run. */
const NO_SETTINGS = new Set([
  'out',
  'redis',
  'wait',
  'quiet',
  'threads',
  'territory',
  'territories',
  'collector',
  'from',
  'since',
  'until',
  'collectors',
  'project',
  'cache',
  'cacheSize',
  'offline',
  'broker',
  'contact',
  'maxTerritories',
  'maxNetworks',
  'settings',
]);

function settingsOf(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(settings).filter(([name, value]) => !NO_SETTINGS.has(name) && value !== undefined);
  return Object.fromEntries(entries.toSorted(([a], [b]) => compareTexts(a, b)));
}

async function waitFor(run: RunFolder, options: ResumeOptions, io: Io): Promise<ExitStatus> {
  const line = options.quiet === true ? undefined : createProgressLine(io, () => systemClock.monotonicMs());
  const begun = systemClock.monotonicMs();
  for (;;) {
    const looked = systemClock.monotonicMs();
    const progress = await progressOf(run).catch((error: unknown) => {
      if (!io.signal.aborted) throw error;
      return undefined;
    });
    const restMs = REST_BETWEEN_LOOKS * (systemClock.monotonicMs() - looked);
    if (progress !== undefined) line?.show(() => progressText(progress, systemClock.monotonicMs() - begun));
    if (progress !== undefined && progress.state !== 'running') {
      line?.clear();
      for (const { task, faults } of progress.failures) complain(io, `${task}: ${faults.join('; ')}`);
      for (const { path } of progress.results) io.stdout.write(`${path}\n`);
      if (progress.state === 'cancelled') return failed(bad('interrupted', `run ${run.id} was cancelled`), io);
      return progress.state === 'failed' ? EXIT.data : progress.failures.length > 0 ? EXIT.partial : EXIT.done;
    }
    await systemClock.sleep(Math.max(LOOK_EVERY_MS, restMs), io.signal);
    if (io.signal.aborted) {
      line?.clear();
      complain(io, `run ${run.id} goes on without this command; \`unroutable jobs status\` shows its state`);
      return EXIT.interrupted;
    }
  }
}
