import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GlobOptions } from 'tinyglobby';
import type { Collector } from '../../../src/bgp/peer.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import { openUnpacking } from '../container/container.ts';
import type { Unpacking } from '../container/unpacking.ts';
import { readFileName, type FileKind } from './file-name.ts';
import { firstRecord } from './first-record.ts';
import { DEFAULT_LIMITS, type MrtLimits } from '../limits.ts';
import { readRefusal } from '../../../src/lib/errno.ts';
import { snapshotOf, type Snapshot } from '../container/packed-file.ts';
import type { PlannedFile } from './planned-file.ts';
import { conflictOf, strangersOf } from './unnamed.ts';
import { findHoles, holesAtEnd, endOf, withinWindow, type Hole, type UpdatesEnd, type Updates } from './window.ts';
import { inBatches } from '../../../src/lib/batches.ts';

/** Which files are read, and which part of their time. */
export interface MrtPlanOptions {
  /** Files, folders (read through to the bottom) and globs. */
  readonly paths: readonly string[];
  /** The collector of files whose path names none. @default 'local', if they can be of one */
  readonly collector?: Collector;
  /** Event time from which verdicts are wanted. The last RIB dump before it is the seed; older files are left out. */
  readonly since?: EventTime;
  /** Event time after which nothing is wanted. */
  readonly until?: EventTime;
  /**
   * Event time up to which each collector should have files: the end of a window of an archive. Without it, files are
   * expected as far as those of the collector that has the most.
   */
  readonly reach?: EventTime;
  readonly limits?: MrtLimits;
}

/** The files of one collector: RIB dumps and updates, each in order of time. */
export interface CollectorPlan {
  readonly collector: Collector;
  readonly ribs: readonly PlannedFile[];
  readonly updates: readonly PlannedFile[];
  /** Missing files in the sequence of updates. */
  readonly holes: readonly Hole[];
}

/** The files to read, in order. */
export interface MrtPlan {
  /** In the order of their names. */
  readonly collectors: readonly CollectorPlan[];
  /** Paths that were named or found, and cannot be read. */
  readonly refused: readonly Refusal[];
  readonly files: number;
  /** Packed. */
  readonly bytes: number;
  readonly until: EventTime | undefined;
  readonly reach: EventTime | undefined;
  readonly limits: MrtLimits;
}

/** A path that is not read, and why. */
export interface Refusal {
  readonly path: string;
  /** For people: `is a directory`, `is not an MRT file, it looks like a web page`. */
  readonly reason: string;
  /** A folder without access: its content is not known. */
  readonly isFolder?: true;
}

/** A file that is an update file by its name and cannot be read, so its content is missing. */
export interface UnreadUpdates {
  readonly refusal: Refusal;
  readonly collector: Collector;
  readonly start: number;
}

/** A plan, or why nothing can be read. */
export type MrtPlanned =
  | { readonly ok: true; readonly plan: MrtPlan }
  | { readonly ok: false; readonly reason: string; readonly refused: readonly Refusal[] };

/** The collector of files whose path names none. */
export const UNNAMED = 'local' as Collector;
/** A compressed file this small may be empty: a header with a long name, and a trailer. Bytes. */
const LONGEST_NOTHING = 1024;
/** An archive begins its files by the clock, and seldom later than this. */
const LATE_MS = 60_000;
/** Files that planning opens in parallel. */
const LOOK_AHEAD = 16;
/** Bytes that are read to detect the compression; more only for an uncompressed file. */
const LOOK_BYTES = 64 * 1024;

/** Files that were found and looked at, in no order yet. */
export interface FoundMrt {
  readonly files: readonly PlannedFile[];
  /** The refused files that are update files. */
  readonly unread: readonly UnreadUpdates[];
  readonly refused: readonly Refusal[];
}

/** Finds the files, looks at each one's first bytes, and puts them in order. Reads no further. */
export async function planMrt(options: MrtPlanOptions): Promise<MrtPlanned> {
  return planFound(await findMrt(options), options);
}

