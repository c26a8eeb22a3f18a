import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { guardian } from '../../support/redis/guardian.ts';

/** A program of its own on the same folder, in compiled code. */
export interface Child {
  readonly pid: number;
  /** Lines it printed so far. */
  readonly lines: readonly string[];
  /** Resolves when it has printed so many lines in all, or ended. */
  readonly printed: (many: number) => Promise<void>;
  /** Kills it as a power cut would, and waits until it is gone. */
  readonly kill: () => Promise<void>;
  /** Status with which it ended by itself, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const PRELUDE = `
  import { writeSync } from 'node:fs';
  const say = (text) => writeSync(1, text + '\\n');
  const [dist, folder, ...args] = process.argv.slice(1);
  const { openEmbedded } = await import(dist + '/src/store/embedded/open.js');
  const { systemClock } = await import(dist + '/src/app/system-clock.js');
  const open = async () => {
    const opened = await openEmbedded(folder, { name: 'KP', clock: systemClock });
    if (!opened.ok) throw new Error(opened.reason);
    return opened.store;
  };
  const event = (number) => ({
    specversion: '1.0', id: 'event-' + number, source: '/observer', type: 'observer.gap', subject: 'rrc00',
    time: '2026-09-10T04:00:00.000Z', datacontenttype: 'application/json', sequence: String(number).padStart(10, '0'),
    data: { collector: 'rrc00', since: '2026-09-10T04:00:00.000Z', reason: 'missing-file', peers: number },
  });
`;

/**
 * Starts a program of these lines, which find `open`, `event`, `say` and `args`. It is killed when the test ends, however
 * that ends: one that lived on would hold the test runner's own output open, and the runner with it.
 */
export function startChild(dist: string, folder: string, code: string, args: readonly string[] = []): Child {
  return start([process.execPath, ...runOf(dist, folder, code, args)]);
}

/** The same as process 1 of a namespace of its own, as in a container. */
export function startContained(dist: string, folder: string, code: string, args: readonly string[] = []): Child {
  return start([...NAMESPACE, process.execPath, ...runOf(dist, folder, code, args)]);
}

/** Whether this user may make namespaces of process ids. */
export function canContain(): boolean {
  const [program = '', ...rest] = NAMESPACE;
  return spawnSync(program, [...rest, 'true'], { stdio: 'ignore' }).status === 0;
}

const NAMESPACE = ['unshare', '-pf', '--mount-proc', '--kill-child'];

function runOf(dist: string, folder: string, code: string, args: readonly string[]): readonly string[] {
  return ['--input-type=module', '-e', PRELUDE + code, '--', dist, folder, ...args];
}

function start([program = '', ...run]: readonly string[]): Child {
  onTestFinished(() => kill());
  const child = spawn(program, run, { stdio: ['ignore', 'pipe', 'inherit'] });
  guardian().watch(child);
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const ended = endOf(child);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    pid: child.pid ?? 0,
    lines,
    ended,
    kill,
    printed: (many) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (lines.length >= many) resolve();
        };
        output.on('line', look);
        look();
        void ended.then(() => resolve());
      }),
  };
}

/** When its output is read to the end as well. */
function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? -1));
  });
}
