import { createHash } from 'node:crypto';
import * as z from 'zod';
import { messageOf } from '../lib/message-of.ts';

const count = z.int().min(0);
const file = z.strictObject({
  /** The path at which every worker finds the file. */
  path: z.string().min(1),
  kind: z.enum(['rib', 'updates']),
  container: z.enum(['plain', 'gzip', 'bzip2']),
  /** Milliseconds of event time at which it begins. */
  start: z.number(),
  isStartNamed: z.boolean(),
  bytes: count,
  sha256: z.string(),
});
const manifestTask = z.strictObject({
  /** `rrc00-2014-12-22` */
  id: z.string().min(1),
  collector: z.string().min(1),
  day: z.iso.date(),
  files: z.array(file),
  unread: z.array(z.strictObject({ name: z.string(), reason: z.string(), start: z.number().optional() })),
});
const manifest = z.strictObject({
  format: z.literal(2),
  /** Which program submitted it: workers of another version refuse it. */
  decoder: z.string(),
  /** What is watched: the ids, and the text of the territories file, if there was one. */
  territories: z.array(z.string().min(1)).min(1),
  territoriesFile: z.string().optional(),
  /** The options of `reduce`, by name: thresholds and output. */
  settings: z.record(z.string(), z.unknown()),
  since: z.number().optional(),
  until: z.number().optional(),
  /** In the order of the files. `file`: the name that `writeTask` gave it in the folder `tasks`. */
  tasks: z.array(z.strictObject({ id: z.string().min(1), file: z.string().min(1) })).min(1),
});

/**
 * What a run consists of. It is written before any work begins. Each task has a file of its own with the sizes and
 * hashes of its input files: a year is millions of files, and a worker needs only those of its task. The name of that
 * file contains its hash, so the manifest fixes the content of each task. Compare the manifest with the shelf to see
 * what is done and what is left; the queue is not needed for that.
 */
export type Manifest = z.infer<typeof manifest>;
/** The files of one collector and day. */
export type ManifestTask = z.infer<typeof manifestTask>;
/** One file. */
export type ManifestFile = ManifestTask['files'][number];
/** A task, as the manifest names it. */
export type TaskName = Manifest['tasks'][number];

/** The name of a run: a hash of its manifest, so that the same run submitted again is the same. */
export function runId(text: string): string {
  return hashOf(text);
}

/** The name of a task, from the text that is written of it. */
export function taskName(id: string, text: string): TaskName {
  return { id, file: `${id}-${hashOf(text)}.json` };
}

/** Reads the text of a manifest; a reason for people when it is not valid. */
export function readManifest(text: string): Manifest | string {
  return read(manifest, text);
}

/** Reads the text of a task; a reason for people when it is not valid, or does not match its name. */
export function readTask(text: string, { id, file }: TaskName): ManifestTask | string {
  return taskName(id, text).file === file ? read(manifestTask, text) : 'is not what the manifest says';
}

function read<T>(schema: z.ZodType<T>, text: string): T | string {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : z.prettifyError(parsed.error);
  } catch (error) {
    return messageOf(error);
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