/** Finds the files and looks at each one's first bytes. The same file by two paths is found once. */
export async function findMrt(options: MrtPlanOptions): Promise<FoundMrt> {
  const found = await findFiles(options.paths);
  const limits = options.limits ?? DEFAULT_LIMITS;
  const refused: Refusal[] = [...found.refused];
  const files: PlannedFile[] = [];
  const unread: UnreadUpdates[] = [];
  const seen = new Set<string>();
  for (const paths of inBatches(found.paths, LOOK_AHEAD)) {
    const looks = await Promise.all(paths.map((path) => lookAt(path, options, limits)));
    for (const look of looks) {
      if ('refusal' in look) unread.push(look);
      if ('refusal' in look || 'reason' in look) {
        refused.push('refusal' in look ? look.refusal : look);
        continue;
      }
      // The same file by two paths would be read twice.
      const identity = `${look.snapshot.device}:${look.snapshot.inode}`;
      if (!seen.has(identity)) files.push(look);
      seen.add(identity);
    }
  }
  return { files, unread, refused };
}

/** Sorts files by collector and time, and finds missing files between them. */
export function planFound({ files, unread, refused }: FoundMrt, options: MrtPlanOptions): MrtPlanned {
  const limits = options.limits ?? DEFAULT_LIMITS;
  if (files.length === 0) return { ok: false, reason: nothing(options.paths, refused), refused };
  const conflict = unnamedConflict(files, options);
  if (conflict !== undefined) return { ok: false, reason: conflict, refused };

  const collectors = inOrder(files, unread, options);
  const planned = collectors.flatMap(({ ribs, updates }) => [...ribs, ...updates]);
  if (planned.length === 0) return { ok: false, reason: 'no file covers the time asked for', refused };
  const bytes = planned.reduce((sum, { snapshot }) => sum + snapshot.size, 0);
  const { until, reach } = options;
  return { ok: true, plan: { collectors, refused, files: planned.length, bytes, until, reach, limits } };
}

/** Why files without a collector in their paths cannot be from one collector; `undefined`: they can. */
export function unnamedConflict(files: readonly PlannedFile[], { collector }: MrtPlanOptions): string | undefined {
  if (collector !== undefined) return undefined;
  const unnamed = files.filter((file) => file.collector === UNNAMED);
  return conflictOf(unnamed) ?? strangersOf(unnamed, files);
}

function inOrder(
  files: readonly PlannedFile[],
  unread: readonly UnreadUpdates[],
  window: MrtPlanOptions,
): readonly CollectorPlan[] {
  const names = [...new Set(files.map(({ collector }) => collector))].sort();
  const end = window.until ?? Number.POSITIVE_INFINITY;
  const all = names.map((collector) => {
    const own = files.filter((file) => file.collector === collector).sort(byStart);
    const ofKind = (kind: FileKind): PlannedFile[] => own.filter((file) => file.kind === kind);
    const starts = unread.filter((file) => file.collector === collector).map(({ start }) => start);
    const updates = { collector, files: ofKind('updates'), unread: starts.filter((start) => start <= end) };
    const within = withinWindow(ofKind('rib'), updates, window);
    return { ribs: within.ribs, updates: { ...updates, files: within.updates } };
  });
  const reach = endWanted(
    all.map(({ updates }) => updates),
    window,
  );
  return all.map(({ ribs, updates }) => {
    const { collector, files: kept } = updates;
    return { collector, ribs, updates: kept, holes: allHoles(ribs, updates, reach) };
  });
}

/**
 * How far the updates of each collector should reach: to the end of the window, or as far as those of the collector
 * whose files end last; `undefined` when neither is known.
 */
function endWanted(updates: readonly Updates[], { until, reach }: MrtPlanOptions): UpdatesEnd | undefined {
  const [last] = updates.flatMap((each) => endOf(each) ?? []).sort((a, b) => b.at - a.at);
  const found = last && { ...last, at: Math.min(last.at, until ?? Number.POSITIVE_INFINITY) };
  if (reach === undefined || (found !== undefined && found.at > reach)) return found;
  return { at: reach, slack: LATE_MS };
}

function allHoles(ribs: readonly PlannedFile[], updates: Updates, reach: UpdatesEnd | undefined): readonly Hole[] {
  const atEnd = reach === undefined ? [] : holesAtEnd(ribs, updates, reach);
  const others = findHoles(ribs, updates).filter((hole) => atEnd.every(({ before }) => before !== hole.before));
  return [...others, ...atEnd];
}

