import { setTimeout as sleep } from 'node:timers/promises';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { between, type Random } from '../../test/support/sim-random.ts';
import { ran, start, type Command, type Started } from './command.ts';
import { JUDGED, tape, TERRITORIES } from './day.ts';
import { balance, chainFaults, type Ledger } from './ledger.ts';
import { oracleOf, type Oracle } from './oracle.ts';
import type { Place } from './places.ts';

/** Events about the two territories of the day. */
export const WATCH = 'AA+BB';

/** A day on a tape, and the result of an undisturbed run of the command. */
export interface Play {
  readonly command: Command;
  readonly oracle: Oracle;
  /** SHA-256 of what `store export` writes at its end. */
  readonly digest: string;
  /** How long the command takes until its first event, milliseconds. */
  readonly startMs: number;
}

const TAPE = 'day.tape';
const LANDS = 'lands.yaml';

export function replayArgs(store: string): readonly string[] {
  return ['replay', TAPE, '--territories', LANDS, ...JUDGED, '--store', store, '--quiet', '--format', 'ndjson'];
}

/** Writes the tape and replays it without a kill, into a folder and into memory: both must agree. */
export async function prepare(command: Command, { seed = 1, scenes = 210 } = {}): Promise<Play> {
  await writeFile(join(command.folder, TAPE), tape(seed, scenes));
  await writeFile(join(command.folder, LANDS), TERRITORIES);
  const oracle = await oracleOf(join(command.folder, TAPE), join(command.folder, LANDS));

  const began = performance.now();
  const calm = start(command, replayArgs('calm'));
  let startMs = 0;
  calm.onLine((lines) => {
    if (lines === 1) startMs = performance.now() - began;
  });
  const { status } = await calm.ended;
  const events = calm.lines.map((line) => JSON.parse(line) as (typeof oracle.events)[number]);
  const { lost, doubled, unexpected, misplaced } = balance(oracle.events, events);
  if (status !== 0 || lost.length + doubled.length + unexpected.length + misplaced > 0)
    throw new Error(`an undisturbed run does not say what the engine says: ${status} ${calm.stderr()}`);
  return { command, oracle, digest: await digestOf(command, 'calm'), startMs };
}

/** SHA-256 of an export of a store. */
export async function digestOf(command: Command, store: string): Promise<string> {
  const lines = await ran(command, ['store', 'export', '--territories', LANDS, '--store', store]);
  // The last line is a digest of its own.
  const compared = lines.filter((line) => !line.startsWith('{"lines":'));
  return createHash('sha256').update(compared.join('\n')).digest('hex');
}

/** When to kill a process: after a time, after a number of events, or within its nth commit. */
export type Moment = { readonly at: 'start' | 'event' | 'commit'; readonly n: number };

/** The result. All but the first five fields should be empty. */
export interface KillReport {
  readonly store: string;
  readonly kills: Readonly<Record<Moment['at'], number>>;
  readonly rounds: number;
  readonly events: number;
  readonly batches: number;
  readonly lost: number;
  readonly doubled: number;
  readonly unexpected: number;
  readonly misplaced: number;
  /** Differences of a store, after a kill, from the undisturbed run at the same batch. */
  readonly stateFaults: readonly string[];
  readonly chainFaults: readonly string[];
  /** Processes that failed by themselves, with their output. */
  readonly badEnds: readonly string[];
  /** Rounds whose final export differs. */
  readonly exportsDiffer: number;
}

/** The fields that must be empty in each report. */
interface Faults {
  readonly lost: number;
  readonly doubled: number;
  readonly unexpected: number;
  readonly misplaced: number;
  readonly stateFaults?: readonly string[];
  readonly chainFaults: readonly string[];
  readonly badEnds: readonly string[];
  readonly exportsDiffer: number;
}

export function isClean(report: Faults): boolean {
  const { lost, doubled, unexpected, misplaced, stateFaults = [], chainFaults, badEnds, exportsDiffer } = report;
  return (
    lost + doubled + unexpected + misplaced + exportsDiffer === 0 &&
    stateFaults.length + chainFaults.length + badEnds.length === 0
  );
}

