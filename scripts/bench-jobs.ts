/**
 * Measures the overhead of `jobs` over `map`, and the gain of a second worker: `npm run bench:jobs -- [--file
 * updates.gz] [--collectors 8] [--files 288] [--rounds 1]`. The file is copied into a day of several collectors, with
 * times of its own; without one it is made. Meaningful results need at least 500 MB unpacked, and an idle machine.
 * Prints a line of JSON; the exit status is 1 when a task was begun twice, or something was left behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startRedis } from '../test/support/redis/server.ts';
import { archiveFrom } from './bench/jobs/archive.ts';
import { timed, type Times } from './bench/jobs/timed.ts';
import { writeUpdates } from './bench/synthetic.ts';
import { useTestsRedis } from './torture/bench.ts';

const { values } = parseArgs({
  options: {
    file: { type: 'string' },
    /** One task each. With fewer, the start of the workers and the reduction, which one worker does, count for more. */
    collectors: { type: 'string', default: '8' },
    /** Files of five minutes per collector, by default a day of RIS. With fewer, starting the processes decides the figures. */
    files: { type: 'string', default: '288' },
    rounds: { type: 'string', default: '1' },
  },
});
const SYNTHETIC_BYTES = 6_000_000;
const command = [process.execPath, fileURLToPath(new URL('../cli/main.js', import.meta.url))];
const folder = mkdtempSync(join(tmpdir(), 'unroutable-bench-jobs-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

await useTestsRedis();
const redis = await startRedis();
const source = values.file ?? (await synthetic());
const archive = await archiveFrom(source, join(folder, 'archive'), {
  collectors: Number(values.collectors),
  files: Number(values.files),
});
console.error(`${archive.files} files, ${megabytes(archive.unpacked)} MB unpacked`);
/** Keys of a fresh Redis, and after each run. The first run adds the queue's scripts, which stay. */
const redisBytes = [await redisUsed()];
let folders = 0;
let isGood = true;
const rounds: { map: Times; reduce: Times; submit: Times; one: Times; two: Times }[] = [];
for (let round = 0; round < Number(values.rounds); round++) rounds.push(await playRound());
/** The median of all rounds. */
const at = (of: (round: (typeof rounds)[number]) => number): number => {
  const sorted = rounds.map(of).toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
};
const needed = at(({ map, reduce }) => map.cpu + reduce.cpu);
console.log(
  JSON.stringify({
    bench: 'jobs',
    source: values.file === undefined ? 'synthetic' : 'given',
    cores: availableParallelism(),
    load: loadavg()[0]?.toFixed(1),
    ...archive,
    folder: undefined,
    mapCpuSeconds: round(at(({ map }) => map.cpu)),
    mapCpuSecondsPerPackedGB: round(at(({ map }) => map.cpu) / (archive.packed / 1e9)),
    reduceCpuSeconds: round(at(({ reduce }) => reduce.cpu)),
    submitSeconds: round(at(({ submit }) => submit.wall)),
    submitCpuSecondsPerPackedGB: round(at(({ submit }) => submit.cpu) / (archive.packed / 1e9)),
    oneWorkerSeconds: round(at(({ one }) => one.wall)),
    twoWorkersSeconds: round(at(({ two }) => two.wall)),
    twoOfOne: round(at(({ one, two }) => two.wall / one.wall)),
    overheadCpuSecondsPerTask: round((at(({ one }) => one.cpu) - needed) / archive.tasks),
    overheadShare: round(at(({ one }) => one.cpu) / needed - 1),
    extractBytesPerTask: Math.round((await bytesIn(join(folder, 'out-0', 'KP'))) / archive.tasks),
    redisBytes,
    isGood,
  }),
);
await redis.stop();
process.exitCode = isGood ? 0 : 1;

async function playRound(): Promise<(typeof rounds)[number]> {
  const out = join(folder, `out-${folders++}`);
  const map = await timed([...command, 'map', archive.folder, '--out', out, '--threads', '0', '--quiet']).ended;
  const reduce = await timed([...command, 'reduce', out, '--quiet']).ended;
  console.error(`map ${round(map.wall)} s, reduce ${round(reduce.wall)} s`);
  const [submit, one] = await run(1);
  console.error(`one worker ${round(one.wall)} s`);
  const [, two] = await run(2);
  console.error(`two workers ${round(two.wall)} s`);
  return { map, reduce, submit, one, two };
}

/** The whole run, from the start of the workers to the events; all workers' processor time. */
async function run(workers: number): Promise<readonly [Times, Times]> {
  const out = join(folder, `out-${folders++}`);
  const meeting = ['--out', out, '--redis', `redis://${redis.host}:${redis.port}`];
  const submit = await timed([...command, 'jobs', 'submit', archive.folder, ...meeting, '--quiet']).ended;
  const [id = ''] = submit.lines;
  const begun = performance.now();
  const started = Array.from({ length: workers }, () =>
    timed([...command, 'jobs', 'work', ...meeting, '--tasks', '1', '--lock', '2s']),
  );
  const result = join(out, 'runs', id, 'KP.ndjson');
  while (!(await isThere(result))) await sleep(20);
  const wall = (performance.now() - begun) / 1000;
  while (((await redis.cli('KEYS', '*')) as string[]).some((key) => key.includes(id))) await sleep(100);
  for (const worker of started) worker.stop();
  const costs = await Promise.all(started.map(({ ended }) => ended));
  await redis.cli('MEMORY', 'PURGE');
  redisBytes.push(await redisUsed());
  const tasks = started.flatMap(({ said }) => said.filter((line) => line.endsWith(' begins')));
  const left = (await readdir(out, { recursive: true })).filter((name) => name.endsWith('.tmp'));
  if (tasks.length !== archive.tasks + 1 || left.length > 0) {
    isGood = false;
    console.error(`${tasks.length} begun, ${archive.tasks + 1} needed, left: ${left.join() || 'nothing'}`);
  }
  return [submit, { wall, cpu: costs.reduce((sum, { cpu }) => sum + cpu, 0) }];
}

async function synthetic(): Promise<string> {
  const path = join(folder, 'updates.gz');
  await writeUpdates(path, SYNTHETIC_BYTES);
  return path;
}

async function redisUsed(): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(String(await redis.cli('INFO', 'memory')))?.[1]);
}

async function bytesIn(path: string): Promise<number> {
  const sizes = (await readdir(path)).map(async (name) => (await stat(join(path, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
