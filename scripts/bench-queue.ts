/**
 * The queue of `jobs` with many workers and tasks that do nothing: `npm run bench:queue -- [--workers 1000] [--tasks 200000]`.
 * Each worker has the connections and locks that `jobs work --tasks 1` has; all are in this process. Prints a line of JSON.
 * The exit status is 1 when a task was not done, or was begun twice, or when the run left something in Redis.
 */
import { setMaxListeners } from 'node:events';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { JobQueue, type Handlers } from '../src/jobs/queue.ts';
import { RunFolder } from '../src/jobs/run-folder.ts';
import { startRedis } from '../test/support/redis/server.ts';
import { MemoryShelf } from './bench/jobs/memory-shelf.ts';
import { useTestsRedis } from './torture/bench.ts';

const { values } = parseArgs({
  options: { workers: { type: 'string', default: '1000' }, tasks: { type: 'string', default: '200000' } },
});
const workers = Number(values.workers);
const tasks = Number(values.tasks);
/** Workers are started in groups: a thousand at once would only wait for each other. */
const GROUP = 50;
const LOOK_EVERY_MS = 250;
const LEAVE_WITHIN_MS = 60_000;
/** All share one thread. */
const READY_WITHIN_MS = 300_000;

const redisVersion = await useTestsRedis();
const redis = await startRedis({ config: { maxclients: 60_000 } });
const shelf = new MemoryShelf();
const run = await RunFolder.create(shelf, {
  format: 2,
  decoder: 'none',
  territories: ['KP'],
  settings: {},
  tasks: Array.from({ length: tasks }, (_, i) => ({ id: `c${i % 60}-${i}`, file: 'none' })),
});
const connection = { host: redis.host, port: redis.port };
const stop = new AbortController();
setMaxListeners(0, stop.signal);
const queues: JobQueue[] = [];
let begun = 0;
let looks = 0;

const handlers: Handlers = {
  run: async () => run,
  map: async (_, task) => {
    begun++;
    await run.done(task, { extracts: {}, faults: [] });
    return { kind: 'done' };
  },
  reduce: async (_, territory) => {
    await shelf.putOnce(`runs/${run.id}/${territory}.ndjson`, '');
    return { kind: 'done' };
  },
  report: (text) => console.error(text),
};

const submitting = new JobQueue(connection, 'simulation');
await submitting.ready();
/** A new connection might have to wait for a turn of this thread. */
const monitor = new Redis({ ...connection, commandTimeout: READY_WITHIN_MS });
const beganToStart = performance.now();
const working = await startWorkers();
const clients = await figureOf('clients', 'connected_clients');
console.error(`${workers} workers wait`);
const before = await memoryUsed();
const beganToAdd = performance.now();
await submitting.submit(run);
const added = performance.now();
const [full, begunWhenFull] = [await memoryUsed(), begun];
console.error(`${tasks} tasks added, ${begunWhenFull} begun`);
await until(async () => (await run.withoutResult()).length === 0);
const ended = performance.now();
await until(async () => (await keysOf()).every((key) => !key.includes(run.id)));
stop.abort();
await Promise.race([Promise.all(working), sleep(LEAVE_WITHIN_MS)]);
await Promise.race([Promise.all([submitting, ...queues].map((queue) => queue.close())), sleep(LEAVE_WITHIN_MS)]);
const commands = await figureOf('stats', 'total_commands_processed');
await monitor.memory('PURGE');
const after = await memoryUsed();
const keys = await keysOf();
const done = (await run.records()).size;
console.log(
  JSON.stringify({
    bench: 'queue',
    redis: redisVersion,
    workers,
    tasks,
    done,
    begun,
    watchdogLooks: looks,
    addSeconds: seconds(added - beganToAdd),
    startSeconds: seconds(beganToAdd - beganToStart),
    runSeconds: seconds(ended - beganToAdd),
    tasksPerSecond: Math.round(tasks / ((ended - beganToAdd) / 1000)),
    commandsPerTask: Number((commands / tasks).toFixed(1)),
    connections: clients,
    // Of those that waited when the last one was added; most may be done by then.
    redisBytesPerTask:
      tasks - begunWhenFull < tasks / 10 ? null : Math.round((full - before) / (tasks - begunWhenFull)),
    redisBytesOfScripts: await figureOf('memory', 'used_memory_scripts_eval'),
    redisKeysAfter: keys.length,
    redisBytesBefore: before,
    redisBytesAfter: after,
    processMegabytes: Math.round(process.memoryUsage.rss() / 1e6),
  }),
);
const isGood = done === tasks && begun === tasks;
monitor.disconnect();
await redis.stop();
process.exit(isGood ? 0 : 1);

/** Each as `jobs work` does it. The locks last longer: all workers share one thread, which must not look like a dead worker. */
async function startWorkers(): Promise<readonly Promise<void>[]> {
  const started: Promise<void>[] = [];
  const runs = async (): Promise<readonly string[]> => {
    looks++;
    return [run.id];
  };
  const options = { concurrency: 1, lockMs: 300_000, watchdogMs: 30_000, runs };
  for (let i = 0; i < workers; i += GROUP) {
    const group = Array.from({ length: Math.min(GROUP, workers - i) }, () => new JobQueue(connection, 'simulation'));
    queues.push(...group);
    await Promise.all(group.map((queue) => queue.ready()));
    started.push(...group.map((queue) => queue.work(handlers, options, stop.signal)));
  }
  return started;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  let loggedAt = performance.now();
  while (!(await isSo())) {
    await sleep(LOOK_EVERY_MS);
    if (performance.now() - loggedAt < 20_000) continue;
    loggedAt = performance.now();
    console.error(`${begun} of ${tasks} begun after ${seconds(loggedAt - beganToAdd)} s`);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function keysOf(): Promise<readonly string[]> {
  return monitor.keys('unroutable:*');
}

function memoryUsed(): Promise<number> {
  return figureOf('memory', 'used_memory');
}

async function figureOf(section: string, name: string): Promise<number> {
  const text = await monitor.info(section);
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1]);
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
