/**
 * Kills redis-server with SIGKILL during a replay that keeps running, and restarts it, a given number of times: `npm
 * run torture:redis -- [--kills 100] [--seed 1] [--appendfsync always]`. Prints a line of JSON; the exit status is 1 if
 * anything was lost, doubled, or differs from a run without kills.
 */
import { parseArgs } from 'node:util';
import { startRedis } from '../test/support/redis/server.ts';
import { mulberry32 } from '../test/support/sim-random.ts';
import { useTestsRedis, withCommand } from './torture/bench.ts';
import { isClean, prepare, WATCH } from './torture/kill-run.ts';
import { redisPlace } from './torture/places.ts';
import { redisKillRun } from './torture/redis-kill-run.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    appendfsync: { type: 'string', default: 'everysec' },
  },
});

await withCommand(async (command) => {
  const play = await prepare(command, { seed: Number(values.seed) });
  const redis = await useTestsRedis();
  const server = await startRedis({ config: { appendfsync: values.appendfsync } });
  const place = await redisPlace(server, WATCH);
  const began = performance.now();
  const random = mulberry32(Number(values.seed));
  const report = await redisKillRun(play, place, server, { kills: Number(values.kills), random });
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(
    JSON.stringify({
      torture: 'redis',
      redis,
      seed: Number(values.seed),
      appendfsync: values.appendfsync,
      ...report,
      seconds,
    }),
  );
  if (!isClean(report)) process.exitCode = 1;
  await place.close();
  await server.stop();
});
