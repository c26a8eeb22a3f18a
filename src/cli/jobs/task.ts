import { basename, relative } from 'node:path';
import { decoderVersion } from '../../app/decoder-version.ts';
import { complain, type Io } from '../../app/io.ts';
import { openExtracts } from '../../app/replay/extract-archive.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import { select, type Selection } from '../../config/selection.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { ManifestTask } from '../../jobs/manifest.ts';
import { presentTask } from '../../jobs/manifest-task.ts';
import { mapTask } from '../../jobs/map.ts';
import type { RunFolder } from '../../jobs/run-folder.ts';
import { bad, type Result } from '../../lib/result.ts';
import type { UnreadUpdates } from '../../../streams/mrt/archive/archive.ts';
import { DEFAULT_LIMITS } from '../../../streams/mrt/limits.ts';
import type { Collector } from '../../bgp/peer.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { replayed, type OpenArchive } from '../replay/replay.ts';
import { openRun } from './run.ts';

/** `unroutable jobs task RUN WHAT`: one task of a run, or the judgement of one territory. A worker starts it as a process. */
export async function task(run: string, what: string, out: string, io: Io): Promise<ExitStatus> {
  const opened = await openRun(out, run);
  if (!opened.ok) return failed(opened, io);
  const { manifest } = opened.value;
  if (manifest.decoder !== decoderVersion())
    return failed(bad('data', `the run was submitted by ${manifest.decoder}, and this is ${decoderVersion()}`), io);
  const found = manifest.tasks.find(({ id }) => id === what);
  if (found !== undefined) return map(found, opened.value, io);
  if (manifest.territories.includes(what)) return judge(what, opened.value, io);
  return failed(bad('usage', `run ${run} has no task and no territory ${what}`), io);
}

async function map(found: ManifestTask, run: RunFolder, io: Io): Promise<ExitStatus> {
  const selection = await selectionOf(run);
  if (!selection.ok) return failed(selection, io);
  const territories = selection.value.territories.map(({ territory }) => territory);
  const task = await presentTask(found, io.signal).catch((error: unknown) => bad('again', String(error)));
  if ('ok' in task) return failed(task, io);
  const mapped = await mapTask(task, {
    territories,
    shelf: run.shelf,
    decoder: run.manifest.decoder,
    limits: DEFAULT_LIMITS,
    // Each worker has as many tasks as it has cores.
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
  const paths = extracts.map(({ path }, i) => [territories[i]?.id ?? '', relative(run.shelf.pathOf('.'), path)]);
  await run.done(found.id, { extracts: Object.fromEntries(paths) as Record<string, string>, faults });
  return faults.length === 0 ? EXIT.done : EXIT.data;
}

/** What `reduce` prints of the extracts that the records name; tasks that were given up are gaps. */
async function judge(territory: string, run: RunFolder, io: Io): Promise<ExitStatus> {
  const records = await run.records();
  const extracts = [...records.values()].flatMap((record) => record.extracts[territory] ?? []);
  const lost = run.manifest.tasks.filter(({ id }) => !records.has(id)).flatMap(lostFiles);
  const open: OpenArchive = async (paths, options, { territories }) => {
    const [first] = territories;
    if (first === undefined) return bad('usage', `no territory ${territory}`);
    const watch = first.territory.blocks;
    return openExtracts(paths, first.territory, run.manifest.decoder, { ...options, watch, lost });
  };
  const temporary = await run.temporary(territory);
  const { since, until } = run.manifest;
  const options: ReplayOptions = {
    ...choiceOf(run),
    territory: [territory],
    format: 'ndjson',
    out: temporary,
    quiet: true,
    ...(since !== undefined && { since: since as EventTime }),
    ...(until !== undefined && { until: until as EventTime }),
  };
  const paths = extracts.map((path) => run.shelf.pathOf(path));
  const { status } = await replayed(paths, options, io, open);
  if (status === EXIT.done || status === EXIT.partial) {
    await run.publish(temporary, territory);
    return EXIT.done;
  }
  await run.shelf.discard(temporary);
  return status;
}

function lostFiles(task: ManifestTask): readonly UnreadUpdates[] {
  return task.files.flatMap(({ path, kind, start }) => {
    const refusal = { path: `${task.collector}/${basename(path)}`, reason: 'its task was given up' };
    return kind === 'updates' ? [{ refusal, collector: task.collector as Collector, start }] : [];
  });
}

function choiceOf(run: RunFolder) {
  const { settings, territoriesFile } = run.manifest;
  return { settings, ...(territoriesFile !== undefined && { territories: run.pathOf('territories.yaml') }) };
}

function selectionOf(run: RunFolder): Promise<Result<Selection>> {
  return select({ ...choiceOf(run), territory: run.manifest.territories });
}
