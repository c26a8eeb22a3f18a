import { glob } from 'tinyglobby';
import type { Collector } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { openContainer, type ContainerKind } from './container.ts';
import { readFileName, type FileKind } from './file-name.ts';
import { firstRecord } from './first-record.ts';
import { DEFAULT_LIMITS, type MrtLimits } from './limits.ts';
import { snapshotOf, type Snapshot } from './packed-file.ts';
import { findHoles, withinWindow, type Hole } from './window.ts';

export interface MrtPlanOptions {
  /** Files, folders (read through to the bottom) and globs. */
  readonly paths: readonly string[];
  /** The collector of files whose path names none. @default 'local' */
  readonly collector?: Collector;
  /** Event time from which verdicts are wanted: the last RIB dump before it becomes the seed, older files are left out. */
  readonly since?: EventTime;
  /** Event time after which nothing is wanted. */
  readonly until?: EventTime;
  readonly limits?: MrtLimits;
}

export interface PlannedFile {
  readonly path: string;
  readonly collector: Collector;
  readonly kind: FileKind;
  readonly container: ContainerKind;
  /** Event time in milliseconds at which it begins: by its name, or else by its first record. */
  readonly start: number;
  readonly isStartNamed: boolean;
  readonly snapshot: Snapshot;
}

/** What is read of one collector: RIB dumps and updates, each in order of time. */
export interface CollectorPlan {
  readonly collector: Collector;
  readonly ribs: readonly PlannedFile[];
  readonly updates: readonly PlannedFile[];
  /** Where a file is missing in the sequence of updates. */
  readonly holes: readonly Hole[];
}

export interface MrtPlan {
  /** In the order of their names. */
  readonly collectors: readonly CollectorPlan[];
  /** Paths that were named or found, and are not read. */
  readonly refused: readonly Refusal[];
  readonly files: number;
  /** Packed. */
  readonly bytes: number;
  readonly until: EventTime | undefined;
  readonly limits: MrtLimits;
}

export interface Refusal {
  readonly path: string;
  /** For people: `is a directory`, `is no MRT file, it looks like a web page`. */
  readonly reason: string;
}

export type MrtPlanned =
  | { readonly ok: true; readonly plan: MrtPlan }
  | { readonly ok: false; readonly reason: string; readonly refused: readonly Refusal[] };

const UNNAMED = 'local' as Collector;
/** Files looked at side by side while planning. */
const LOOK_AHEAD = 16;

/** Finds the files, looks at each one's first bytes, and puts them in order. Reads no further. */
export async function planMrt(options: MrtPlanOptions): Promise<MrtPlanned> {
  const found = await findFiles(options.paths);
  const limits = options.limits ?? DEFAULT_LIMITS;
  const refused: Refusal[] = [...found.refused];
  const files: PlannedFile[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < found.paths.length; i += LOOK_AHEAD) {
    const looks = await Promise.all(found.paths.slice(i, i + LOOK_AHEAD).map((path) => lookAt(path, options, limits)));
    for (const look of looks) {
      if ('reason' in look) {
        refused.push(look);
        continue;
      }
      // The same file by two paths would be read twice.
      const identity = `${look.snapshot.device}:${look.snapshot.inode}`;
      if (!seen.has(identity)) files.push(look);
      seen.add(identity);
    }
  }
  if (files.length === 0) return { ok: false, reason: nothing(options.paths, refused), refused };

  const collectors = inOrder(files, options);
  const kept = collectors.flatMap(({ ribs, updates }) => [...ribs, ...updates]);
  if (kept.length === 0) return { ok: false, reason: 'no file covers the time asked for', refused };
  const bytes = kept.reduce((sum, { snapshot }) => sum + snapshot.size, 0);
  return { ok: true, plan: { collectors, refused, files: kept.length, bytes, until: options.until, limits } };
}

function inOrder(files: readonly PlannedFile[], { since, until }: MrtPlanOptions): readonly CollectorPlan[] {
  const names = [...new Set(files.map(({ collector }) => collector))].sort();
  return names.map((collector) => {
    const own = files.filter((file) => file.collector === collector).sort(byStart);
    const ofKind = (kind: FileKind): PlannedFile[] => own.filter((file) => file.kind === kind);
    const kept = withinWindow(ofKind('rib'), ofKind('updates'), since, until);
    return { collector, ...kept, holes: findHoles(kept.ribs, kept.updates) };
  });
}

function byStart(a: PlannedFile, b: PlannedFile): number {
  return a.start - b.start || a.path.localeCompare(b.path, 'en', { numeric: true });
}

async function lookAt(path: string, options: MrtPlanOptions, limits: MrtLimits): Promise<PlannedFile | Refusal> {
  // oxlint-disable-next-line no-control-regex -- such a name would break every line that tells of it.
  if (/[\u0000-\u001f\u007f]/.test(path))
    return { path: JSON.stringify(path), reason: 'has control characters in its name' };
  const snapshot = await snapshotOf(path);
  if (typeof snapshot === 'string') return { path, reason: snapshot };

  const named = readFileName(path);
  const collector = named.collector ?? options.collector ?? UNNAMED;
  if (named.kind !== undefined && named.start !== undefined) {
    const opened = await openContainer(path, { snapshot, limits });
    if (!opened.ok) return { path, reason: opened.reason };
    const container = opened.container.kind;
    await opened.container.close();
    return { path, collector, kind: named.kind, container, start: named.start, isStartNamed: true, snapshot };
  }
  const first = await firstRecord(path, snapshot, limits);
  if (typeof first === 'string') return { path, reason: first };
  const { container } = first;
  const kind = named.kind ?? first.kind;
  const start = named.start ?? first.seconds * 1000;
  return { path, collector, kind, container, start, isStartNamed: named.start !== undefined, snapshot };
}

async function findFiles(paths: readonly string[]): Promise<{ paths: string[]; refused: Refusal[] }> {
  const found = new Set<string>();
  const refused: Refusal[] = [];
  for (const path of paths) {
    const at = await snapshotOf(path);
    if (at === 'is a directory') {
      for (const file of await filesIn(path)) found.add(file);
      continue;
    }
    const matches =
      at === 'does not exist' && /[*?[\]{}()!]/.test(path) ? await glob(path, { absolute: true }) : [path];
    if (matches.length === 0) refused.push({ path, reason: 'matches no file' });
    for (const file of matches) found.add(file);
  }
  return { paths: [...found].sort(), refused };
}

async function filesIn(folder: string): Promise<string[]> {
  return glob('**/*', { cwd: folder, absolute: true, dot: false });
}

function nothing(paths: readonly string[], refused: readonly Refusal[]): string {
  if (paths.length === 0) return 'no file was named';
  const [first] = refused;
  if (first === undefined) return 'no file was found in the folders named';
  const more = refused.length === 1 ? '' : `, and ${refused.length - 1} more`;
  return `no file can be read: ${first.path} ${first.reason}${more}`;
}
