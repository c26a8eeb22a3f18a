import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { EXTENSION, FORMAT, type ExtractFile, type ExtractIndex } from '../../streams/extract/format.ts';
import { narrowed } from '../../streams/extract/narrow.ts';
import { ExtractWriter } from '../../streams/extract/writer.ts';
import type { MrtLimits } from '../../streams/mrt/limits.ts';
import type { PlannedFile } from '../../streams/mrt/archive/planned-file.ts';
import { Prefilter } from '../../streams/mrt/scan/prefilter.ts';
import type { ScanBatch, ScanJob } from '../../streams/mrt/scan/scan-job.ts';
import { createScanner } from '../../streams/mrt/scanner.ts';
import { refusal } from '../lib/errno.ts';
import { bad, good, type Result } from '../lib/result.ts';
import type { Territory } from '../territory/territory.ts';
import { hashedFile, markOf, type HashedFile } from './shelf/hashed-file.ts';
import type { MapTask } from './map-tasks.ts';
import type { Shelf } from './shelf/shelf.ts';

/** What all tasks of a run have in common. */
export interface MapSetting {
  readonly territories: readonly Territory[];
  readonly shelf: Shelf;
  /** The version of the decoder. Extracts of another version are not used. */
  readonly decoder: string;
  readonly limits: MrtLimits;
  /** Reader threads; 0: read in the main thread. */
  readonly threads: number;
  readonly signal: AbortSignal;
}

/** An extract on the shelf. */
export interface Mapped {
  /** Its name on the shelf. */
  readonly name: string;
  readonly path: string;
  /** Whether this run made it. */
  readonly isNew: boolean;
}

/** The result of a task. */
export interface MapOutcome {
  /** In the order of the territories. */
  readonly extracts: readonly Mapped[];
  /** The unreadable parts of the files, each in words. Empty if no file had to be read. */
  readonly damage: readonly { readonly file: string; readonly what: string }[];
}

/**
 * Makes the extracts of one task, one for each territory, unless they exist. Damaged input is recorded in the extract.
 * An error of the file system, or a file that changed meanwhile, gives the failure `again` and leaves no extract.
 */
export async function mapTask(task: MapTask, setting: MapSetting): Promise<Result<MapOutcome>> {
  try {
    return await extractsOf(task, setting);
  } catch (error) {
    return setting.signal.aborted
      ? bad('interrupted')
      : bad('again', `${task.collector} ${task.day}: ${refusal(error)}`);
  }
}

/** An extract to make, and its place. */
interface Wanted {
  readonly territory: Territory;
  readonly name: string;
}

async function extractsOf(task: MapTask, setting: MapSetting): Promise<Result<MapOutcome>> {
  const { shelf, signal } = setting;
  const hashed: HashedFile[] = [...(task.hashed ?? [])];
  for (const { path } of task.files.slice(hashed.length)) hashed.push(await hashedFile(path, signal));
  const all = setting.territories.map((territory) => ({ territory, name: nameOf(task, territory, hashed, setting) }));
  const isThere = await Promise.all(all.map(({ name }) => shelf.has(name)));
  const wanted = all.filter((_, i) => isThere[i] === false);
  const made = wanted.length === 0 ? { damage: [], isNew: new Map() } : await make(task, wanted, hashed, setting);
  const extracts = all.map(({ name }) => ({ name, path: shelf.pathOf(name), isNew: made.isNew.get(name) ?? false }));
  return good({ extracts, damage: made.damage });
}

async function make(
  task: MapTask,
  wanted: readonly Wanted[],
  hashed: readonly HashedFile[],
  setting: MapSetting,
): Promise<{ damage: MapOutcome['damage']; isNew: ReadonlyMap<string, boolean> }> {
  const { shelf } = setting;
  const outputs: Output[] = [];
  const isNew = new Map<string, boolean>();
  try {
    for (const each of wanted) outputs.push(await openOutput(each, shelf));
    const damage = await scan(task, outputs, hashed, setting);
    for (const [i, { path }] of task.files.entries()) {
      if ((await markOf(path)) !== hashed[i]?.mark) throw new Error(`${path} changed while it was read`);
    }
    for (const { writer, territory, draft, name } of outputs) {
      await writer.end(headOf(task, territory, setting));
      isNew.set(name, await shelf.publish(draft, name));
    }
    return { damage, isNew };
  } finally {
    for (const { writer, draft } of outputs) {
      await writer.close().catch(() => undefined);
      await shelf.discard(draft);
    }
  }
}

