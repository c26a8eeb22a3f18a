import type { RunFolder } from './run-folder.ts';

/** The id of the job of a task or a territory. It contains no colon, because BullMQ reserves it. */
export function jobOf(run: RunFolder, what: string): string {
  return `${run.id}-${what}`;
}

/** The id of the job that waits for all tasks of a run. */
export function rootOf(run: RunFolder): string {
  return `${run.id}-all`;
}
