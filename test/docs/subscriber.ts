import { spawn } from 'node:child_process';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { guardian } from '../support/redis/guardian.ts';

/** Long enough for the busiest machine; only a wait in vain takes this long. */
const PATIENCE_MS = 30_000;

/** A program that prints events, a line of JSON each, while it runs. */
export interface Subscriber {
  /** How many whole lines it has printed. */
  readonly count: () => number;
  /** Resolves when it has printed so many whole lines. Rejects with what it said when it ends before, or is too late. */
  readonly until: (many: number) => Promise<void>;
  /** Resolves when its standard error has this. */
  readonly complains: (text: string) => Promise<void>;
  /** Resolves with its exit status when it has ended by itself. */
  readonly ended: () => Promise<number | null>;
  /** Ends it, and what it started, at once (SIGKILL). Gives all that it had printed in whole lines. */
  readonly kill: () => Promise<readonly UnroutableEvent[]>;
}

/** Starts a program in a process group of its own, as a shell and what it calls are to be killed together. */
export function subscribe(command: readonly string[], args: readonly string[], env: NodeJS.ProcessEnv): Subscriber {
  const [program = '', ...given] = command;
  const child = spawn(program, [...given, ...args], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  guardian().watch(child);
  let lines: readonly string[] = [];
  let torn = '';
  let stderr = '';
  let isOver = false;
  const waiting = new Set<() => void>();
  const look = (): void => waiting.forEach((check) => check());
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const [...whole] = `${torn}${text}`.split('\n');
    torn = whole.pop() ?? '';
    lines = [...lines, ...whole];
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    look();
  });
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', (status) => {
      isOver = true;
      look();
      resolve(status);
    });
  });

  const holds = (what: string, condition: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (reason?: string): void => {
        waiting.delete(check);
        clearTimeout(timer);
        if (reason === undefined) resolve();
        else reject(new Error(`${reason} ${what}; ${lines.length} lines printed, and said:\n${stderr}`));
      };
      const check = (): void => {
        if (condition()) settle();
        else if (isOver) settle('it ended before it');
        else return;
      };
      const timer = setTimeout(() => settle(`after ${PATIENCE_MS} ms it never`), PATIENCE_MS);
      waiting.add(check);
      check();
    });

  return {
    count: () => lines.length,
    until: (many) => holds(`printed ${many} lines`, () => lines.length >= many),
    complains: (text) => holds(`said ${text}`, () => stderr.includes(text)),
    async ended() {
      await holds('ended', () => isOver);
      return await closed;
    },
    async kill() {
      if (child.pid !== undefined && !isOver) process.kill(-child.pid, 'SIGKILL');
      await closed;
      return lines.map((line) => JSON.parse(line) as UnroutableEvent);
    },
  };
}
