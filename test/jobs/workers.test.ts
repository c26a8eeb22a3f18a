import { statSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { buildCli, mrtFilesIn, ROOT, type BuiltCli } from '../support/cli.ts';
import { JobsStage } from '../support/jobs-stage.ts';
import { realData } from '../support/real-data.ts';
import { startRedis, type RedisServer } from '../support/redis/server.ts';
import { test } from '../support/redis/tests.ts';

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

/** `JOBS_INCIDENTS=all`: every known incident of North Korea, and real files where they are. */
const isAll = process.env['JOBS_INCIDENTS'] === 'all';
const real = isAll ? realData('mrt/libbgpstream') : undefined;

async function inputs(): Promise<readonly (readonly string[])[]> {
  if (!isAll) return [[join(ROOT, 'incidents', '2022-01-26')]];
  const entries = await readdir(join(ROOT, 'incidents'));
  // Those named after another country than North Korea would need its territory; of some there is nothing to report.
  const recorded = entries
    .filter((name) => /^\d/.test(name) && statSync(join(ROOT, 'incidents', name, 'events.golden.ndjson')).size > 0)
    .map((name) => [join(ROOT, 'incidents', name)]);
  if (real === undefined) return recorded;
  const files = (await mrtFilesIn(real)).filter((file) => /ris|routeviews|rrc|route-views/i.test(file));
  return [...recorded, [...files, '--collector', 'real']];
}

describe.each(isAll ? [1, 7] : [7])('workers, %i of them,', (workers) => {
  test('give the bytes of a replay on one machine, and each task begins once', { timeout: 600_000 }, async () => {
    const out = join(cli.folder, `shelf-${workers}`);
    await mkdir(out);
    const stage = new JobsStage(cli, out, `redis://${redis.host}:${redis.port}`);
    for (let i = 0; i < workers; i++) stage.startWorker('--lock', '60s');
    const all = await inputs();
    const runs: string[] = [];
    for (const input of all) runs.push((await stage.submit(input)).stdout);
    await Promise.all(all.map((input) => stage.submit(input, '--wait')));
    for (const [i, input] of all.entries()) await stage.expectReplay(runs[i] ?? '', input);
    const begun = stage.begun();
    const { runs: ended } = await stage.status();
    const tasks = ended.reduce((sum, { tasks }) => sum + Number(tasks) + 1, 0);
    expect(ended.map(({ state }) => state)).toEqual(all.map(() => 'done'));
    expect(begun).toHaveLength(tasks);
    await stage.stop();
  });
});