/** Kills the command a given number of times, restarting it each time; then lets it end. */
export async function killRun(play: Play, place: Place, kills: number, random: Random): Promise<KillReport> {
  const tally = new Tally(play, place);
  await place.clear();
  while (tally.kills < kills) {
    const ended = await tally.live(momentOf(play, kills, random));
    if (ended) await tally.endRound();
  }
  if (tally.isUnderWay) {
    await tally.live(undefined);
    await tally.endRound();
  }
  return tally.report();
}

/** Few events per process, so that each round has many kills. */
function momentOf({ oracle, startMs }: Play, kills: number, random: Random): Moment {
  const most = Math.max(20, Math.min(100, (2 * oracle.batches) / kills));
  const draw = random();
  if (draw < 0.25) return { at: 'start', n: between(random, 0, startMs) };
  return { at: draw < 0.6 ? 'event' : 'commit', n: between(random, 1, most) };
}

class Tally {
  rounds = 0;
  isUnderWay = false;
  readonly #play: Play;
  readonly #place: Place;
  readonly #kills: Record<Moment['at'], number> = { start: 0, event: 0, commit: 0 };
  readonly #stateFaults: string[] = [];
  readonly #chainFaults: string[] = [];
  readonly #badEnds: string[] = [];
  readonly #ledgers: Ledger[] = [];
  #exportsDiffer = 0;

  constructor(play: Play, place: Place) {
    this.#play = play;
    this.#place = place;
  }

  get kills(): number {
    return this.#kills.start + this.#kills.event + this.#kills.commit;
  }

  /** Runs one process to that moment or to its end. Returns whether it reached the end. */
  async live(moment: Moment | undefined): Promise<boolean> {
    this.isUnderWay = true;
    const { signal, status, stderr } = await lifeOf(this.#play.command, this.#place, moment);
    const { oracle } = this.#play;
    const { kept, events } = await this.#place.look();
    const fault = oracle.differs(kept, events);
    if (fault !== undefined) this.#stateFaults.push(`after ${JSON.stringify(moment)}: ${fault}`);
    if (signal === 'SIGKILL' && moment !== undefined) {
      this.#kills[moment.at]++;
      return false;
    }
    if (status !== 0) this.#badEnds.push(`${String(status)} ${stderr}`);
    return true;
  }

  /** Compares the store with the oracle, and empties it for the next round. */
  async endRound(): Promise<void> {
    const { oracle, command, digest } = this.#play;
    const { events } = await this.#place.look();
    this.#ledgers.push(balance(oracle.events, events));
    this.#chainFaults.push(...chainFaults(events));
    if ((await digestOf(command, this.#place.store)) !== digest) this.#exportsDiffer++;
    this.rounds++;
    this.isUnderWay = false;
    await this.#place.clear();
  }

  report(): KillReport {
    const sum = (of: (ledger: Ledger) => number): number => this.#ledgers.reduce((all, ledger) => all + of(ledger), 0);
    const { oracle } = this.#play;
    return {
      store: this.#place.name,
      kills: this.#kills,
      rounds: this.rounds,
      events: oracle.events.length,
      batches: oracle.batches,
      lost: sum(({ lost }) => lost.length),
      doubled: sum(({ doubled }) => doubled.length),
      unexpected: sum(({ unexpected }) => unexpected.length),
      misplaced: sum(({ misplaced }) => misplaced),
      stateFaults: this.#stateFaults,
      chainFaults: this.#chainFaults,
      badEnds: this.#badEnds,
      exportsDiffer: this.#exportsDiffer,
    };
  }
}

async function lifeOf(command: Command, place: Place, moment: Moment | undefined) {
  const started = start(command, replayArgs(place.store));
  const over = new AbortController();
  const unwatch = moment === undefined ? undefined : killAt(started, place, moment, over.signal);
  const end = await started.ended;
  over.abort();
  unwatch?.();
  return { ...end, stderr: started.stderr() };
}

/** Kills the process at that moment. Returns a function that cancels this. */
function killAt({ child, onLine }: Started, place: Place, { at, n }: Moment, signal: AbortSignal): () => void {
  const kill = (): void => void child.kill('SIGKILL');
  switch (at) {
    case 'start':
      // The only moment without a sign: the process is still loading.
      void sleep(n, undefined, { signal }).then(kill, () => undefined);
      return () => undefined;
    case 'event':
      onLine((lines) => {
        if (lines >= n) kill();
      });
      return () => undefined;
    case 'commit': {
      let commits = 0;
      return place.onCommit(() => {
        if (++commits >= n) kill();
      });
    }
  }
}
