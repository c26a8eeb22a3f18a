import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisServer } from '../../test/support/redis/server.ts';
import { between } from '../../test/support/sim-random.ts';
import { calmly, start, type Command, type Env, type Ran, type Started } from './command.ts';

/** The faults of a run: of a worker, of Redis with its append-only file, of all data in Redis, of the submitter. */
export type JobBlow = 'worker' | 'redis' | 'forgotten' | 'submitter';

const BLOWS: readonly JobBlow[] = ['worker', 'worker', 'worker', 'redis', 'forgotten', 'submitter'];

/** The result of one run. */
export interface JobsReport {
  readonly blows: Readonly<Partial<Record<JobBlow, number>>>;
  /** The faults of its files: one is not an MRT file, one is removed after the manifest was written. */
  readonly files: 'whole' | 'poisoned' | 'gone';
  /** Tasks and judgements that began, and as many as the run has. */
  readonly begun: number;
  readonly needed: number;
  /** Whether the events are those of a replay on one machine, to the byte. */
  readonly isSame: boolean;
  /** Begun more often than kills and losses explain. */
  readonly unexplained: number;
  /** Temporary files when all was over. */
  readonly left: readonly string[];
  /** Keys of its jobs in Redis when all was over. */
  readonly keys: readonly string[];
}

/** The environment of a run. */
export interface JobsScene {
  readonly command: Command;
  readonly redis: RedisServer;
  /** For its files: it is made, and must not be there. */
  readonly folder: string;
  /** Runs the command where nothing is killed. @default as a process */
  readonly calm?: (args: readonly string[], env: Env) => Promise<Ran>;
}

/** Where workers put extracts: `--out` and its environment, and the folder in which the files really lie. */
export interface TortureShelf {
  readonly out: string;
  readonly folder: string;
  readonly env: Env;
}

const TASKS = 4;
/** A task takes about a second. */
const LONGEST_PAUSE_MS = 1_500;
/** The workers' watchdog removes what a lost worker left; here it looks every second. */
const KEYS_GO_WITHIN_MS = 15_000;

/** A run on workers and a Redis that are killed repeatedly. Its result is compared with that of a replay. */
export class JobsRun {
  readonly #command: Command;
  readonly #redis: RedisServer;
  readonly #random: () => number;
  readonly #folder: string;
  readonly #shelf: TortureShelf;
  readonly #calm: (args: readonly string[], env: Env) => Promise<Ran>;
  #workers: Started[] = [];
  #ended: Started[] = [];
  #losses = 0;
  #kills = 0;

  /** Without a `shelf`, extracts lie in a folder below `folder`. */
  constructor(scene: JobsScene & { readonly shelf?: TortureShelf }, random: () => number) {
    const { command, redis, folder, shelf } = scene;
    this.#calm = scene.calm ?? ((args, env) => calmly(command, args, env));
    this.#command = command;
    this.#redis = redis;
    this.#folder = folder;
    this.#shelf = shelf ?? { out: join(folder, 'shared'), folder: join(folder, 'shared'), env: {} };
    this.#random = random;
  }

