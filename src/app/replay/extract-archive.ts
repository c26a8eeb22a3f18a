import { basename } from 'node:path';
import { EXTENSION, type ExtractFile, type ExtractIndex } from '../../../streams/extract/format.ts';
import { readExtract, readSection } from '../../../streams/extract/reader.ts';
import { planFound, UNNAMED, type FoundMrt, type UnreadUpdates } from '../../../streams/mrt/archive/archive.ts';
import type { PlannedFile } from '../../../streams/mrt/archive/planned-file.ts';
import type { Scanner } from '../../../streams/mrt/scan/scan-job.ts';
import type { Collector } from '../../bgp/peer.ts';
import { inParallel } from '../../lib/in-parallel.ts';
import type { Shelves } from '../../jobs/shelf/shelves.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Failure, type Result } from '../../lib/result.ts';
import type { Territory } from '../../territory/territory.ts';
import { archiveOf, planWindow, type Archive, type OpenArchiveOptions } from './archive.ts';

/** Stores answer many requests in parallel, each after a while. */
const OPEN_AT_ONCE = 16;

/** An open extract. */
interface Opened {
  readonly path: string;
  readonly index: ExtractIndex;
}

/** The files of a plan of extracts, each once, and the place of its section. */
interface Sections {
  readonly found: FoundMrt;
  readonly places: ReadonlyMap<string, { readonly path: string; readonly file: ExtractFile }>;
}

/**
 * Opens the extracts of one territory instead of the files from which they were made. Reading them gives the same
 * elements.
 *
 * @param paths extracts, and folders of extracts; extracts of other territories in a folder are ignored.
 * @param decoder the version of the decoder that must have made them.
 * @param options `lost`: update files whose extract is missing; `shelves`: how to open files.
 */
export async function openExtracts(
  paths: readonly string[],
  territory: Territory,
  decoder: string,
  options: OpenArchiveOptions & { readonly shelves: Shelves; readonly lost?: readonly UnreadUpdates[] },
): Promise<Result<Archive>> {
  const opened = await openAll(paths, territory, decoder, options.shelves);
  if (!opened.ok) return opened;
  const sections = sectionsOf(opened.value);
  if (!sections.ok) return sections;
  const { places } = sections.value;
  const { files, unread, refused } = sections.value.found;
  const { lost = [] } = options;
  const found = {
    files,
    unread: [...unread, ...lost],
    refused: [...refused, ...lost.map(({ refusal }) => refusal)],
  };
  // `map` already determined the collectors of the files.
  const planned = planFound(found, { paths, collector: UNNAMED, ...planWindow(options) });
  if (!planned.ok) return bad('files', planned.reason);
  return good(archiveOf(planned.plan, paths, { ...options, scanned: scannerOf(places, options.shelves) }));
}

async function openAll(
  paths: readonly string[],
  territory: Territory,
  decoder: string,
  shelves: Shelves,
): Promise<Result<readonly Opened[]>> {
  const named = paths.filter((path) => path.endsWith(EXTENSION));
  const folders = paths.filter((path) => !path.endsWith(EXTENSION));
  const inside = await filesIn(folders, shelves);
  if (!inside.ok) return inside;
  const all = [...new Set([...named, ...inside.value])].sort();
  const indexes = await inParallel(all, OPEN_AT_ONCE, (path) => readExtract(path, shelves.open));
  const opened: Opened[] = [];
  const faults: string[] = [];
  for (const [i, path] of all.entries()) {
    const index = indexes[i] ?? 'is not there';
    const fault = typeof index === 'string' ? index : unusable(index, territory, decoder, named.includes(path));
    if (fault !== undefined) faults.push(`${path} ${fault}`);
    else if (typeof index !== 'string' && index.territory.id === territory.id) opened.push({ path, index });
  }
  if (faults.length > 0) return bad('data', ...faults);
  if (opened.length > 0) return good(opened);
  return bad('files', `no extract of ${territory.id} is there: make some with \`unroutable map\``);
}

async function filesIn(folders: readonly string[], shelves: Shelves): Promise<Result<readonly string[]>> {
  try {
    return good((await Promise.all(folders.map((folder) => shelves.find(folder, EXTENSION)))).flat());
  } catch (error) {
    return bad('files', refusal(error));
  }
}

/** Why an extract cannot be used, in words. */
function unusable(index: ExtractIndex, territory: Territory, decoder: string, isNamed: boolean): string | undefined {
  const { id, blocks } = index.territory;
  if (id !== territory.id) return isNamed ? `is of ${id}, and ${territory.id} is wanted` : undefined;
  if (index.decoder !== decoder) return `was made by another program (${index.decoder}): map its files again`;
  const wanted = territory.blocks.map(({ text }) => text as string).toSorted();
  if (wanted.join() === blocks.toSorted().join()) return undefined;
  return `was made for other blocks of ${id}: map its files again with the same --territories`;
}

/** A file that is in several extracts is read once. Two different files with one name are a fault. */
function sectionsOf(opened: readonly Opened[]): Result<Sections> {
  const files: PlannedFile[] = [];
  const unread = new Map<string, UnreadUpdates>();
  const refused = new Map<string, { path: string; reason: string }>();
  const places = new Map<string, { path: string; file: ExtractFile }>();
  const owners = new Map<string, Opened & { readonly sum: string }>();
  for (const one of opened) {
    const collector = one.index.collector as Collector;
    for (const [i, file] of one.index.files.entries()) {
      const name = `${collector}/${file.kind}/${file.name}`;
      const owner = owners.get(name);
      if (owner !== undefined && owner.path !== one.path && owner.sum !== file.sha256)
        return contradiction(file, owner, one);
      if (owner !== undefined && owner.path !== one.path) continue;
      owners.set(name, { ...one, sum: file.sha256 });
      const path = `${collector}/${one.index.day}/${String(i).padStart(6, '0')}/${file.name}`;
      places.set(path, { path: one.path, file });
      files.push(plannedFile(path, collector, file, places.size));
    }
    for (const { name, reason, start } of one.index.unread) {
      const refusal = { path: `${collector}/${name}`, reason };
      refused.set(refusal.path, refusal);
      if (start !== undefined) unread.set(refusal.path, { refusal, collector, start });
    }
  }
  // Another extract may contain a file that one `map` could not read.
  const isHad = (path: string): boolean =>
    ['rib', 'updates'].some((kind) => owners.has(path.replace('/', `/${kind}/`)));
  const missing = <T>(all: ReadonlyMap<string, T>): readonly T[] =>
    [...all].filter(([path]) => !isHad(path)).map(([, value]) => value);
  return good({ found: { files, unread: missing(unread), refused: missing(refused) }, places });
}

function contradiction(file: ExtractFile, one: Opened, other: Opened): Failure {
  return bad(
    'data',
    `${one.path} and ${other.path} were made of different files that are both ${one.index.collector}/${file.name}: remove ` +
      'the one that is not wanted',
  );
}

function plannedFile(path: string, collector: Collector, file: ExtractFile, number: number): PlannedFile {
  const { kind, container, start, isStartNamed, bytes } = file;
  return { path, collector, kind, container, start, isStartNamed, snapshot: { size: bytes, device: 0, inode: number } };
}

function scannerOf(places: Sections['places'], shelves: Shelves): Scanner {
  return {
    async *open({ path }) {
      const place = places.get(path);
      if (place === undefined) throw new Error(`${basename(path)} is in no extract`);
      yield* readSection(place.path, place.file, shelves.open);
    },
    close: async () => undefined,
  };
}
