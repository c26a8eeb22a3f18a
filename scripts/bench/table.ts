import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { Corpus } from './corpus.ts';
import { middle, OURS, OURS_ALONE, OURS_ON_ONE_CORE, unpackerOf, type Measured } from './sides.ts';

/** Our targets, as shares of another tool's wall time. docs/performance.md has the results. */
interface Aim {
  readonly ours: string;
  readonly than: string;
  readonly most: number;
}

const MOST_MEMORY = 150_000_000;
const PARSERS: readonly Aim[] = [
  { ours: OURS, than: 'bgpkit-parser -p', most: 1 / 12 },
  { ours: OURS, than: 'bgpdump -m', most: 1 / 45 },
];

function aimsOf({ container, kind, files }: Corpus): readonly Aim[] {
  const than = unpackerOf(container);
  const isOne = files.length === 1;
  const most = isOne || kind === 'rib' ? 0.6 : container === 'gzip' ? 0.5 : 0.55;
  if (container === 'plain') return [];
  if (container === 'bzip2')
    return [
      { ours: OURS, than, most },
      { ours: OURS_ALONE, than, most: 1.2 },
    ];
  const all: readonly Aim[] = [{ ours: OURS, than, most }];
  if (kind === 'rib') return all;
  return isOne ? [...all, { ours: OURS_ON_ONE_CORE, than, most: 0.8 }] : [...all, ...PARSERS];
}

/** The machine of the measurement. */
export function machineText(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  const [load = 0] = loadavg();
  return `${model}, ${availableParallelism()} cores, ${gigabytes(totalmem())} GB; Node.js ${process.version}; load ${load.toFixed(1)}`;
}

export function corpusText({ name, container, kind, files, unpacked, packed }: Corpus): string {
  return `${kind}, ${container}: ${name} (${files.length} files, ${megabytes(packed)} MB, unpacked ${megabytes(unpacked)} MB)`;
}

/** One row per tool: times are medians of all rounds. */
export function tableText(corpus: Corpus, measured: readonly Measured[], absent: readonly string[]): string {
  const ours = wallOf(measured, OURS);
  const rows = measured.map(({ name, costs, failure }) => {
    if (failure !== undefined) return [name, 'failed', failure.slice(0, 80)];
    const { wall, cpu, peak } = middle(costs);
    const walls = costs.map((cost) => cost.wall);
    return [
      name,
      wall.toFixed(2),
      `${Math.min(...walls).toFixed(2)}–${Math.max(...walls).toFixed(2)}`,
      cpu?.toFixed(2) ?? '-',
      peak === undefined ? '-' : megabytes(peak),
      megabytes(corpus.unpacked / wall),
      `${(wall / ours).toFixed(2)} ×`,
    ];
  });
  const head = ['', 'wall s', 'min–max', 'CPU s', 'peak MB', 'MB/s', 'of our wall'];
  const lines = [...columns([head, ...rows]), ...aimLines(corpus, measured)];
  if (absent.length > 0) lines.push(`absent: ${absent.join(', ')}`);
  return lines.join('\n');
}

function aimLines(corpus: Corpus, measured: readonly Measured[]): string[] {
  const lines = aimsOf(corpus).flatMap(({ ours, than, most }) => {
    const share = wallOf(measured, ours) / wallOf(measured, than);
    if (Number.isNaN(share)) return [];
    return [
      `${verdict(share <= most)}: ${ours} takes ${share.toFixed(3)} × the time of ${than}, aim ${most.toFixed(2)}`,
    ];
  });
  const peaks = measured
    .filter(({ name }) => name.startsWith(OURS))
    .flatMap(({ costs }) => costs.map(({ peak }) => peak ?? 0));
  const peak = Math.max(0, ...peaks);
  if (peak > 0)
    lines.push(`${verdict(peak <= MOST_MEMORY)}: ${megabytes(peak)} MB at most, aim ${megabytes(MOST_MEMORY)}`);
  return lines;
}

/** `name` is the side's name, or its beginning; the first such counts. */
function wallOf(measured: readonly Measured[], name: string): number {
  const found = measured.find((side) => side.name === name) ?? measured.find((side) => side.name.startsWith(name));
  return found === undefined ? Number.NaN : middle(found.costs).wall;
}

function verdict(isMet: boolean): string {
  return isMet ? 'met' : 'MISSED';
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2, 3, 4, 5, 6].map((at) =>
    Math.max(...rows.map((row) => (row.length > 3 ? (row[at] ?? '').length : 0))),
  );
  return rows.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
