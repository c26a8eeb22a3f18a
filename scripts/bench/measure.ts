import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** The cost of one run. */
export interface Cost {
  /** Seconds from start to end. */
  readonly wall: number;
  /** Seconds on the processors, of all threads; short of the run's last moments. `undefined` without /proc. */
  readonly cpu: number | undefined;
  /** The most memory ever resident, in bytes (VmHWM, all threads). `undefined` without /proc. */
  readonly peak: number | undefined;
}

export type Ran = { readonly ok: true; readonly cost: Cost } | { readonly ok: false; readonly reason: string };

/** Both figures from /proc only grow, so samples only miss the time after the last one. */
const SAMPLE_MS = 10;
/** Of /proc's times: `getconf CLK_TCK`, 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** Runs a command, its output thrown away. `accepted` are the exit statuses that mean it read its input. */
export function runOnce(command: readonly string[], accepted: readonly number[] = [0]): Promise<Ran> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const begun = performance.now();
    // Node.js 20 reads a machine's own certificates at each start, for 50 ms and more: a cost of the machine, not of the program.
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const kill = (): void => void child.kill();
    process.once('exit', kill);
    let last: Pick<Cost, 'cpu' | 'peak'> = { cpu: undefined, peak: undefined };
    let complaint = '';
    const sampling = setInterval(() => (last = sample(child.pid) ?? last), SAMPLE_MS);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(0, 500)));
    child.once('error', (error) => {
      clearInterval(sampling);
      resolve({ ok: false, reason: error.message });
    });
    let wall = 0;
    child.once('exit', () => {
      wall = (performance.now() - begun) / 1000;
      clearInterval(sampling);
    });
    child.once('close', (status, signal) => {
      process.removeListener('exit', kill);
      if (status !== null && accepted.includes(status)) resolve({ ok: true, cost: { wall, ...last } });
      else resolve({ ok: false, reason: `ended with ${signal ?? status}: ${complaint.trim()}` });
    });
  });
}

/** Runs commands one after the other, for tools that take one file: times are added, and the largest memory counts. */
export async function runAll(commands: readonly (readonly string[])[], accepted?: readonly number[]): Promise<Ran> {
  const costs: Cost[] = [];
  for (const command of commands) {
    const ran = await runOnce(command, accepted);
    if (!ran.ok) return ran;
    costs.push(ran.cost);
  }
  const known = (values: readonly (number | undefined)[]): number[] => values.filter((value) => value !== undefined);
  const cpu = known(costs.map(({ cpu }) => cpu));
  const peak = known(costs.map(({ peak }) => peak));
  return {
    ok: true,
    cost: {
      wall: sum(costs.map(({ wall }) => wall)),
      cpu: cpu.length === 0 ? undefined : sum(cpu),
      peak: peak.length === 0 ? undefined : Math.max(...peak),
    },
  };
}

/** `undefined` where there is no /proc, or the process is gone. */
function sample(pid: number | undefined): Pick<Cost, 'cpu' | 'peak'> | undefined {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): after the name in brackets, which may hold anything, user and system time are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpu = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    return peak === undefined ? undefined : { cpu, peak: Number(peak) * 1024 };
  } catch {
    return undefined;
  }
}

/** The path of a program on PATH. */
export function onPath(program: string, path = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(':')
    .map((folder) => `${folder}/${program}`)
    .find((file) => existsSync(file));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The median; for an even number of values, the lower of the two middle ones. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? Number.NaN;
}
