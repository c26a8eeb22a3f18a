import { pino, type Logger } from 'pino';
import { DAY_MS } from '../bgp/time.ts';
import type { LiveReport } from '../../streams/ris-live/report.ts';
import type { RipestatReport } from '../../streams/ripestat/source.ts';
import { GAP_REASONS } from '../report/phrases.ts';
import { durationText } from '../report/clock.ts';
import { grouped, printable } from '../report/printable.ts';
import type { Io } from './io.ts';

export type { Logger } from 'pino';

/** Most characters of a field from the feed in a log line. */
const LONGEST_FIELD = 512;

const LEVELS: Readonly<Record<number, string>> = { 30: '', 40: 'warning: ', 50: 'error: ' };

/**
 * The log on stderr: JSON lines for programs; on a terminal, sentences. `clear` is called before each line, so that it does
 * not run into a status line.
 */
export function createLogger(io: Io, clear: () => void): Logger {
  const isTerminal = io.stderr.isTTY === true;
  const write = (line: string): void => {
    clear();
    io.stderr.write(isTerminal ? terminalText(line) : line);
  };
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write });
}

function terminalText(line: string): string {
  const { level, time, msg } = JSON.parse(line) as { level: number; time: string; msg: string };
  return `${time.slice(11, 19)} ${LEVELS[level] ?? ''}${printable(msg)}\n`;
}

/** Oddities that the live source counts by name; it describes others in words. */
const ODDITIES: Readonly<Record<string, string>> = {
  absurd: 'messages that are more than a day old (dropped)',
  ahead: 'messages dated in the future (dropped)',
  stale: 'messages that arrived minutes late (not counted as a sign of life)',
  late: 'messages that arrived after newer ones (they never replace newer ones)',
  duplicate: 'messages that arrived twice',
};

type Loss = Extract<LiveReport, { type: 'gap' | 'heard-again' }>;

/**
 * Logs what the live source reports. Collectors that are lost, or back, at the same moment share one line: a connection
 * that ends takes all of RIS with it.
 */
export function liveLog(log: Logger): (report: LiveReport) => void {
  const waiting: Loss[] = [];
  const write = (): void => {
    const kinds = groups(waiting.splice(0));
    for (const [first, ...rest] of kinds.values()) if (first !== undefined) logLosses(log, first, rest);
  };
  return (report) => {
    if (report.type !== 'gap' && report.type !== 'heard-again') return logLive(log, report);
    waiting.push(report);
    if (waiting.length === 1) queueMicrotask(write);
  };
}

function groups(losses: readonly Loss[]): ReadonlyMap<string, readonly Loss[]> {
  const kinds = new Map<string, Loss[]>();
  for (const loss of losses) {
    const kind = loss.type === 'gap' ? loss.reason : loss.type;
    kinds.set(kind, [...(kinds.get(kind) ?? []), loss]);
  }
  return kinds;
}

function logLosses(log: Logger, first: Loss, rest: readonly Loss[]): void {
  if (rest.length === 0) return logLive(log, first);
  const collectors = [first, ...rest].map(({ collector }) => collector);
  const names = `${collectors.length} collectors (${collectors.join(', ')})`;
  if (first.type === 'heard-again') log.info({ collectors }, `${names} send again`);
  else log.warn({ collectors, reason: first.reason }, `no data from ${names}: ${GAP_REASONS[first.reason]}`);
}

/** One report of the live source. */
export function logLive(log: Logger, report: LiveReport): void {
  logReport(log, LIVE_LINES, report);
}

const LIVE_LINES: LogLines<LiveReport> = {
  connecting: ({ line, attempt }) => ['info', { line, attempt }, `connecting to ${line}`],
  connected: ({ line }) => ['info', { line }, `connected to ${line}`],
  subscribed: ({ line, subscriptions }) => [
    'info',
    { line, subscriptions },
    'subscribed: from now on nothing is missed',
  ],
  'not-subscribed': ({ line, missing }) => [
    'warn',
    { line, missing },
    `${missing.length} subscriptions were not acknowledged; connecting again`,
  ],
  disconnected({ line, closing, retryMs }) {
    const again = retryMs === undefined ? '' : `; trying again in ${Math.round(retryMs / 1000)} s`;
    return ['warn', { line, closing }, `the connection ended: ${cut(closing.reason)}${again}`];
  },
  'server-error': ({ line, text }) => ['warn', { line, text: cut(text) }, `the server says: ${cut(text)}`],
  gap: ({ collector, reason }) => ['warn', { collector, reason }, `no data from ${collector}: ${GAP_REASONS[reason]}`],
  'heard-again': ({ collector }) => ['info', { collector }, `${collector} sends again`],
  'clocks-differ'({ behindMs }) {
    const apart = `${durationText(Math.abs(behindMs))} ${behindMs > 0 ? 'behind' : 'ahead of'}`;
    const isRecording = behindMs > DAY_MS ? ' A recording is watched with --history.' : '';
    return [
      'warn',
      { behindMs },
      `the feed is ${apart} this machine's clock: is the clock right, or the feed late?${isRecording}`,
    ];
  },
  'beacon-silent': ({ silentMs }) => [
    'warn',
    { silentMs },
    `no beacon was received for ${Math.round(silentMs / 60_000)} min: check that the server serves subscriptions to prefixes`,
  ],
  'never-announced-heard': ({ peer: { id } }) => [
    'warn',
    { peer: id },
    `${id} has a route to a prefix that is never announced`,
  ],
  odd: ({ what, count, sample }) => [
    'warn',
    { what, count, sample: cut(sample) },
    `${ODDITIES[what] ?? what}: ${grouped(count)} so far`,
  ],
};

/** Logs the answers of RIPEstat. */
export function logRipestat(log: Logger, report: RipestatReport): void {
  logReport(log, RIPESTAT_LINES, report);
}

const RIPESTAT_LINES: LogLines<RipestatReport> = {
  seeded: ({ elements }) => ['info', { elements }, `seeded from RIPEstat with ${elements} elements`],
  healed: ({ peers, unhealed }) => [
    'info',
    { peers, unhealed },
    `${peers} peers are healed from RIPEstat, ${unhealed} are not healed yet`,
  ],
  warning: ({ message }) => ['warn', {}, cut(message)],
  failed: ({ message }) => ['error', {}, cut(message)],
};

/** A line of the log: its level, its fields for programs, and its sentence. */
export type LogLine = readonly [level: 'info' | 'warn' | 'error', fields: object, sentence: string];

/** The line of each kind of report. */
export type LogLines<Report extends { readonly type: string }> = {
  readonly [Type in Report['type']]: (report: Extract<Report, { readonly type: Type }>) => LogLine;
};

/** Logs a report with the line of its kind. */
export function logReport<Report extends { readonly type: string }>(
  log: Logger,
  lines: LogLines<Report>,
  report: Report,
): void {
  const lineOf = lines[report.type as Report['type']] as (report: Report) => LogLine;
  const [level, fields, sentence] = lineOf(report);
  log[level](fields, sentence);
}

function cut(text: string): string {
  return text.length > LONGEST_FIELD ? `${text.slice(0, LONGEST_FIELD)}…` : text;
}
