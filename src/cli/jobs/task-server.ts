import { on } from 'node:events';
import { Writable } from 'node:stream';
import type { Io } from '../../app/io.ts';
import type { RunFolder } from '../../jobs/run-folder.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { openRun } from './run.ts';
import { doTask } from './task.ts';

/** What a worker sends to one of its processes: a run, and one of its tasks or territories. */
export interface TaskOrder {
  readonly run: string;
  readonly what: string;
}

/** What the process answers when the task has ended. */
export interface TaskAnswer {
  readonly status: ExitStatus;
  /** The lines that `jobs task` prints on stderr. */
  readonly faults: readonly string[];
}

/**
 * `unroutable jobs task` without a task: does the tasks that the worker which started this process sends over the IPC
 * channel, one after another, until the worker ends it.
 */
export async function serveTasks(out: string, io: Io): Promise<ExitStatus> {
  const { channel } = process;
  if (channel === undefined || channel === null) return failed(bad('usage', 'name a run and a task'), io);
  channel.ref();
  const runs = new Map<string, RunFolder>();
  try {
    for await (const [order] of on(process, 'message', { signal: io.signal })) {
      const answer = await answered(order as TaskOrder, out, runs, io);
      await new Promise<void>((resolve) => process.send?.(answer, () => resolve()));
    }
  } catch (error) {
    if (!io.signal.aborted) throw error;
  }
  channel.unref();
  return EXIT.interrupted;
}

async function answered(
  { run, what }: TaskOrder,
  out: string,
  runs: Map<string, RunFolder>,
  io: Io,
): Promise<TaskAnswer> {
  const lines: string[] = [];
  const stderr = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(...String(chunk).trimEnd().split('\n'));
      done();
    },
  });
  const own: Io = { ...io, stderr };
  const opened = await known(run, out, runs, own);
  const status = opened.ok ? await doTask(opened.value, what, own) : failed(opened, own);
  return { status, faults: lines };
}

/** A run is opened once: its manifest never changes, and can be large. */
async function known(id: string, out: string, runs: Map<string, RunFolder>, io: Io): Promise<Result<RunFolder>> {
  const run = runs.get(id);
  if (run !== undefined) return good(run);
  const opened = await openRun(out, id, io);
  if (opened.ok) runs.set(id, opened.value);
  return opened;
}
