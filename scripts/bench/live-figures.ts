import { median } from './measure.ts';
import type { Sample } from './live-protocol.ts';
import type { Outcome } from './live-run.ts';

/** One figure of a run, and its target. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly aim?: { readonly text: string; readonly isMet: (value: number) => boolean };
}

/** Until then the tables fill and the code is compiled: memory is measured from here on. Milliseconds. */
const WARM_MS = 5000;
export const MOST_LAG_MS = 1000;
const MOST_MEMORY_MB = 200;
/** Of memory that is flat: less than the collector's own ups and downs leave in a minute. */
const MOST_SLOPE = 5;
const MOST_DRAIN_S = 30;

export function sustainedFigures(outcome: Outcome, rate: number, seconds: number): readonly Figure[] {
  const { begunMs, samples, received } = outcome;
  const { lag } = received;
  const { speed, cores } = pace(samples, begunMs, seconds);
  const warm = samples.filter(({ atMs }) => atMs >= begunMs + WARM_MS);
  return [
    { name: 'messages/s', value: speed, unit: '/s', aim: atLeast(rate * 0.99, `${rate}`) },
    { name: 'lag p50', value: lag.p50, unit: 'ms' },
    { name: 'lag p99', value: lag.p99, unit: 'ms', aim: atMost(MOST_LAG_MS) },
    { name: 'lag max', value: lag.max, unit: 'ms' },
    { name: 'core used', value: 100 * cores, unit: '%', aim: atMost(100) },
    { name: 'RSS at start', value: megabytes(before(samples, begunMs)?.rss), unit: 'MB' },
    { name: 'RSS after 5 s', value: megabytes(warm[0]?.rss), unit: 'MB' },
    { name: 'RSS at end', value: megabytes(samples.at(-1)?.rss), unit: 'MB' },
    ...memoryFigures(samples),
    { name: 'RSS slope', value: slope(warm), unit: 'MB/min', aim: atMost(MOST_SLOPE) },
    ...lossFigures(outcome),
  ];
}

/** `burstEndMs`: when the last message of the burst was due. */
export function burstFigures(outcome: Outcome, burstEndMs: number): readonly Figure[] {
  const { samples, sent } = outcome;
  const drainedMs = samples.find((sample) => isDrained(sample, burstEndMs))?.atMs ?? Infinity;
  return [
    { name: 'drained after', value: (drainedMs - burstEndMs) / 1000, unit: 's', aim: atMost(MOST_DRAIN_S) },
    { name: 'lag at most', value: Math.max(...samples.map(({ lagMs }) => lagMs)), unit: 'ms' },
    { name: 'behind at most', value: sent.mostBehind, unit: 'messages' },
    { name: 'of bytes', value: megabytes(sent.mostBehindBytes), unit: 'MB' },
    ...memoryFigures(samples),
    ...lossFigures(outcome),
  ];
}

export function unpacedFigures(outcome: Outcome, seconds: number): readonly Figure[] {
  const { samples, begunMs, sent } = outcome;
  const { speed, cores } = pace(samples, begunMs, seconds);
  return [
    { name: 'messages/s', value: speed, unit: '/s' },
    { name: 'CPU a message', value: (cores / speed) * 1e6, unit: 'µs' },
    { name: 'core used', value: 100 * cores, unit: '%' },
    { name: 'bytes a message', value: sent.bytes / sent.messages, unit: 'B' },
    ...memoryFigures(samples),
    ...lossFigures(outcome),
  ];
}

/** Whether the burst is processed, and messages are fresh again. */
export function isDrained({ atMs, lagMs }: Sample, burstEndMs: number): boolean {
  return atMs >= burstEndMs && lagMs < MOST_LAG_MS;
}

function memoryFigures(samples: readonly Sample[]): readonly Figure[] {
  const most = megabytes(Math.max(...samples.map(({ rss }) => rss)));
  return [{ name: 'RSS at most', value: most, unit: 'MB', aim: atMost(MOST_MEMORY_MB) }];
}

/** Checks that received = applied + left out + held, for messages and for routes. */
function lossFigures({ sent, received }: Outcome): readonly Figure[] {
  const routes = sent.watched + sent.others - received.applied - received.leftOut;
  return [
    { name: 'messages sent', value: sent.messages, unit: '' },
    { name: 'routes applied', value: received.applied, unit: '' },
    { name: 'routes left out', value: received.leftOut, unit: '' },
    { name: 'routes of the beacon', value: sent.beacon, unit: '' },
    { name: 'messages unaccounted', value: sent.messages - received.messages, unit: '', aim: none },
    { name: 'routes unaccounted', value: routes, unit: '', aim: none },
    { name: 'gaps', value: received.gaps, unit: '', aim: none },
    { name: 'voters at the end', value: received.voters, unit: '' },
    { name: 'events', value: received.events, unit: '' },
  ];
}

const none = { text: '0', isMet: (value: number) => value === 0 };

function atMost(most: number): NonNullable<Figure['aim']> {
  return { text: `<= ${most}`, isMet: (value) => value <= most };
}

function atLeast(least: number, text: string): NonNullable<Figure['aim']> {
  return { text, isMet: (value) => value >= least };
}

function before(samples: readonly Sample[], atMs: number): Sample | undefined {
  return samples.findLast((sample) => sample.atMs <= atMs) ?? samples[0];
}

/** Messages a second, and cores used, while the feed ran: from a second after it began until it ended. */
function pace(samples: readonly Sample[], beganMs: number, seconds: number): { speed: number; cores: number } {
  const during = samples.filter(({ atMs }) => atMs >= beganMs + 1000 && atMs <= beganMs + seconds * 1000);
  const [first, last] = [during[0], during.at(-1)];
  if (first === undefined || last === undefined) return { speed: Number.NaN, cores: Number.NaN };
  const ran = (last.atMs - first.atMs) / 1000;
  return { speed: (last.messages - first.messages) / ran, cores: (last.cpu - first.cpu) / ran };
}

/** By least squares, in megabytes a minute. */
function slope(samples: readonly Sample[]): number {
  const minutes = samples.map(({ atMs }) => atMs / 60_000);
  const [x, y] = [mean(minutes), mean(samples.map(({ rss }) => megabytes(rss)))];
  const over = samples.reduce((sum, { rss }, i) => sum + ((minutes[i] ?? x) - x) * (megabytes(rss) - y), 0);
  return over / minutes.reduce((sum, minute) => sum + (minute - x) ** 2, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function megabytes(bytes = Number.NaN): number {
  return bytes / 1e6;
}

/** One row per figure: the median of all rounds, the least and the largest value, and the target. */
export function figuresText(rounds: readonly (readonly Figure[])[]): string {
  const rows = (rounds[0] ?? []).map(({ name, unit, aim }, at) => {
    const values = rounds.map((figures) => figures[at]?.value ?? Number.NaN);
    const value = median(values);
    const span = rounds.length < 2 ? '' : `${shown(Math.min(...values))}–${shown(Math.max(...values))}`;
    const verdict = aim === undefined ? '' : `aim ${aim.text}: ${aim.isMet(value) ? 'met' : 'MISSED'}`;
    return `  ${name.padEnd(22)}${shown(value).padStart(12)} ${unit.padEnd(9)}${span.padStart(20)}  ${verdict}`.trimEnd();
  });
  return rows.join('\n');
}

function shown(value: number): string {
  return Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3);
}
