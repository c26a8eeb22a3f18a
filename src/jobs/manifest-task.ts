import { basename } from 'node:path';
import { snapshotOf } from '../../streams/mrt/container/packed-file.ts';
import type { PlannedFile } from '../../streams/mrt/archive/planned-file.ts';
import type { Collector } from '../bgp/peer.ts';
import { hashedFile, type HashedFile } from './shelf/hashed-file.ts';
import type { ManifestFile, ManifestTask } from './manifest.ts';
import type { MapTask } from './map-tasks.ts';

/** Writes down the files of a task with their sizes and hashes. Throws as the file system does. */
export async function manifestTask(task: MapTask, signal: AbortSignal): Promise<ManifestTask> {
  const { collector, day, unread } = task;
  const files: ManifestFile[] = [];
  for (const { path, kind, container, start, isStartNamed, snapshot } of task.files) {
    const { sha256 } = await hashedFile(path, signal);
    files.push({ path, kind, container, start, isStartNamed, bytes: snapshot.size, sha256 });
  }
  return { id: taskId(task), collector, day, files, unread: [...unread] };
}

/** `rrc00-2014-12-22` */
export function taskId({ collector, day }: Pick<MapTask, 'collector' | 'day'>): string {
  return `${collector}-${day}`;
}

/**
 * The task with its present files. A file that is missing or differs from the manifest is not read; it is listed as
 * unread, with the reason.
 */
export async function presentTask(task: ManifestTask, signal: AbortSignal): Promise<MapTask> {
  const files: PlannedFile[] = [];
  const hashed: HashedFile[] = [];
  const unread = [...task.unread];
  for (const file of task.files) {
    const found = await presentFile(file, task.collector as Collector, signal);
    if (typeof found !== 'string') {
      files.push(found.file);
      hashed.push(found.hashed);
    } else {
      const { kind, start } = file;
      unread.push({ name: basename(file.path), reason: found, ...(kind === 'updates' && { start }) });
    }
  }
  return { collector: task.collector as Collector, day: task.day, files, unread, hashed };
}

async function presentFile(
  { path, kind, container, start, isStartNamed, bytes, sha256 }: ManifestFile,
  collector: Collector,
  signal: AbortSignal,
): Promise<{ readonly file: PlannedFile; readonly hashed: HashedFile } | string> {
  const snapshot = await snapshotOf(path);
  if (typeof snapshot === 'string') return snapshot;
  const changed = 'changed since the run was submitted';
  if (snapshot.size !== bytes) return changed;
  const hashed = await hashedFile(path, signal);
  if (hashed.sha256 !== sha256) return changed;
  return { file: { path, collector, kind, container, start, isStartNamed, snapshot }, hashed };
}
