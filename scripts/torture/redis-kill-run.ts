import type { RedisServer } from '../../test/support/redis/server.ts';
import { between, type Random } from '../../test/support/sim-random.ts';
import { start, type Started } from './command.ts';
import { digestOf, replayArgs, type Play } from './kill-run.ts';
import { balance, chainFaults, isOfTerritory } from './ledger.ts';
import type { Place } from './places.ts';

/** The result. All but the first fields should be empty. */
export interface RedisKillReport {
  readonly kills: number;
  readonly rounds: number;
  readonly events: number;
  /** The longest time from Redis's first answer to the next stored event, milliseconds. */
  readonly backMs: number;
  /**
   * Rounds in which Redis lost acknowledged data, and `observer.data-loss` reported it: with `everysec`, it may delay
   * writes while the disk is busy. For these rounds only events about territories are compared, because the chain of
   * the observer differs afterwards.
   */
  readonly losses: number;
  readonly lost: number;
  readonly doubled: number;
  readonly unexpected: number;
  readonly misplaced: number;
  readonly chainFaults: readonly string[];
  readonly badEnds: readonly string[];
  readonly exportsDiffer: number;
}

/** Most kills of one replay. Then the next one begins, so that each has enough events left. */
const KILLS_A_ROUND = 20;

/** Kills the server during a replay and restarts it. The replay is not touched, and must continue by itself. */
// oxlint-disable-next-line max-lines-per-function -- counts of one run
export async function redisKillRun(
  play: Play,
  place: Place,
  server: RedisServer,
  { kills, random }: { readonly kills: number; readonly random: Random },
): Promise<RedisKillReport> {
  const report = {
    rounds: 0,
    backMs: 0,
    losses: 0,
    lost: 0,
    doubled: 0,
    unexpected: 0,
    misplaced: 0,
    exportsDiffer: 0,
  };
  const faults: string[] = [];
  const badEnds: string[] = [];
  let done = 0;
  while (done < kills) {
    await place.clear();
    const started = start(play.command, replayArgs(place.store));
    const most = Math.min(KILLS_A_ROUND, kills - done);
    const stride = Math.floor((1.6 * play.oracle.events.length) / (most + 1));
    const round = await killServer(started, server, () => between(random, 1, stride), most);
    done += round.kills;
    report.backMs = Math.max(report.backMs, round.backMs);
    const { status, signal } = await started.ended;
    if (status !== 0) badEnds.push(`${status ?? signal}: ${started.stderr()}`);

    const { events } = await place.look();
    const isLoss = events.some(({ type }) => type === 'observer.data-loss');
    const [expected, found] = [play.oracle.events, events].map((all) => (isLoss ? all.filter(isOfTerritory) : all));
    const { lost, doubled, unexpected, misplaced } = balance(expected ?? [], found ?? []);
    if (isLoss) report.losses++;
    report.rounds++;
    report.lost += lost.length;
    report.doubled += doubled.length;
    report.unexpected += unexpected.length;
    report.misplaced += misplaced;
    faults.push(...chainFaults(events));
    if (!isLoss && (await digestOf(play.command, place.store)) !== play.digest) report.exportsDiffer++;
  }
  return { kills: done, events: play.oracle.events.length, ...report, chainFaults: faults, badEnds };
}

/** Until the replay has ended, or the server was killed often enough. */
async function killServer(started: Started, server: RedisServer, stride: () => number, most: number) {
  let kills = 0;
  let backMs = 0;
  const isOver = started.ended.then(() => true as const);
  const isAt = (lines: number): Promise<boolean> =>
    Promise.race([
      isOver,
      new Promise<boolean>((resolve) => {
        if (started.lines.length >= lines) resolve(false);
        started.onLine((now) => now >= lines && resolve(false));
      }),
    ]);
  while (kills < most) {
    if (await isAt(started.lines.length + stride())) break;
    await server.kill();
    await server.restart();
    kills++;
    const began = performance.now();
    if (await isAt(started.lines.length + 1)) break;
    backMs = Math.max(backMs, Math.round(performance.now() - began));
  }
  return { kills, backMs };
}
