/**
 * Kills the master of a Sentinel group during a replay, repeatedly, every second time after its replica was cut off:
 * `npm run torture:failover -- [--failovers 20] [--seed 1]`. First with `durability=wait`, then with the default.
 * Prints a line of JSON for each; the exit status is 1 if an acknowledged event is missing or doubled.
 */
import { parseArgs } from 'node:util';
import { startSentinels } from '../test/support/redis/sentinels.ts';
import { mulberry32 } from '../test/support/sim-random.ts';
import { useTestsRedis, withCommand } from './torture/bench.ts';
import { failoverRun } from './torture/failover-run.ts';
import { prepare } from './torture/kill-run.ts';

const { values } = parseArgs({
  options: { failovers: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
});

await withCommand(async (command) => {
  const play = await prepare(command, { seed: Number(values.seed) });
  const redis = await useTestsRedis();
  const group = await startSentinels();
  for (const durability of ['wait', 'local'] as const) {
    const began = performance.now();
    const random = mulberry32(Number(values.seed));
    const report = await failoverRun(play, group, { failovers: Number(values.failovers), durability, random });
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(JSON.stringify({ torture: 'failover', redis, seed: Number(values.seed), ...report, seconds }));
    const isClean = report.lost + report.doubled + report.chainFaults.length + report.badEnds.length === 0;
    if (!isClean || (durability === 'wait' && report.losses > 0)) process.exitCode = 1;
  }
  await group.stop();
});
