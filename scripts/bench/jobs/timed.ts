import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What a command and all processes that it started cost, in seconds. */
export interface Times {
  readonly wall: number;
  readonly cpu: number;
}

/** A command that runs. */
export interface Timed {
  /** Lines of its stderr so far. */
  readonly said: readonly string[];
  /** Asks it to stop. */
  stop(): void;
  /** Its exit status, and what it cost. */
  readonly ended: Promise<Times & { readonly status: number; readonly lines: readonly string[] }>;
}

/** `times` of POSIX: the shell prints what its children used, and theirs. The command's process is named first, to stop it. */
const SCRIPT = '"$@" & echo "pid $!"; wait $!; echo "status $?"; times';

/** Starts a command and measures it to its end. */
export function timed(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Timed {
  const begun = performance.now();
  const child = spawn('sh', ['-c', SCRIPT, 'sh', ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const said: string[] = [];
  let pid: number | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    pid ??= numberIn(line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  return {
    said,
    stop: () => void (pid !== undefined && process.kill(pid, 'SIGTERM')),
    ended: closed(child).then(() => ({ ...timesOf(lines), wall: (performance.now() - begun) / 1000 })),
  };
}

function closed(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', () => resolve());
  });
}

/** The last two lines are of the shell itself, and of its children: `0m1.23s 0m0.45s`, user and system. */
function timesOf(all: readonly string[]): { cpu: number; status: number; lines: readonly string[] } {
  const [last = '', , status = ''] = all.toReversed();
  const cpu = [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
  return { cpu, status: numberIn(status) ?? -1, lines: all.slice(1, -3) };
}

function numberIn(line: string): number | undefined {
  const [, digits] = /^(?:pid|status) (\d+)$/.exec(line) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
