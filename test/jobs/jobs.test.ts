import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { appendFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BLACKOUT, buildCli, mrtFilesIn, type BuiltCli } from '../support/cli.ts';
import { startRedis, type RedisServer } from '../support/redis/server.ts';
import { until } from '../support/redis/until.ts';

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

let workers: Worker[] = [];
let folder = 0;
/** Where the workers of this test meet. */
let out: string;
beforeEach(async () => {
  out = join(cli.folder, `shared-${++folder}`);
  await mkdir(out);
});
afterEach(async () => {
  await Promise.all(workers.map(({ kill }) => kill('SIGTERM')));
  workers = [];
});

interface Worker {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it said so far. */
  readonly said: () => string;
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
}

function startWorker(...more: readonly string[]): Worker {
  const child = cli.start(['jobs', 'work', '-o', out, '--redis', url, '--tasks', '1', ...more]);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  const worker = { child, said: () => said, kill };
  workers.push(worker);
  return worker;
}

const submit = (paths: readonly string[], ...more: readonly string[]) =>
  cli.run(['jobs', 'submit', ...paths, '-o', out, '--redis', url, '--quiet', ...more]);

async function statusOf(): Promise<{ runs: Record<string, never>[]; queue: Record<string, number> | null }> {
  const { stdout } = await cli.run(['jobs', 'status', '-o', out, '--redis', url, '--format', 'json']);
  return JSON.parse(stdout) as Awaited<ReturnType<typeof statusOf>>;
}

async function resultOf(run: string): Promise<string> {
  return readFile(join(out, 'runs', run.trim(), 'KP.ndjson'), 'utf8');
}

async function expectReplay(run: string, paths: readonly string[]): Promise<void> {
  const { stdout } = await cli.run(['replay', ...paths, '--quiet']);
  expect(await resultOf(run)).toBe(stdout);
}

/** Which tasks began, in the words of all workers. */
function begun(): readonly string[] {
  return workers.flatMap(({ said }) => [...said().matchAll(/: (\S+) begins/g)].map(([, what = '']) => what)).toSorted();
}

describe('a run on several workers', () => {
  test('ends with the bytes of a replay on one machine; each task runs once, and nothing stays in Redis', async () => {
    const before = await redis.cli('DBSIZE');
    startWorker();
    startWorker();
    const { status, stdout } = await submit([BLACKOUT], '--wait');
    expect(status).toBe(0);
    const [run = '', path] = stdout.trimEnd().split('\n');
    expect(path).toBe(join(out, 'runs', run, 'KP.ndjson'));
    await expectReplay(run, [BLACKOUT]);
    const days = ['2014-12-21', '2014-12-23'];
    const tasks = ['reconstructed-a', 'reconstructed-b'].flatMap((name) => days.map((day) => `${name}-${day}`));
    expect(begun()).toEqual(['KP', ...tasks].toSorted());
    expect(await statusOf()).toMatchObject({ runs: [{ run, state: 'done', tasks: 4, done: 4, failures: [] }] });
    await until('no job is left', async () => {
      const keys = (await redis.cli('KEYS', 'unroutable:*')) as string[];
      return keys.every((key) => !key.includes(run));
    });
    expect(before).toBe(0);
  });

  test('submitted twice is one run', async () => {
    const first = await submit([BLACKOUT]);
    const second = await submit([BLACKOUT]);
    expect(second.stdout).toBe(first.stdout);
    startWorker();
    await submit([BLACKOUT], '--wait');
    expect(begun()).toHaveLength(5);
    await expectReplay(first.stdout, [BLACKOUT]);
  });

  test('survives workers that are killed while they work', async () => {
    const { stdout: run } = await submit([BLACKOUT]);
    for (let round = 0; round < 3; round++) {
      const doomed = startWorker('--lock', '1s');
      await until('a task begins', async () => doomed.said().includes('begins'));
      await doomed.kill('SIGKILL');
    }
    startWorker('--lock', '1s');
    expect(await submit([BLACKOUT], '--wait')).toMatchObject({ status: 0 });
    await expectReplay(run, [BLACKOUT]);
    expect((await readdir(out, { recursive: true })).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('goes on after Redis lost everything, when it is submitted again', async () => {
    const { stdout: run } = await submit([BLACKOUT]);
    const worker = startWorker();
    await until('a task is done', async () => worker.said().includes('is done'));
    await redis.cli('FLUSHALL');
    expect(await submit([BLACKOUT], '--wait')).toMatchObject({ status: 0 });
    await expectReplay(run, [BLACKOUT]);
  });

  test('says what became of files that are bad, gone or changed: they are gaps, and nothing is tried again for them', async () => {
    const archive = join(out, 'archive', 'rrc00');
    await mkdir(archive, { recursive: true });
    const [source = ''] = await mrtFilesIn(join(BLACKOUT, 'reconstructed-a'));
    for (const minute of ['1200', '1205', '1210', '1215'])
      await cp(source, join(archive, `updates.20141221.${minute}.gz`));
    await writeFile(join(archive, 'updates.20141221.1220.gz'), '<html>no such file</html>');
    const { stdout: run } = await submit([archive]);
    await appendFile(join(archive, 'updates.20141221.1210.gz'), 'more');
    startWorker();
    expect(await cli.run(['jobs', 'submit', archive, '-o', out, '--redis', url, '--wait'])).toMatchObject({
      status: 0,
    });
    const { runs } = await statusOf();
    const first = runs.find((one) => one['run'] === run.trim());
    expect(first).toMatchObject({ state: expect.stringMatching(/running|done/) as string });
    await until('the first run is over', async () =>
      (await statusOf()).runs.every((one) => String(one['state']) === 'done'),
    );
    const [faulty] = (await statusOf()).runs
      .filter((one) => one['run'] === run.trim())
      .flatMap((one) => one['faulty'] as unknown as { task: string; faults: string[] }[]);
    expect(faulty?.task).toBe('rrc00-2014-12-21');
    expect(faulty?.faults.join()).toMatch(/1220\.gz: .*web page/);
    expect(faulty?.faults.join()).toMatch(/1210\.gz: changed since the run was submitted/);
    expect(begun().filter((what) => what === 'rrc00-2014-12-21')).toHaveLength(2);
    expect(await resultOf(run)).toContain('"observer.gap"');
  });

  test('is given up on request, and taken up again', async () => {
    const { stdout: run } = await submit([BLACKOUT]);
    expect(await cli.run(['jobs', 'cancel', run.trim(), '-o', out, '--redis', url])).toMatchObject({ status: 0 });
    expect((await statusOf()).runs).toMatchObject([{ state: 'cancelled' }]);
    startWorker();
    expect(await submit([BLACKOUT], '--wait')).toMatchObject({ status: 0 });
    await expectReplay(run, [BLACKOUT]);
  });
});

test('a queue that does not answer is told as such, and nothing is begun', async () => {
  const { status, stderr } = await cli.run(['jobs', 'work', '-o', out, '--redis', 'redis://127.0.0.1:1']);
  expect(status).toBe(69);
  expect(stderr).toContain('redis://127.0.0.1:1');
});
