import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { JobsRun } from '../../scripts/torture/jobs-run.ts';
import { bundledMain, TWO_WAVES } from '../support/cli.ts';
import { inProcess } from '../support/in-process.ts';
import { startRedis } from '../support/redis/server.ts';
import { mulberry32 } from '../support/sim-random.ts';
import { test } from '../support/redis/tests.ts';
import { seeds } from '../support/thorough.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'unroutable-jobs-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

// Most of the time of a run is pauses between the blows.
test.concurrent.each(seeds('JOBS_SEEDS', 1, 5))(
  'a run whose workers, Redis and submitter are killed six times ends with the bytes of a replay, and leaves nothing (seed %i)',
  { timeout: 180_000 },
  async (seed) => {
    const redis = await startRedis();
    const command = { main: await bundledMain(), folder };
    // What is not killed needs no process of its own.
    const scene = { command, redis, folder: join(folder, String(seed)), calm: inProcess };
    const report = await new JobsRun(scene, mulberry32(seed)).play(TWO_WAVES, 6);
    await redis.stop();
    expect(report).toMatchObject({ isSame: true, unexplained: 0, left: [], keys: [] });
  },
);
