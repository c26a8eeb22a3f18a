import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { snapshotOf } from '../../streams/mrt/container/packed-file.ts';
import type { PlannedFile } from '../../streams/mrt/archive/planned-file.ts';
import type { Collector } from '../bgp/peer.ts';
import type { ManifestFile, ManifestTask } from './manifest.ts';
import type { MapTask } from './map-tasks.ts';

/** The hash of a file, in hex. Throws as the file system does. */
export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}

/** A text that changes when the file does. Throws as the file system does. */
export async function markOf(path: string): Promise<string> {
  const { size, mtimeMs, dev, ino } = await stat(path);
  return [size, mtimeMs, dev, ino].join(' ');
}

/** Writes down the files of a task with their sizes and hashes. Throws as the file system does. */
export async function manifestTask(task: MapTask, signal: AbortSignal): Promise<ManifestTask> {
  const { collector, day, unread } = task;
  const files: ManifestFile[] = [];
  for (const { path, kind, container, start, isStartNamed, snapshot } of task.files) {
    const sha256 = await sha256Of(path, signal);
    files.push({ path, kind, container, start, isStartNamed, bytes: snapshot.size, sha256 });
  }
  return { id: taskId(task), collector, day, files, unread: [...unread] };
}

/** `rrc00-2014-12-22` */
export function taskId({ collector, day }: Pick<MapTask, 'collector' | 'day'>): string {
  return `${collector}-${day}`;
}

/**
 * The task as its files are now. One that is missing, or is another than the manifest says, is not read: it stands among what
 * could not be read, with the reason.
 */
export async function presentTask(task: ManifestTask, signal: AbortSignal): Promise<MapTask> {
  const files: PlannedFile[] = [];
  const unread = [...task.unread];
  for (const file of task.files) {
    const found = await presentFile(file, task.collector as Collector, signal);
    if (typeof found !== 'string') files.push(found);
    else {
      const { kind, start } = file;
      unread.push({ name: basename(file.path), reason: found, ...(kind === 'updates' && { start }) });
    }
  }
  return { collector: task.collector as Collector, day: task.day, files, unread };
}

async function presentFile(
  { path, kind, container, start, isStartNamed, bytes, sha256 }: ManifestFile,
  collector: Collector,
  signal: AbortSignal,
): Promise<PlannedFile | string> {
  const snapshot = await snapshotOf(path);
  if (typeof snapshot === 'string') return snapshot;
  if (snapshot.size !== bytes || (await sha256Of(path, signal)) !== sha256)
    return 'changed since the run was submitted';
  return { path, collector, kind, container, start, isStartNamed, snapshot };
}
