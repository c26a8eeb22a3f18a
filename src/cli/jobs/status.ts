import type { Io } from '../../app/io.ts';
import { complain } from '../../app/io.ts';
import { RunFolder } from '../../jobs/run-folder.ts';
import { openShelf } from '../../jobs/shelf/open.ts';
import { refusal } from '../../lib/errno.ts';
import { bad } from '../../lib/result.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { progressOf, progressText, type RunProgress } from './progress.ts';
import { openQueue } from './queue.ts';
import { openRun } from './run.ts';
import { shelfMeans } from './shelf-means.ts';

/** The parsed options of `jobs status`. */
export interface JobStatusOptions {
  readonly out: string;
  readonly redis?: string;
  readonly format: 'text' | 'json';
}

/**
 * `unroutable jobs status`: prints the progress of the runs in a folder, and the content of the queue if it answers.
 */
export async function jobStatus(ids: readonly string[], options: JobStatusOptions, io: Io): Promise<ExitStatus> {
  const shelf = openShelf(options.out, shelfMeans(io));
  if (!shelf.ok) return failed(shelf, io);
  const all: RunProgress[] = [];
  try {
    for (const id of ids.length > 0 ? ids : await RunFolder.list(shelf.value)) {
      const run = await openRun(options.out, id, io);
      if (!run.ok) return failed(run, io);
      all.push(await progressOf(run.value));
    }
  } catch (error) {
    return failed(io.signal.aborted ? bad('interrupted') : bad('again', refusal(error)), io);
  }
  const opened = await openQueue(shelf.value, options, io);
  const queue = opened.ok ? await opened.value.queue.counts() : undefined;
  if (opened.ok) await opened.value.queue.close();
  if (!opened.ok && opened.kind === 'interrupted') return failed(opened, io);
  if (!opened.ok) complain(io, `the queue does not answer: ${opened.faults.join('; ')}`);
  if (options.format === 'json') io.stdout.write(`${JSON.stringify({ runs: all, queue: queue ?? null })}\n`);
  else io.stdout.write([...all.map(textOf), ...(queue ? [queueText(queue)] : [])].join(''));
  if (all.length === 0 && options.format === 'text') return failed(bad('usage', `${options.out} has no runs`), io);
  return EXIT.done;
}

function textOf(progress: RunProgress): string {
  const listed = [...progress.failures, ...progress.faulty].flatMap(({ task, faults }) =>
    faults.map((fault) => `  ${task}: ${fault}\n`),
  );
  const results = progress.results.map(({ path }) => `  ${path}\n`);
  return `${progress.run}  ${progress.state}  ${progressText(progress, 0)}\n${listed.join('')}${results.join('')}`;
}

function queueText(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return `queue: ${some.length === 0 ? 'empty' : some.map(([state, count]) => `${count} ${state}`).join(', ')}\n`;
}
