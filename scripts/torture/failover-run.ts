import { setTimeout as sleep } from 'node:timers/promises';
import { openRedis } from '../../src/store/redis/open.ts';
import { systemClock } from '../../src/app/system-clock.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import type { Sentinels } from '../../test/support/redis/sentinels.ts';
import { until } from '../../test/support/redis/until.ts';
import { between, type Random } from '../../test/support/sim-random.ts';
import { start, type Started } from './command.ts';
import { replayArgs, WATCH, type Play } from './kill-run.ts';
import { balance, chainFaults, isOfTerritory } from './ledger.ts';

export type Durability = 'local' | 'wait';

/** The result. */
export interface FailoverReport {
  readonly durability: Durability;
  readonly failovers: number;
  /** Failovers whose replica had been cut off for a while. */
  readonly stalled: number;
  /** Acknowledged events about territories that are not in the stream at the end. */
  readonly lost: number;
  readonly doubled: number;
  /** Failovers after which `observer.data-loss` reported that the new master lacked data. */
  readonly losses: number;
  /** The longest time from the master's end to the next acknowledged event, milliseconds. */
  readonly backMs: number;
  readonly chainFaults: readonly string[];
  readonly badEnds: readonly string[];
}

/** The longest time for which a replica is cut off: while commits wait for it, no event is reported. Milliseconds. */
const STALL_MS = 1_000;
const LINES_WHILE_STALLED = 60;

/** Kills the master under a replay, a replay a time; of every second one the replica had been cut off before. */
export async function failoverRun(
  play: Play,
  group: Sentinels,
  { failovers, durability, random }: { failovers: number; durability: Durability; random: Random },
): Promise<FailoverReport> {
  const report = { stalled: 0, lost: 0, doubled: 0, losses: 0, backMs: 0 };
  const faults: string[] = [];
  const badEnds: string[] = [];
  const hosts = group.sentinels.map(({ host, port }) => `${host}:${port}`).join(',');
  const url = `redis-sentinel://${hosts}/${group.name}?durability=${durability}`;
  for (let i = 0; i < failovers; i++) {
    await (await group.master()).cli('FLUSHALL');
    const started = start(play.command, replayArgs(url));
    const isStalled = i % 2 === 1;
    if (isStalled) report.stalled++;
    const backMs = await failOver(started, group, { at: between(random, 100, 1_200), isStalled });
    report.backMs = Math.max(report.backMs, backMs);
    const { status, signal } = await started.ended;
    if (status !== 0) badEnds.push(`${status ?? signal}: ${started.stderr().slice(-500)}`);
    await group.settled();

    const events = await eventsIn(url);
    const reported = started.lines.map((line) => JSON.parse(line) as UnroutableEvent);
    // After a reported loss, the chain of the observer differs, so only its acknowledged events are checked.
    const acknowledged = balance(reported, events);
    const ofLands = balance(play.oracle.events.filter(isOfTerritory), events.filter(isOfTerritory));
    report.lost += Math.max(acknowledged.lost.length, ofLands.lost.length);
    report.doubled += acknowledged.doubled.length;
    if (events.some(({ type }) => type === 'observer.data-loss')) report.losses++;
    faults.push(...chainFaults(events));
  }
  return { durability, failovers, ...report, chainFaults: faults, badEnds };
}

async function failOver(
  started: Started,
  group: Sentinels,
  { at, isStalled }: { readonly at: number; readonly isStalled: boolean },
): Promise<number> {
  await untilLines(started, at, Infinity);
  const master = await group.master();
  const replica = group.servers.find((server) => server !== master);
  if (isStalled && replica !== undefined) {
    await replica.kill('SIGSTOP');
    // Data under way would still arrive, because the socket of a stopped process accepts bytes.
    await master.cli('CLIENT', 'KILL', 'TYPE', 'replica');
    await untilLines(started, started.lines.length + LINES_WHILE_STALLED, STALL_MS);
  }
  await master.kill();
  const began = performance.now();
  if (isStalled) await replica?.kill('SIGCONT');
  const next = untilLines(started, started.lines.length + 1, Infinity).then(() =>
    Math.round(performance.now() - began),
  );
  await until('the replica leads', async () => (await group.master()) === replica);
  // With `durability=wait` a replica is needed: the old master returns as one.
  await master.restart();
  return next;
}

/** Waits for this many lines, for its end, or for the time limit. */
async function untilLines(started: Started, lines: number, withinMs: number): Promise<void> {
  const waits: Promise<unknown>[] = [
    started.ended,
    new Promise<void>((resolve) => {
      if (started.lines.length >= lines) resolve();
      started.onLine((now) => now >= lines && resolve());
    }),
  ];
  if (withinMs !== Infinity) waits.push(sleep(withinMs));
  await Promise.race(waits);
}

async function eventsIn(url: string): Promise<readonly UnroutableEvent[]> {
  const opened = await openRedis(url, { name: WATCH, clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  const events: UnroutableEvent[] = [];
  for await (const event of opened.store.events()) events.push(event);
  await opened.store.close();
  return events;
}
