import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { BuiltCli, Ran } from './cli.ts';
import { inProcess } from './in-process.ts';

/** A worker of a queue, as a process. */
export interface JobsWorker {
  readonly child: ChildProcessWithoutNullStreams;
  /** Its output so far. */
  readonly said: () => string;
  /** Resolves when it has ended. */
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
}

/** What `jobs status --format json` prints. */
export interface JobsStatus {
  readonly runs: readonly Readonly<Record<string, unknown>>[];
  readonly queue: Readonly<Record<string, number>> | null;
}

/** Results of earlier replays, by input. */
const replays: Record<string, Promise<string>> = {};

/** Workers and submitters with one shelf and one Redis. */
export class JobsStage {
  readonly #cli: BuiltCli;
  /** The shelf: a folder, or `s3://bucket/prefix`. */
  readonly out: string;
  readonly #redis: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #workers: JobsWorker[] = [];

  constructor(cli: BuiltCli, out: string, redis: string, env: Readonly<Record<string, string>> = {}) {
    this.#cli = cli;
    this.out = out;
    this.#redis = redis;
    this.#env = env;
  }

  /** Starts a worker that does one task at a time. */
  startWorker(...more: readonly string[]): JobsWorker {
    const child = this.#cli.start(['jobs', 'work', ...this.#meeting, '--tasks', '1', ...more], this.#env);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const kill = async (signal: NodeJS.Signals): Promise<void> => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
    };
    const worker = { child, said: () => said, kill };
    this.#workers.push(worker);
    return worker;
  }

  /** Runs `jobs COMMAND`, within this process: only workers are killed. */
  run(command: string, args: readonly string[]): Promise<Ran> {
    return inProcess(['jobs', command, ...args, ...this.#meeting], this.#env);
  }

  submit(paths: readonly string[], ...more: readonly string[]): Promise<Ran> {
    return this.run('submit', [...paths, '--quiet', ...more]);
  }

  async status(): Promise<JobsStatus> {
    const { stdout } = await this.run('status', ['--format', 'json']);
    return JSON.parse(stdout) as JobsStatus;
  }

  /** The events of the territory in a folder. */
  resultOf(run: string): Promise<string> {
    return readFile(join(this.out, 'runs', run.trim(), 'KP.ndjson'), 'utf8');
  }

  /** Checks that the run that `submit` printed gives the same bytes as `replay` of the same input. */
  async expectReplay(run: string, input: readonly string[]): Promise<void> {
    const stdout = await (replays[input.join(' ')] ??= this.#replay(input));
    expect(stdout).not.toBe('');
    expect(await this.resultOf(run)).toBe(stdout);
  }

  async #replay(input: readonly string[]): Promise<string> {
    return (await inProcess(['replay', ...input, '--quiet'], this.#env)).stdout;
  }

  /** The output of all workers. */
  said(): string {
    return this.#workers.map(({ said }) => said()).join('');
  }

  /** The tasks that began, from the output of all workers. */
  begun(): readonly string[] {
    return [...this.said().matchAll(/: (\S+) begins/g)].map(([, what = '']) => what).toSorted();
  }

  /** Ends the workers. */
  async stop(): Promise<void> {
    await Promise.all(this.#workers.map(({ kill }) => kill('SIGTERM')));
  }

  get #meeting(): readonly string[] {
    return ['-o', this.out, '--redis', this.#redis];
  }
}
