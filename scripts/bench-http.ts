/**
 * Measures the speed of HTTP, and its cost for a watch: `npm run bench:http -- [--seconds 20] [--rounds 5]`. `serve` on
 * a folder with ten years of days is shown in Chromium and asked on 32 connections; then a client of RIS Live, as
 * `bench:live` runs it at the everyday rate, serves HTTP as well: without readers, with 200 readers of the stream of
 * which 20 never read, and under hostile load.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/app/system-clock.ts';
import { openEmbedded } from '../src/store/embedded/open.ts';
import { burst, Connections, hostileLoad, StreamReaders } from './bench/http-asking.ts';
import { firstViewText } from './bench/first-view.ts';
import { runLive } from './bench/live-run.ts';
import { median } from './bench/measure.ts';
import { machineText } from './bench/table.ts';
import { FROM, UNTIL, writeTenYears } from './bench/ten-years.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '4000' },
    only: { type: 'string' },
  },
});
const seconds = Number(values.seconds);

async function benchServer(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-http-'));
  const opened = await openEmbedded(join(folder, 'KP'), { name: 'KP', clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  await writeTenYears(opened.store);
  await opened.store.close();
  const main = new URL('../cli/main.js', import.meta.url).pathname;
  const served = spawn(process.execPath, [main, 'serve', '--store', folder, '--http', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(served.stdout, 'data')) as [Buffer];
    const url = line.toString().trim();
    await firstView(url);
    console.log(await firstViewText(url, 9));
    const cpu = (): number => cpuSeconds(served.pid ?? 0);
    await pace(cpu, '/verdict', `${url}api/v1/verdict`);
    const years = `from=${new Date(FROM).toISOString()}&until=${new Date(UNTIL).toISOString()}`;
    await pace(cpu, '/timeline of ten years', `${url}api/v1/timeline?${years}`);
    const start = performance.now();
    const statuses = await burst(`${url}api/v1/verdict`, 512, 50_000);
    console.log(`burst of 50,000 on 512 connections: ${inWords(statuses)} in ${secondsSince(start)}`);
  } finally {
    served.kill('SIGINT');
    await once(served, 'exit');
    await rm(folder, { recursive: true });
  }
}

/** The requests of the page before it draws. */
async function firstView(url: string): Promise<void> {
  const pool = new Connections(6);
  const start = performance.now();
  const page = await pool.ask(url);
  const paths = [
    'page.js',
    'charts.js',
    'page.css',
    ...['territories', 'verdict', 'timeline', 'peers', 'incidents'].map(inApi),
  ];
  const parts = await Promise.all(paths.map((path) => pool.ask(`${url}${path}`)));
  const bytes = [page, ...parts].reduce((sum, one) => sum + one.bytes, 0);
  console.log(
    `first view, without drawing: ${Math.round(bytes / 1000)} kB in ${Math.round(performance.now() - start)} ms`,
  );
  pool.close();
}

const inApi = (name: string): string => `api/v1/${name}`;

async function pace(cpu: () => number, name: string, url: string): Promise<void> {
  const pool = new Connections(32);
  const { bytes } = await pool.ask(url);
  const times: number[] = [];
  const before = cpu();
  const failed = new Map<number, number>();
  const stopAt = performance.now() + seconds * 1000;
  const more = (): boolean => performance.now() < stopAt;
  await pool.flood(url, more, ({ status }, ms) => {
    if (status === 200) times.push(ms);
    else failed.set(status, (failed.get(status) ?? 0) + 1);
  });
  pool.close();
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(1);
  const others = failed.size === 0 ? '' : `; others: ${inWords(failed)}`;
  const latency = `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
  const cost = `${((1000 * (cpu() - before)) / times.length).toFixed(2)} ms of processor time each`;
  console.log(
    `${name}: ${Math.round(times.length / seconds)} requests/s, ${latency}, ${cost}, ${bytes} bytes${others}`,
  );
}

/** Processor time of a process, as Linux counts it in /proc (proc(5)): hundredths of a second. Elsewhere not known. */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

function inWords(statuses: ReadonlyMap<number, number>): string {
  return [...statuses].map(([status, count]) => `${count} × ${status === 0 ? 'no answer' : status}`).join(', ');
}

function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

interface Measured {
  /** Of the engine's lag, milliseconds. */
  readonly p99: number;
  /** Processor time of the client, per cent of a core. */
  readonly core: number;
}

/** One run of the live feed, with this load. */
async function ingest(beside?: (url: string) => Promise<() => Promise<string>>): Promise<Measured> {
  let stop: (() => Promise<string>) | undefined;
  const phases = [{ rate: Number(values.rate), seconds }];
  const options = { phases, reorderMs: 2000, execArgv: [], isServing: true };
  const outcome = await runLive({
    ...options,
    onServing: async (url) => {
      stop = await beside?.(url);
    },
    onEnded: async () => {
      if (stop !== undefined) console.log(`    ${await stop()}`);
    },
  });
  const during = outcome.samples.filter(({ atMs }) => atMs >= outcome.begunMs + 1000);
  const [first, last] = [during[0], during.at(-1)];
  const core = first && last ? (100 * (last.cpu - first.cpu)) / ((last.atMs - first.atMs) / 1000) : Number.NaN;
  return { p99: outcome.received.lag.p99, core };
}

const withReaders = async (url: string) => {
  const readers = new StreamReaders(url, 200, 20);
  await sleep(1000);
  return async () => {
    readers.close();
    return `200 readers took ${(readers.bytes / 1e6).toFixed(1)} MB; ${readers.ended} were cut off`;
  };
};

const underAttack = async (url: string) => {
  const over = new AbortController();
  const done = hostileLoad(url, over.signal);
  return async () => {
    over.abort();
    return `answers to the bursts: ${inWords(await done)}`;
  };
};

async function benchIngest(): Promise<void> {
  console.log(
    `\ningest at ${values.rate} messages/s for ${seconds} s, ${values.rounds} rounds; lag of the engine, p99`,
  );
  const all = { alone: [] as Measured[], readers: [] as Measured[], attack: [] as Measured[] };
  for (let round = 1; round <= Number(values.rounds); round++) {
    all.alone.push(await ingest());
    all.readers.push(await ingest(withReaders));
    all.attack.push(await ingest(underAttack));
  }
  const change = (100 * (middle(all.readers) - middle(all.alone))) / middle(all.alone);
  console.log(`alone: ${figures(all.alone)}`);
  console.log(`200 readers: ${figures(all.readers)}; p99 changes by ${change.toFixed(1)} %, aim < 10 %`);
  console.log(`hostile load: ${figures(all.attack)}; aim <= 1000 ms`);
}

function middle(runs: readonly Measured[]): number {
  return median(runs.map(({ p99 }) => p99));
}

function figures(runs: readonly Measured[]): string {
  const core = median(runs.map((run) => run.core)).toFixed(0);
  return `p99 ${middle(runs)} ms (${runs.map(({ p99 }) => p99).join(', ')}), ${core} % of a core`;
}

console.log(machineText());
if (values.only !== 'ingest') await benchServer();
if (values.only !== 'server') await benchIngest();