/** The order in which files of one kind and collector are read. */
export function byStart(a: PlannedFile, b: PlannedFile): number {
  return a.start - b.start || a.path.localeCompare(b.path, 'en', { numeric: true });
}

type Look = PlannedFile | Refusal | UnreadUpdates;

async function lookAt(path: string, options: MrtPlanOptions, limits: MrtLimits): Promise<Look> {
  // oxlint-disable-next-line no-control-regex -- such a name would break every line that contains it.
  if (/[\u0000-\u001f\u007f]/.test(path))
    return { path: JSON.stringify(path), reason: 'has control characters in its name' };
  const named = readFileName(path);
  const collector = named.collector ?? options.collector ?? UNNAMED;
  const { kind, start } = named;
  const refuse = (reason: string): Refusal | UnreadUpdates => {
    const refusal = { path, reason };
    return kind === 'updates' && start !== undefined ? { refusal, collector, start } : refusal;
  };
  const snapshot = await snapshotOf(path);
  if (typeof snapshot === 'string') return refuse(snapshot);
  if (kind !== undefined && start !== undefined) {
    const opened = openUnpacking(path, { snapshot, limits, readBytes: LOOK_BYTES });
    if (!opened.ok) return refuse(opened.reason);
    const container = opened.unpacking.kind;
    if (holdsNothing(opened.unpacking, snapshot)) return refuse('is empty when it is unpacked');
    opened.unpacking.close();
    return { path, collector, kind, container, start, isStartNamed: true, snapshot };
  }
  const first = firstRecord(path, snapshot, limits);
  if (typeof first === 'string') return { path, reason: first };
  const isStartNamed = start !== undefined;
  const { container, seconds } = first;
  return {
    path,
    collector,
    kind: kind ?? first.kind,
    container,
    start: start ?? seconds * 1000,
    isStartNamed,
    snapshot,
  };
}

/** Whether a small file is complete and unpacks to nothing. If so, closes the file. */
function holdsNothing(unpacking: Unpacking, { size }: Snapshot): boolean {
  if (unpacking.kind === 'plain' || size > LONGEST_NOTHING) return false;
  const chunks = unpacking.chunks();
  for (;;) {
    const { done, value } = chunks.next();
    if (done === true) return value === undefined;
    if (value.length === 0) continue;
    chunks.return(undefined);
    return false;
  }
}

async function findFiles(paths: readonly string[]): Promise<{ paths: string[]; refused: Refusal[] }> {
  const found = new Set<string>();
  const refused: Refusal[] = [];
  for (const path of paths) {
    const at = await snapshotOf(path);
    if (at === 'is a directory') {
      for (const file of await filesIn(path)) found.add(file);
      refused.push(...(await closedFolders(path)));
      continue;
    }
    const matches =
      at === 'does not exist' && /[*?[\]{}()!]/.test(path) ? await matching(path, { absolute: true }) : [path];
    if (matches.length === 0) refused.push({ path, reason: 'matches no file' });
    for (const file of matches) found.add(file);
  }
  return { paths: [...found].sort(), refused };
}

async function filesIn(folder: string): Promise<string[]> {
  return matching('**/*', { cwd: folder, absolute: true, dot: false });
}

/** Loaded on demand: most files are named directly. */
async function matching(pattern: string, options: GlobOptions): Promise<string[]> {
  const { glob } = await import('tinyglobby');
  return glob(pattern, options);
}

/** This folder and its subfolders that cannot be listed: a search for files would silently skip them. */
async function closedFolders(folder: string): Promise<readonly Refusal[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    return [{ path: folder, reason: readRefusal(error).replace('read', 'entered'), isFolder: true }];
  }
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return (await Promise.all(folders.map(({ name }) => closedFolders(join(folder, name))))).flat();
}

function nothing(paths: readonly string[], refused: readonly Refusal[]): string {
  if (paths.length === 0) return 'no file was named';
  const [first] = refused;
  if (first === undefined) return 'no file was found in the folders named';
  const more = refused.length === 1 ? '' : `, and ${refused.length - 1} more`;
  return `no file can be read: ${first.path} ${first.reason}${more}`;
}
