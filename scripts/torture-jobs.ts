/**
 * Runs of `jobs` whose workers, Redis and submitter are killed again and again, with a file that is not MRT or
 * disappears: `npm run torture:jobs -- [--rounds 60] [--blows 8] [--workers 2] [--seed 1] [--s3]`. With `--s3` the
 * extracts lie in a store that speaks S3 (versitygw), else in a folder. Prints a line of JSON; the exit status is 1
 * when a run did not end with the bytes of a replay, left something behind, or did something more often than the kills
 * explain.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startRedis } from '../test/support/redis/server.ts';
import { startS3, type S3Server } from '../test/support/s3/server.ts';
import { mulberry32 } from '../test/support/sim-random.ts';
import { useTestsRedis, withCommand } from './torture/bench.ts';
import { JobsRun, type JobsReport, type TortureShelf } from './torture/jobs-run.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '60' },
    blows: { type: 'string', default: '8' },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    s3: { type: 'boolean', default: false },
    incident: { type: 'string', default: 'incidents/2014-12-22' },
  },
});

await withCommand(async (command) => {
  const redis = await useTestsRedis();
  const server = await startRedis();
  const store = values.s3 ? await startS3() : undefined;
  const began = performance.now();
  const reports: JobsReport[] = [];
  for (let round = 1; round <= Number(values.rounds); round++) {
    const seed = Number(values.seed) * 1_000 + round;
    const run = new JobsRun(
      { command, redis: server, folder: join(command.folder, String(round)), ...shelfOf(store, round) },
      mulberry32(seed),
    );
    const report = await run.play(join(process.cwd(), values.incident), Number(values.blows), Number(values.workers));
    console.error(`${round} seed ${seed}: ${JSON.stringify(report)}`);
    reports.push(report);
  }
  await server.stop();
  await store?.stop();
  const faulty = reports.filter(
    ({ isSame, unexplained, left, keys }) => !isSame || unexplained > 0 || left.length > 0 || keys.length > 0,
  ).length;
  const sum = (of: (report: JobsReport) => number): number => reports.reduce((all, report) => all + of(report), 0);
  console.log(
    JSON.stringify({
      torture: 'jobs',
      redis,
      shelf: values.s3 ? 's3' : 'folder',
      seed: Number(values.seed),
      rounds: reports.length,
      same: reports.filter(({ isSame }) => isSame).length,
      begun: sum(({ begun }) => begun),
      needed: sum(({ needed }) => needed),
      unexplained: sum(({ unexplained }) => unexplained),
      faulty,
      seconds: Math.round((performance.now() - began) / 1000),
    }),
  );
  if (faulty > 0) process.exitCode = 1;
});

/** A prefix of its own for each round. */
function shelfOf(store: S3Server | undefined, round: number): { readonly shelf?: TortureShelf } {
  if (store === undefined) return {};
  const name = `round-${round}`;
  return { shelf: { out: `${store.bucket}/${name}`, folder: join(store.folder, name), env: store.env } };
}
