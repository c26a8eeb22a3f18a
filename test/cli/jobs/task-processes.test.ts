import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { TaskProcesses } from '../../../src/cli/jobs/task-processes.ts';
import { RunFolder } from '../../../src/jobs/run-folder.ts';
import { shelfMeans } from '../../../src/cli/jobs/shelf-means.ts';
import { openShelf } from '../../../src/jobs/shelf/open.ts';
import { buildCli, mrtFilesIn, TWO_WAVES, type BuiltCli } from '../../support/cli.ts';
import { JobsStage } from '../../support/jobs-stage.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { test } from '../../support/redis/tests.ts';
import { until } from '../../support/redis/until.ts';

let cli: BuiltCli;
let redis: RedisServer;
beforeAll(async () => {
  cli = await buildCli();
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
  await cli.remove();
});

let out: string;
let processes: TaskProcesses;
beforeEach(async () => {
  out = await mkdtemp(join(cli.folder, 'shared-'));
  processes = new TaskProcesses(counted(process.execPath, cli.main, 'jobs', 'task', '--out', out));
});
afterEach(() => processes.close());

const never = new AbortController().signal;

/** Writes the id of each process to a file when it starts. */
function counted(...command: readonly string[]): readonly string[] {
  return ['sh', '-c', 'echo $$ >> "$1"; shift; exec "$@"', 'sh', join(out, 'pids'), ...command];
}

/** Ids of all processes so far. */
async function pids(): Promise<readonly number[]> {
  return (await readFile(join(out, 'pids'), 'utf8')).trim().split('\n').map(Number);
}

async function submitted(paths: readonly string[]): Promise<RunFolder> {
  const { stdout } = await new JobsStage(cli, out, `redis://${redis.host}:${redis.port}`).submit(paths);
  const shelf = openShelf(out, shelfMeans({ env: {}, signal: new AbortController().signal }));
  const run = shelf.ok ? await RunFolder.open(shelf.value, stdout.trim()) : 'no shelf';
  if (typeof run === 'string') throw new Error(run);
  return run;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function tasksOf({ manifest }: RunFolder): readonly string[] {
  return manifest.tasks.map(({ id }) => id);
}

test('one process does several tasks, those with bad input among them, and ends after the reduction', async () => {
  const archive = join(out, 'archive', 'rrc00');
  await mkdir(archive, { recursive: true });
  await writeFile(join(archive, 'updates.20221116.1220.gz'), '<html>no such file</html>');
  const run = await submitted([TWO_WAVES, archive]);
  expect(tasksOf(run)).toHaveLength(5);
  for (const task of tasksOf(run)) expect(await processes.run(run, task, never)).toEqual({ kind: 'done' });
  expect(await processes.run(run, 'KP', never)).toEqual({ kind: 'done' });
  expect(await pids()).toHaveLength(1);
  const [pid = 0] = await pids();
  expect(isRunning(pid)).toBe(false);
  expect((await run.records()).size).toBe(5);
  expect(await readFile(run.resultOf('KP'), 'utf8')).toContain('"country.unroutable"');
});

test('tasks at the same time have a process each', async () => {
  const run = await submitted([TWO_WAVES]);
  const ends = await Promise.all(tasksOf(run).map((task) => processes.run(run, task, never)));
  expect(ends).toEqual(ends.map(() => ({ kind: 'done' })));
  expect(await pids()).toHaveLength(4);
});

test('after a failure, which is reported in the words of the process, the next task gets a new one', async () => {
  const run = await submitted([TWO_WAVES]);
  const [first = ''] = tasksOf(run);
  expect(await processes.run(run, 'rrc99-2022-11-16', never)).toEqual({
    kind: 'useless',
    faults: [`unroutable: run ${run.id} has no task and no territory rrc99-2022-11-16`],
  });
  expect(await processes.run(run, first, never)).toEqual({ kind: 'done' });
  expect(await pids()).toHaveLength(2);
});

test('a task whose lock is lost ends with its process, and can be done again', async () => {
  const run = await submitted([TWO_WAVES]);
  const [first = '', second = ''] = tasksOf(run);
  await processes.run(run, first, never);
  const lost = new AbortController();
  const ending = processes.run(run, second, lost.signal);
  lost.abort();
  expect(await ending).toMatchObject({ kind: 'again' });
  const [pid = 0] = await pids();
  expect(isRunning(pid)).toBe(false);
  expect(await processes.run(run, second, never)).toEqual({ kind: 'done' });
});

test('a process that is killed while it is idle is replaced', async () => {
  const run = await submitted([TWO_WAVES]);
  const [first = '', second = ''] = tasksOf(run);
  await processes.run(run, first, never);
  const [pid = 0] = await pids();
  process.kill(pid, 'SIGKILL');
  await until('its end was noticed', async () => processes.idle === 0);
  expect(await processes.run(run, second, never)).toEqual({ kind: 'done' });
  expect(await pids()).toHaveLength(2);
});

test('a process that is killed in the middle of a task is reported by the signal, and the task can be done again', async () => {
  const run = await submitted(await mrtFilesIn(TWO_WAVES));
  const [first = ''] = tasksOf(run);
  const ending = processes.run(run, first, never);
  await until('it has started', async () => (await pids().catch(() => [])).length > 0);
  const [pid = 0] = await pids();
  process.kill(pid, 'SIGKILL');
  expect(await ending).toEqual({ kind: 'again', faults: ['its process ended with SIGKILL'] });
  expect(await processes.run(run, first, never)).toEqual({ kind: 'done' });
});

test('an idle process ends after a while', async () => {
  const run = await submitted([TWO_WAVES]);
  const brief = new TaskProcesses(counted(process.execPath, cli.main, 'jobs', 'task', '--out', out), 1);
  await brief.run(run, tasksOf(run)[0] ?? '', never);
  const [pid = 0] = await pids();
  await until('it has ended', async () => !isRunning(pid));
  expect(brief.idle).toBe(0);
});

test('a program that cannot be started is reported', async () => {
  const run = await submitted([TWO_WAVES]);
  const nowhere = new TaskProcesses([join(out, 'nothing')]);
  expect(await nowhere.run(run, tasksOf(run)[0] ?? '', never)).toMatchObject({
    kind: 'again',
    faults: [expect.stringContaining('ENOENT') as string],
  });
});
