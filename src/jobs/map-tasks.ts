import { basename } from 'node:path';
import { byStart, type FoundMrt, type Refusal } from '../../streams/mrt/archive/archive.ts';
import type { UnreadFile } from '../../streams/extract/format.ts';
import { readFileName } from '../../streams/mrt/archive/file-name.ts';
import type { PlannedFile } from '../../streams/mrt/archive/planned-file.ts';
import type { Collector } from '../bgp/peer.ts';
import type { HashedFile } from './shelf/hashed-file.ts';
import { compareTexts } from '../lib/compare-texts.ts';

/** A task of `map`: the files of one collector that begin on one UTC day. */
export interface MapTask {
  readonly collector: Collector;
  /** `2014-12-22` */
  readonly day: string;
  /** In the order in which a replay reads them. */
  readonly files: readonly PlannedFile[];
  /** Files that should be there and are missing. */
  readonly unread: readonly UnreadFile[];
  /** The hash of each file, if it is already known. */
  readonly hashed?: readonly HashedFile[];
}

/** A missing file, by its path or as `rrc00/updates.20141222.1600.gz`. */
export interface MissingFile {
  readonly file: string;
  readonly what: string;
}

/**
 * Sorts files into tasks by collector and day. An unreadable file belongs to the day in its name; without one it
 * belongs to no task.
 *
 * @param unnamed the collector of paths that do not name one.
 */
export function mapTasks(found: FoundMrt, missing: readonly MissingFile[], unnamed: Collector): readonly MapTask[] {
  const tasks = new Map<string, { collector: Collector; day: string; files: PlannedFile[]; unread: UnreadFile[] }>();
  const taskOf = (collector: Collector, start: number) => {
    const day = new Date(start).toISOString().slice(0, 10);
    const key = `${collector} ${day}`;
    const task = tasks.get(key) ?? { collector, day, files: [], unread: [] };
    tasks.set(key, task);
    return task;
  };
  for (const file of found.files) taskOf(file.collector, file.start).files.push(file);
  for (const { path, reason } of [...found.refused, ...missing.map(missed)]) {
    const { collector = unnamed, kind, start } = readFileName(path);
    if (kind === undefined || start === undefined) continue;
    const entry = { name: basename(path), reason, ...(kind === 'updates' && { start }) };
    taskOf(collector, start).unread.push(entry);
  }
  return [...tasks.values()]
    .map((task) => ({
      ...task,
      files: task.files.toSorted(byStart),
      unread: task.unread.toSorted((a, b) => compareTexts(a.name, b.name)),
    }))
    .sort((a, b) => compareTexts(a.collector, b.collector) || compareTexts(a.day, b.day));
}

function missed({ file, what }: MissingFile): Refusal {
  return { path: file, reason: what };
}
