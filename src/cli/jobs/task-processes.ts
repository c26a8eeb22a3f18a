import { spawn, type ChildProcess } from 'node:child_process';
import type { TaskEnd } from '../../jobs/queue.ts';
import type { RunFolder } from '../../jobs/run-folder.ts';
import { EXIT } from '../exit-status.ts';
import type { TaskAnswer, TaskOrder } from './task-server.ts';

/** How long a process may take to stop, milliseconds. */
export const STOP_WITHIN_MS = 5_000;
/** Longer than a queue takes to hand out the next task. Milliseconds. */
const IDLE_MS = 10_000;
/** After this many tasks a process is replaced, so that whatever it accumulates stays small. */
const MOST_TASKS = 100;
/** Most characters of a process's stderr that are kept, from the end. */
const MOST_WORDS = 4_096;

/**
 * The processes in which a worker does its tasks, one task at a time in each. A busy task thus does not delay the
 * renewal of locks, and a task whose lock was lost can be killed. A process does several tasks of `map`, because
 * starting one takes as long as reading twenty megabytes. It ends after a failure and after a reduction, which needs
 * more memory than any `map`.
 */
export class TaskProcesses {
  readonly #command: readonly string[];
  readonly #idleMs: number;
  readonly #idle: TaskProcess[] = [];
  readonly #all = new Set<TaskProcess>();

  /**
   * @param command starts `jobs task` without a task: the program and its arguments
   * @param idleMs an idle process ends after this many milliseconds, because it holds the memory of its largest task
   */
  constructor(command: readonly string[], idleMs = IDLE_MS) {
    this.#command = command;
    this.#idleMs = idleMs;
  }

  /** Processes without a task. */
  get idle(): number {
    return this.#idle.length;
  }

  /** Does a task of a run, or the reduction of a territory. When `signal` aborts, its process is ended. */
  async run(run: RunFolder, what: string, signal: AbortSignal): Promise<TaskEnd> {
    const child = this.#idle.pop() ?? this.#started();
    const answer = await child.run({ run: run.id, what }, signal);
    // A task with bad input still counts as done: its record names the input.
    const isTask = run.manifest.tasks.some(({ id }) => id === what);
    const isDone = answer.status === EXIT.done || (isTask && answer.status === EXIT.data);
    if (isDone && isTask && child.tasks < MOST_TASKS && !signal.aborted) this.#keep(child);
    else await child.end();
    if (isDone) return { kind: 'done' };
    const isUseful =
      answer.status === EXIT.again || answer.status === EXIT.interrupted || typeof answer.status === 'string';
    return { kind: isUseful ? 'again' : 'useless', faults: answer.faults };
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((child) => child.end()));
  }

  #started(): TaskProcess {
    const [program = '', ...args] = this.#command;
    // A child notices by its IPC channel that this process has ended.
    const child = new TaskProcess(spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }));
    this.#all.add(child);
    void this.#dropAtEnd(child);
    return child;
  }

  async #dropAtEnd(child: TaskProcess): Promise<void> {
    await child.ended;
    this.#all.delete(child);
    this.#drop(child);
  }

  #keep(child: TaskProcess): void {
    this.#idle.push(child);
    child.endAfter(this.#idleMs, () => this.#drop(child));
  }

  #drop(child: TaskProcess): void {
    const at = this.#idle.indexOf(child);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

/** An answer; or the status, or the name of the signal, with which the process ended instead. */
interface Ended {
  readonly status: number | string;
  readonly faults: readonly string[];
}

/** One process. */
class TaskProcess {
  /** Tasks that were begun. */
  tasks = 0;
  /** Resolves when the process has ended: with its exit status, the signal that ended it, or why it did not start. */
  readonly ended: Promise<number | string>;
  readonly #child: ChildProcess;
  #words = '';
  #idle: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, name) => resolve(code ?? name ?? 'nothing'));
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-MOST_WORDS);
    });
  }

  async run(order: TaskOrder, signal: AbortSignal): Promise<Ended> {
    clearTimeout(this.#idle);
    this.tasks++;
    this.#words = '';
    const stop = (): void => this.#stop();
    signal.addEventListener('abort', stop, { once: true });
    const answered = new Promise<TaskAnswer>((resolve) => this.#child.once('message', resolve));
    // A process that cannot be reached has ended, or is about to.
    this.#child.send(order, (error) => error !== null && this.#stop());
    if (signal.aborted) stop();
    try {
      const ended = this.ended.then((status): Ended => ({ status, faults: this.#faults(status) }));
      return await Promise.race([answered, ended]);
    } finally {
      signal.removeEventListener('abort', stop);
      this.#child.removeAllListeners('message');
    }
  }

  /** Ends the process now, and resolves when it has ended. */
  async end(): Promise<void> {
    clearTimeout(this.#idle);
    this.#stop();
    await this.ended;
  }

  /** Ends the process later, unless it gets a task before. */
  endAfter(ms: number, then: () => void): void {
    this.#idle = setTimeout(() => {
      then();
      void this.end();
    }, ms);
  }

  #stop(): void {
    this.#child.kill('SIGTERM');
    setTimeout(() => this.#child.kill('SIGKILL'), STOP_WITHIN_MS).unref();
  }

  #faults(status: number | string): readonly string[] {
    const words = this.#words.trim();
    return words === '' ? [`its process ended with ${String(status)}`] : words.split('\n');
  }
}
