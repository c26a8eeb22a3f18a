import { appendFile, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { buildCli, mrtFilesIn, TWO_WAVES, type BuiltCli } from '../support/cli.ts';
import { inProcess } from '../support/in-process.ts';
import { JobsStage } from '../support/jobs-stage.ts';
import { startRedis, type RedisServer } from '../support/redis/server.ts';
import { until } from '../support/redis/until.ts';
import { test } from '../support/redis/tests.ts';

/** One collector of it: enough where the subject is the queue or a kill. */
const HALF = join(TWO_WAVES, 'reconstructed-a');

let cli: BuiltCli;
let redis: RedisServer;
let url: string;
beforeAll(async () => {
  cli = await buildCli();
  redis = await startRedis();
  url = `redis://${redis.host}:${redis.port}`;
});
afterAll(async () => {
  await redis.stop();
  await cli.remove();
});

let folder = 0;
let stage: JobsStage;
beforeEach(async () => {
  const out = join(cli.folder, `shared-${++folder}`);
  await mkdir(out);
  stage = new JobsStage(cli, out, url);
});
afterEach(() => stage.stop());

describe('a run on several workers', () => {
  test('ends with the bytes of a replay on one machine, submitted twice it is one run; each task runs once, and nothing stays in Redis', async () => {
    const before = await redis.cli('DBSIZE');
    const first = await stage.submit([TWO_WAVES]);
    const second = await stage.submit([TWO_WAVES]);
    expect(second.stdout).toBe(first.stdout);
    stage.startWorker();
    stage.startWorker();
    const { status, stdout } = await stage.submit([TWO_WAVES], '--wait');
    expect(status).toBe(0);
    const [run = '', path] = stdout.trimEnd().split('\n');
    expect(run).toBe(first.stdout.trimEnd());
    expect(path).toBe(join(stage.out, 'runs', run, 'KP.ndjson'));
    await stage.expectReplay(run, [TWO_WAVES]);
    const days = ['2022-11-16', '2022-11-17'];
    const tasks = ['reconstructed-a', 'reconstructed-b'].flatMap((name) => days.map((day) => `${name}-${day}`));
    expect(stage.begun()).toEqual(['KP', ...tasks].toSorted());
    expect(await stage.status()).toMatchObject({ runs: [{ run, state: 'done', tasks: 4, done: 4, failures: [] }] });
    await until('no job is left', async () => {
      const keys = (await redis.cli('KEYS', 'unroutable:*')) as string[];
      return keys.every((key) => !key.includes(run));
    });
    expect(before).toBe(0);
  });

  // More than one is killed in test/torture/jobs.test.ts.
  test('survives a worker that is killed while it works', async () => {
    const { stdout: run } = await stage.submit([HALF]);
    const doomed = stage.startWorker('--lock', '1s');
    await until('a task begins', async () => doomed.said().includes('begins'));
    await doomed.kill('SIGKILL');
    stage.startWorker('--lock', '1s');
    expect(await stage.submit([HALF], '--wait')).toMatchObject({ status: 0 });
    await stage.expectReplay(run, [HALF]);
    expect((await readdir(stage.out, { recursive: true })).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('goes on after Redis lost everything, when it is submitted again', async () => {
    const { stdout: run } = await stage.submit([HALF]);
    const worker = stage.startWorker();
    await until('a task is done', async () => worker.said().includes('is done'));
    await redis.cli('FLUSHALL');
    expect(await stage.submit([HALF], '--wait')).toMatchObject({ status: 0 });
    await stage.expectReplay(run, [HALF]);
  });

  test('reports files that are bad, gone or changed: they are gaps, and nothing is tried again for them', async () => {
    const archive = join(stage.out, 'archive', 'rrc00');
    await mkdir(archive, { recursive: true });
    const [source = ''] = await mrtFilesIn(HALF);
    for (const minute of ['1200', '1205', '1210', '1215'])
      await cp(source, join(archive, `updates.20221116.${minute}.gz`));
    await writeFile(join(archive, 'updates.20221116.1220.gz'), '<html>no such file</html>');
    const { stdout: run } = await stage.submit([archive]);
    await appendFile(join(archive, 'updates.20221116.1210.gz'), 'more');
    stage.startWorker();
    expect(await stage.run('submit', [archive, '--wait'])).toMatchObject({
      status: 0,
    });
    const { runs } = await stage.status();
    const first = runs.find((one) => one['run'] === run.trim());
    expect(first).toMatchObject({ state: expect.stringMatching(/running|done/) as string });
    await until('the first run is over', async () =>
      (await stage.status()).runs.every((one) => String(one['state']) === 'done'),
    );
    const [faulty] = (await stage.status()).runs
      .filter((one) => one['run'] === run.trim())
      .flatMap((one) => one['faulty'] as { task: string; faults: string[] }[]);
    expect(faulty?.task).toBe('rrc00-2022-11-16');
    expect(faulty?.faults.join()).toMatch(/1220\.gz: .*web page/);
    expect(faulty?.faults.join()).toMatch(/1210\.gz: changed since the run was submitted/);
    expect(stage.begun().filter((what) => what === 'rrc00-2022-11-16')).toHaveLength(2);
    expect(await stage.resultOf(run)).toContain('"observer.gap"');
  });

  test('is cancelled on request, and taken up again', async () => {
    const { stdout: run } = await stage.submit([HALF]);
    expect(await stage.run('cancel', [run.trim()])).toMatchObject({
      status: 0,
      stderr: `unroutable: run ${run.trim()} is cancelled; tasks under way will finish\n`,
    });
    expect((await stage.status()).runs).toMatchObject([{ state: 'cancelled' }]);
    stage.startWorker();
    expect(await stage.submit([HALF], '--wait')).toMatchObject({ status: 0 });
    await stage.expectReplay(run, [HALF]);
  });
});

test('a cluster is refused, by its URL and by what a node says of itself', async () => {
  const node = await startRedis({ config: { 'cluster-enabled': 'yes' } });
  const open = (redis: string) => inProcess(['jobs', 'submit', TWO_WAVES, '-o', stage.out, '--redis', redis]);
  const address = `${node.host}:${node.port}`;
  expect(await open(`redis-cluster://${address}`)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('a queue lives on one server, not on a cluster') as string,
  });
  expect(await open(`redis://${address}`)).toMatchObject({
    status: 69,
    stderr: expect.stringContaining(`redis://${address}: it is a node of a cluster`) as string,
  });
  expect(await node.cli('DBSIZE')).toBe(0);
  await node.stop();
});

test('a queue that does not answer is reported as such, and nothing is started', async () => {
  const { status, stderr } = await inProcess(['jobs', 'work', '-o', stage.out, '--redis', 'redis://127.0.0.1:1']);
  expect(status).toBe(69);
  expect(stderr).toContain('redis://127.0.0.1:1');
});
