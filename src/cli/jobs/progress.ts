import type { RunFolder } from '../../jobs/run-folder.ts';
import { durationText } from '../../report/clock.ts';
import { counted } from '../../report/printable.ts';

/** The progress of a run, from the files in its folder. */
export interface RunProgress {
  readonly run: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly tasks: number;
  readonly done: number;
  /** Tasks with input that could not be read, and the reason. */
  readonly faulty: readonly { readonly task: string; readonly faults: readonly string[] }[];
  /** Tasks and territories that were given up. */
  readonly failures: readonly { readonly task: string; readonly faults: readonly string[] }[];
  readonly territories: number;
  readonly results: readonly { readonly territory: string; readonly path: string }[];
}

/** Reads the progress from the folder of a run. */
export async function progressOf(run: RunFolder): Promise<RunProgress> {
  const { manifest } = run;
  const records = await run.records();
  const failures = [...(await run.failures())].map(([task, { faults }]) => ({ task, faults }));
  const withoutResult = await run.withoutResult();
  const faulty = [...records].flatMap(([task, { faults }]) => (faults.length > 0 ? [{ task, faults }] : []));
  const results = manifest.territories
    .filter((id) => !withoutResult.includes(id))
    .map((territory) => ({ territory, path: run.resultOf(territory) }));
  const givenUp = withoutResult.filter((id) => failures.some(({ task }) => task === id));
  const isOver = withoutResult.length === givenUp.length;
  const state = (await run.isCancelled()) ? 'cancelled' : !isOver ? 'running' : givenUp.length > 0 ? 'failed' : 'done';
  return {
    run: run.id,
    state,
    tasks: manifest.tasks.length,
    done: records.size,
    faulty,
    failures,
    territories: manifest.territories.length,
    results,
  };
}

/** `mapped 12 of 31 tasks  3 given up  judged 0 of 2 territories  about 3 min left` */
export function progressText({ tasks, done, failures, territories, results }: RunProgress, elapsedMs: number): string {
  const left = done === 0 || done === tasks ? undefined : (elapsedMs / done) * (tasks - done);
  const territory = territories === 1 ? 'territory' : 'territories';
  return [
    `mapped ${done} of ${counted(tasks, 'task')}`,
    ...(failures.length > 0 ? [`${failures.length} given up`] : []),
    `judged ${results.length} of ${territories} ${territory}`,
    ...(left === undefined || elapsedMs < 2000 ? [] : [`about ${durationText(left)} left`]),
  ].join('  ');
}