  /** `incident`: the folder of recordings that is replayed. `workers`: so many processes work at any time. */
  async play(incident: string, blows: number, workers = 2): Promise<JobsReport> {
    const files = (['whole', 'poisoned', 'gone'] as const)[between(this.#random, 0, 2)] ?? 'whole';
    const archive = join(this.#folder, 'archive');
    await cp(incident, archive, { recursive: true });
    await mkdir(this.#drafts);
    if (files === 'poisoned') await poison(archive);
    const expected = await this.#expected(archive, files);

    const run = (await this.#submit(archive)).trim();
    if (files === 'gone') await rm(await updatesOf(archive));
    for (let i = 0; i < workers; i++) this.#startWorker();
    const counts: Partial<Record<JobBlow, number>> = {};
    for (let i = 0; i < blows; i++) {
      await sleep(between(this.#random, 50, LONGEST_PAUSE_MS));
      const blow = BLOWS[between(this.#random, 0, BLOWS.length - 1)] ?? 'worker';
      counts[blow] = (counts[blow] ?? 0) + 1;
      await this.#strike(blow, run);
    }
    await this.#ran(['jobs', 'resume', run, ...this.#options, '--wait', '--quiet']);
    const result = await readFile(join(this.#shelf.folder, 'runs', run, 'KP.ndjson'), 'utf8');
    const until = performance.now() + KEYS_GO_WITHIN_MS;
    while ((await this.#keys(run)).length > 0 && performance.now() < until) await sleep(100);
    await this.#stop();
    return { blows: counts, files, ...(await this.#remains(run)), isSame: result === expected };
  }

  get #options(): readonly string[] {
    return ['--out', this.#shelf.out, '--redis', `redis://${this.#redis.host}:${this.#redis.port}`];
  }

  /** Where processes store what they have not sent yet. */
  get #drafts(): string {
    return join(this.#folder, 'drafts');
  }

  get #env(): Env {
    return { TMPDIR: this.#drafts, ...this.#shelf.env };
  }

  /** For readers, a removed file is the same as an empty one. */
  async #expected(archive: string, files: JobsReport['files']): Promise<string> {
    const copy = join(this.#folder, 'expected');
    await cp(archive, copy, { recursive: true });
    if (files === 'gone') await writeFile(await updatesOf(copy), '');
    return this.#ran(['replay', copy, '--quiet'], [0, 3]);
  }

  async #submit(archive: string): Promise<string> {
    return this.#ran(['jobs', 'submit', archive, ...this.#options, '--quiet']);
  }

  /** @returns its output */
  async #ran(args: readonly string[], well: readonly number[] = [0]): Promise<string> {
    const { status, stdout, stderr } = await this.#calm(args, this.#env);
    if (status === null || !well.includes(status)) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  #startWorker(): void {
    const args = ['jobs', 'work', ...this.#options, '--tasks', '1', '--lock', '1s'];
    this.#workers.push(start(this.#command, args, this.#env));
  }

  async #strike(blow: JobBlow, run: string): Promise<void> {
    if (blow === 'worker') {
      const [worker] = this.#workers.splice(between(this.#random, 0, this.#workers.length - 1), 1);
      worker?.child.kill('SIGKILL');
      if (worker !== undefined) this.#ended.push(worker);
      await worker?.ended;
      this.#kills++;
      this.#startWorker();
      return;
    }
    if (blow === 'submitter') {
      const submitter = start(this.#command, ['jobs', 'resume', run, ...this.#options, '--quiet'], this.#env);
      await sleep(between(this.#random, 0, 500));
      submitter.child.kill('SIGKILL');
      await submitter.ended;
      return;
    }
    this.#losses++;
    if (blow === 'forgotten') await this.#redis.cli('FLUSHALL');
    else await this.#redis.restart();
  }

  async #stop(): Promise<void> {
    for (const { child } of this.#workers) child.kill('SIGTERM');
    await Promise.all(this.#workers.map(({ ended }) => ended));
    this.#ended.push(...this.#workers);
    this.#workers = [];
  }

  async #keys(run: string): Promise<readonly string[]> {
    return ((await this.#redis.cli('KEYS', '*')) as string[]).filter((key) => key.includes(run));
  }

  async #remains(run: string): Promise<Pick<JobsReport, 'begun' | 'needed' | 'unexplained' | 'left' | 'keys'>> {
    const begun = this.#ended.reduce((sum, { stderr }) => sum + [...stderr().matchAll(/ begins$/gm)].length, 0);
    const needed = TASKS + 1;
    // A kill repeats the worker's present jobs; a loss of the queue, and the next submission, those of all workers.
    const explained = 2 * this.#kills + 8 * this.#losses;
    const names = await readdir(this.#shelf.folder, { recursive: true });
    const drafts = await readdir(this.#drafts, { recursive: true });
    const keys = await this.#keys(run);
    return {
      begun,
      needed,
      unexplained: Math.max(0, begun - needed - explained),
      left: [...names, ...drafts].filter((name) => name.endsWith('.tmp')),
      keys,
    };
  }
}

async function updatesOf(archive: string): Promise<string> {
  const folder = join(archive, 'reconstructed-a', 'bgpdata');
  const name =
    (await readdir(folder))
      .filter((file) => file.startsWith('updates'))
      .sort()
      .at(-1) ?? '';
  return join(folder, name);
}

async function poison(archive: string): Promise<void> {
  const path = await updatesOf(archive);
  await writeFile(path, '<html>there is no such file</html>');
}
