import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { decoderVersion } from '../../app/decoder-version.ts';
import { complain, type Io } from '../../app/io.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import { select } from '../../config/selection.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { TaskName } from '../../jobs/manifest.ts';
import { presentTask } from '../../jobs/manifest-task.ts';
import { mapTask } from '../../jobs/map.ts';
import type { RunFolder } from '../../jobs/run-folder.ts';
import { shelvesOf } from '../../jobs/shelf/shelves.ts';
import { refusal } from '../../lib/errno.ts';
import { inParallel } from '../../lib/in-parallel.ts';
import { bad } from '../../lib/result.ts';
import type { UnreadUpdates } from '../../../streams/mrt/archive/archive.ts';
import { DEFAULT_LIMITS } from '../../../streams/mrt/limits.ts';
import type { Collector } from '../../bgp/peer.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import type { OpenArchive } from '../replay/replay.ts';
import { openRun } from './run.ts';
import { shelfMeans } from './shelf-means.ts';

const READ_AT_ONCE = 32;

/** `unroutable jobs task RUN WHAT`: runs one task of a run, or the reduction of one territory. */
export async function task(run: string, what: string, out: string, io: Io): Promise<ExitStatus> {
  const opened = await openRun(out, run, io);
  return opened.ok ? doTask(opened.value, what, io) : failed(opened, io);
}

/** Runs one task of a run, or the reduction of one territory. Its faults go to stderr. */
export async function doTask(run: RunFolder, what: string, io: Io): Promise<ExitStatus> {
  const { manifest } = run;
  if (manifest.decoder !== decoderVersion())
    return failed(bad('data', `the run was submitted by ${manifest.decoder}, and this is ${decoderVersion()}`), io);
  const named = manifest.tasks.find(({ id }) => id === what);
  if (named === undefined && !manifest.territories.includes(what))
    return failed(bad('usage', `run ${run.id} has no task and no territory ${what}`), io);
  try {
    return await withTerritories(run, (file) => {
      return named === undefined ? reduce(what, run, file, io) : map(named, run, file, io);
    });
  } catch (error) {
    return failed(io.signal.aborted ? bad('interrupted') : bad('again', refusal(error)), io);
  }
}

/** The manifest contains the territories file of a run; here it becomes a temporary file. */
async function withTerritories<T>(run: RunFolder, work: (file: string | undefined) => Promise<T>): Promise<T> {
  const { territoriesFile } = run.manifest;
  if (territoriesFile === undefined) return work(undefined);
  const file = await run.shelf.draft('territories.yaml');
  try {
    await writeFile(file, territoriesFile);
    return await work(file);
  } finally {
    await run.shelf.discard(file);
  }
}

async function map(named: TaskName, run: RunFolder, file: string | undefined, io: Io): Promise<ExitStatus> {
  const found = await run.taskOf(named);
  if (typeof found === 'string') return failed(bad('data', found), io);
  const selection = await select({ ...choiceOf(run, file), territory: run.manifest.territories }, io);
  if (!selection.ok) return failed(selection, io);
  const territories = selection.value.territories.map(({ territory }) => territory);
  const task = await presentTask(found, io.signal);
  const mapped = await mapTask(task, {
    territories,
    shelf: run.shelf,
    decoder: run.manifest.decoder,
    limits: DEFAULT_LIMITS,
    // No threads: each worker already runs one task per core.
    threads: 0,
    signal: io.signal,
  });
  if (!mapped.ok) return failed(mapped, io);
  const { extracts, damage } = mapped.value;
  const faults = [
    ...task.unread.map(({ name, reason }) => `${found.collector}/${name}: ${reason}`),
    ...damage.map(({ file, what }) => `${file}: ${what}`),
  ];
  for (const fault of faults) complain(io, fault);
  const names = extracts.map(({ name }, i) => [territories[i]?.id ?? '', name]);
  await run.done(found.id, { extracts: Object.fromEntries(names) as Record<string, string>, faults });
  return faults.length === 0 ? EXIT.done : EXIT.data;
}

/** The output of `reduce` for the extracts that the records name. Tasks that were given up are gaps. */
async function reduce(territory: string, run: RunFolder, file: string | undefined, io: Io): Promise<ExitStatus> {
  // Most tasks map files, and load nothing that only a replay needs.
  const { openExtracts } = await import('../../app/replay/extract-archive.ts');
  const { replayed } = await import('../replay/replay.ts');
  const records = await run.records();
  const extracts = [...records.values()].flatMap((record) => record.extracts[territory] ?? []);
  const lost = await lostFiles(
    run.manifest.tasks.filter(({ id }) => !records.has(id)),
    run,
  );
  const shelves = shelvesOf(shelfMeans(io));
  const open: OpenArchive = async (paths, options, { territories }) => {
    const [first] = territories;
    if (first === undefined) return bad('usage', `no territory ${territory}`);
    const watch = first.territory.blocks;
    return openExtracts(paths, first.territory, run.manifest.decoder, { ...options, shelves, watch, lost });
  };
  const draft = await run.draft(territory);
  const { since, until } = run.manifest;
  const options: ReplayOptions = {
    ...choiceOf(run, file),
    territory: [territory],
    format: 'ndjson',
    out: draft,
    quiet: true,
    ...(since !== undefined && { since: since as EventTime }),
    ...(until !== undefined && { until: until as EventTime }),
  };
  const paths = extracts.map((path) => run.shelf.pathOf(path));
  try {
    const { status } = await replayed(paths, options, io, open);
    // A temporary read error is not a gap of the collector.
    if (shelves.failures.length > 0) return failed(bad('again', ...new Set(shelves.failures)), io);
    if (status !== EXIT.done && status !== EXIT.partial) return status;
    await run.publish(draft, territory);
    return EXIT.done;
  } finally {
    await run.shelf.discard(draft);
  }
}

async function lostFiles(lost: readonly TaskName[], run: RunFolder): Promise<readonly UnreadUpdates[]> {
  const tasks = await inParallel(lost, READ_AT_ONCE, (name) => run.taskOf(name));
  return tasks.flatMap((task) => {
    if (typeof task === 'string') throw new Error(task);
    return task.files.flatMap(({ path, kind, start }) => {
      const refused = { path: `${task.collector}/${basename(path)}`, reason: 'its task was given up' };
      return kind === 'updates' ? [{ refusal: refused, collector: task.collector as Collector, start }] : [];
    });
  });
}

function choiceOf(run: RunFolder, territories: string | undefined) {
  return { settings: run.manifest.settings, ...(territories !== undefined && { territories }) };
}
