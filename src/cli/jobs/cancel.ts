import { complain, type Io } from '../../app/io.ts';
import { refusal } from '../../lib/errno.ts';
import { bad } from '../../lib/result.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { openQueue } from './queue.ts';
import { openRun } from './run.ts';

/** `unroutable jobs cancel`: cancels a run. Its results stay; `submit` with the same files continues it. */
export async function cancel(
  id: string,
  options: { readonly out: string; readonly redis?: string },
  io: Io,
): Promise<ExitStatus> {
  const run = await openRun(options.out, id, io);
  if (!run.ok) return failed(run, io);
  try {
    await run.value.cancel(true);
  } catch (error) {
    return failed(io.signal.aborted ? bad('interrupted') : bad('again', refusal(error)), io);
  }
  const opened = await openQueue(run.value.shelf, options, io);
  if (!opened.ok) return failed(opened, io);
  const { queue } = opened.value;
  try {
    await queue.remove(run.value);
  } finally {
    await queue.close();
  }
  complain(io, `run ${run.value.id} is cancelled; tasks under way will finish`);
  return EXIT.done;
}