interface Output extends Wanted {
  readonly writer: ExtractWriter;
  readonly draft: string;
  /** Needed for several territories at once, because the scan passes records that concern any of them. */
  readonly filter: Prefilter;
}

async function openOutput(wanted: Wanted, shelf: Shelf): Promise<Output> {
  const draft = await shelf.draft(wanted.name);
  const filter = new Prefilter(wanted.territory.blocks);
  try {
    return { ...wanted, draft, filter, writer: await ExtractWriter.create(draft) };
  } catch (error) {
    // On a full disk the file may exist and be empty.
    await shelf.discard(draft);
    throw error;
  }
}

async function scan(
  { files, collector }: MapTask,
  outputs: readonly Output[],
  hashed: readonly HashedFile[],
  { limits, threads, signal }: MapSetting,
): Promise<MapOutcome['damage']> {
  const watch = outputs.flatMap(({ territory }) => territory.blocks);
  const jobs = files.map((file): ScanJob => jobOf(file, watch, limits));
  const scanner = createScanner(jobs, threads);
  const damage: { file: string; what: string }[] = [];
  try {
    for (const [i, job] of jobs.entries()) {
      for await (const batch of scanner.open(job)) {
        if (signal.aborted) throw new Error('stopped');
        damage.push(...damageOf(batch, `${collector}/${basename(job.path)}`));
        for (const { writer, filter } of outputs)
          await writer.add(outputs.length === 1 ? batch : narrowed(batch, filter));
      }
      const section = sectionOf(files[i] as PlannedFile, hashed[i]);
      for (const { writer } of outputs) await writer.endSection(section);
    }
    return damage;
  } finally {
    await scanner.close();
  }
}

function jobOf(
  { path, snapshot, container, start, isStartNamed }: PlannedFile,
  watch: ScanJob['watch'],
  limits: MrtLimits,
): ScanJob {
  return { path, snapshot, container, watch, limits, ...(isStartNamed && { begin: start / 1000 }) };
}

function damageOf({ marks }: ScanBatch, file: string): MapOutcome['damage'] {
  return marks.flatMap((mark) => (mark.kind === 'damage' ? [{ file, what: mark.damage.reason }] : []));
}

function sectionOf(
  { path, kind, container, start, isStartNamed, snapshot }: PlannedFile,
  hashed: HashedFile | undefined,
): Omit<ExtractFile, 'from' | 'to'> {
  return {
    name: basename(path),
    kind,
    container,
    start,
    isStartNamed,
    bytes: snapshot.size,
    sha256: hashed?.sha256 ?? '',
  };
}

function headOf(
  { collector, day, unread }: MapTask,
  territory: Territory,
  { decoder }: MapSetting,
): Omit<ExtractIndex, 'files'> {
  const { id, blocks } = territory;
  return {
    format: FORMAT,
    decoder,
    territory: { id, blocks: blocks.map(({ text }) => text) },
    collector,
    day,
    unread: [...unread],
  };
}

/** The same files, territory and program version give the same name, so that a repeated task finds its extract. */
function nameOf(task: MapTask, territory: Territory, hashed: readonly HashedFile[], setting: MapSetting): string {
  const files = task.files.map((file, i) => sectionOf(file, hashed[i]));
  const hash = createHash('sha256')
    .update(JSON.stringify([headOf(task, territory, setting), files]))
    .digest('hex');
  return `${territory.id}/${task.collector}-${task.day}-${hash.slice(0, 16)}${EXTENSION}`;
}
