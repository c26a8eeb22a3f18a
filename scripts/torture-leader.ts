/**
 * Two watches on one Redis: the leader is killed, stopped, cut off or asked to end, each time at the moment at which
 * the country is lost or returns: `npm run torture:leader -- [--changes 200] [--seed 1]`. Prints a line of JSON; the
 * exit status is 1 if anything was lost or doubled, or a standby took longer than ten seconds.
 */
import { parseArgs } from 'node:util';
import { TAKEOVER_MS } from '../src/app/leadership/leadership.ts';
import { startRedis } from '../test/support/redis/server.ts';
import { between, mulberry32 } from '../test/support/sim-random.ts';
import { useTestsRedis, withCommand } from './torture/bench.ts';
import { Pair, type Blow } from './torture/leader-run.ts';

const { values } = parseArgs({
  options: { changes: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});

const BLOWS: readonly Blow[] = ['kill', 'stop', 'cut', 'end'];

// oxlint-disable-next-line max-lines-per-function -- a script, read from top to bottom
await withCommand(async (command) => {
  const redis = await useTestsRedis();
  const server = await startRedis();
  const pair = await Pair.start(command, server);
  const random = mulberry32(Number(values.seed));
  const began = performance.now();
  for (let i = 1; i <= Number(values.changes); i++) {
    const blow = BLOWS[between(random, 0, BLOWS.length - 1)] ?? 'kill';
    const { leadsMs, reportedMs } = await pair.change(blow);
    console.error(`${i} ${blow}: leads after ${leadsMs} ms, reported after ${reportedMs} ms`);
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  const faults = await pair.faults();
  const of = (blow: Blow) => {
    const those = pair.changes.filter((change) => change.blow === blow);
    const most = (ms: readonly number[]): number => Math.max(0, ...ms);
    return {
      changes: those.length,
      leadsMs: most(those.map(({ leadsMs }) => leadsMs)),
      reportedMs: most(those.map(({ reportedMs }) => reportedMs)),
    };
  };
  const late = pair.changes.filter(({ leadsMs }) => leadsMs > TAKEOVER_MS).length;
  const blows = Object.fromEntries(BLOWS.map((blow) => [blow, of(blow)]));
  const events = (await pair.events()).length;
  const changes = pair.changes.length;
  console.log(
    JSON.stringify({
      torture: 'leader',
      redis,
      seed: Number(values.seed),
      changes,
      blows,
      late,
      events,
      faults,
      seconds,
    }),
  );
  if (faults.length > 0 || late > 0) process.exitCode = 1;
  await pair.close();
  await server.stop();
});
