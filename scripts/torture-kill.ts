/**
 * Kills the command with SIGKILL while it starts, reports and commits, and restarts it, a given number of times: `npm
 * run torture:kill -- [--kills 500] [--seed 1] [--store redis|embedded|both]`. Prints a line of JSON for each store;
 * the exit status is 1 if anything was lost, doubled, or differs from a run without kills.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startRedis } from '../test/support/redis/server.ts';
import { mulberry32 } from '../test/support/sim-random.ts';
import { useTestsRedis, withCommand } from './torture/bench.ts';
import { isClean, killRun, prepare, WATCH } from './torture/kill-run.ts';
import { folderPlace, redisPlace, type Place } from './torture/places.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: 'both' },
  },
});

await withCommand(async (command) => {
  const play = await prepare(command, { seed: Number(values.seed) });
  const torture = async (place: Place): Promise<void> => {
    const began = performance.now();
    const report = await killRun(play, place, Number(values.kills), mulberry32(Number(values.seed)));
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(JSON.stringify({ torture: 'kill', seed: Number(values.seed), ...report, seconds }));
    if (!isClean(report)) process.exitCode = 1;
    await place.close();
  };
  if (values.store !== 'redis') await torture(await folderPlace(join(command.folder, 'killed'), WATCH));
  if (values.store !== 'embedded') {
    await useTestsRedis();
    const server = await startRedis();
    await torture(await redisPlace(server, WATCH));
    await server.stop();
  }
});
