import { createHash } from 'node:crypto';
import * as z from 'zod';

const count = z.int().min(0);
const file = z.strictObject({
  /** Where every worker finds it. */
  path: z.string().min(1),
  kind: z.enum(['rib', 'updates']),
  container: z.enum(['plain', 'gzip', 'bzip2']),
  /** Milliseconds of event time at which it begins. */
  start: z.number(),
  isStartNamed: z.boolean(),
  bytes: count,
  sha256: z.string(),
});
const task = z.strictObject({
  /** `rrc00-2014-12-22` */
  id: z.string().min(1),
  collector: z.string().min(1),
  day: z.iso.date(),
  files: z.array(file),
  unread: z.array(z.strictObject({ name: z.string(), reason: z.string(), start: z.number().optional() })),
});
const manifest = z.strictObject({
  format: z.literal(1),
  /** Which program submitted it: workers of another version refuse it. */
  decoder: z.string(),
  /** What is watched: the ids, and the text of the territories file, if there was one. */
  territories: z.array(z.string().min(1)).min(1),
  territoriesFile: z.string().optional(),
  /** How to judge and what to tell: the options of `reduce`, by their names. */
  settings: z.record(z.string(), z.unknown()),
  since: z.number().optional(),
  until: z.number().optional(),
  tasks: z.array(task).min(1),
});

/**
 * What a run consists of, written before any of it is done: every file with its size and hash, by collector and day. What is
 * done and what is left is known by comparing it with what lies in the folder, whatever became of the queue.
 */
export type Manifest = z.infer<typeof manifest>;
/** The files of one collector and day. */
export type ManifestTask = Manifest['tasks'][number];
/** One file. */
export type ManifestFile = ManifestTask['files'][number];

/** The name of a run: a hash of its manifest, so that the same run submitted again is the same. */
export function runId(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Reads the text of a manifest; a reason for people when it is none. */
export function readManifest(text: string): Manifest | string {
  try {
    const parsed = manifest.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : z.prettifyError(parsed.error);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
