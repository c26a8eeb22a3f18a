import { basename } from 'node:path';
import { byStart, type FoundMrt, type Refusal } from '../../streams/mrt/archive/archive.ts';
import type { UnreadFile } from '../../streams/extract/format.ts';
import { readFileName } from '../../streams/mrt/archive/file-name.ts';
import type { PlannedFile } from '../../streams/mrt/archive/planned-file.ts';
import type { Collector } from '../bgp/peer.ts';
import type { HashedFile } from './hashed-file.ts';

/** What `map` does at once: the files of one collector that begin in one UTC day. */
export interface MapTask {
  readonly collector: Collector;
  /** `2014-12-22` */
  readonly day: string;
  /** In the order in which a replay reads them. */
  readonly files: readonly PlannedFile[];
  /** What should have been among them. */
  readonly unread: readonly UnreadFile[];
  /** Of each file, where it was hashed already. */
  readonly hashed?: readonly HashedFile[];
}

/** A file that is not there, by its path or `rrc00/updates.20141222.1600.gz`. */
export interface MissingFile {
  readonly file: string;
  readonly what: string;
}

/**
 * Sorts files into tasks by collector and day. What could not be read belongs to the day that its name tells; without one it
 * is in no task.
 *
 * @param unnamed the collector of paths that name none.
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
      unread: task.unread.toSorted((a, b) => compare(a.name, b.name)),
    }))
    .sort((a, b) => compare(a.collector, b.collector) || compare(a.day, b.day));
}

function missed({ file, what }: MissingFile): Refusal {
  return { path: file, reason: what };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
