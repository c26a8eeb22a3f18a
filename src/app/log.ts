import { pino, type Logger } from 'pino';
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
    io.stderr.write(isTerminal ? spoken(line) : line);
  };
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write });
}

function spoken(line: string): string {
  const { level, time, msg } = JSON.parse(line) as { level: number; time: string; msg: string };
  return `${time.slice(11, 19)} ${LEVELS[level] ?? ''}${printable(msg)}\n`;
}

const DAY_MS = 86_400_000;

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
// oxlint-disable-next-line max-lines-per-function -- a sentence a kind of report
export function logLive(log: Logger, report: LiveReport): void {
  switch (report.type) {
    case 'connecting':
      log.info({ line: report.line, attempt: report.attempt }, `connecting to ${report.line}`);
      return;
    case 'connected':
      log.info({ line: report.line }, `connected to ${report.line}`);
      return;
    case 'subscribed':
      log.info({ line: report.line, subscriptions: report.subscriptions }, `subscribed: from now on nothing is missed`);
      return;
    case 'not-subscribed':
      log.warn(
        { line: report.line, missing: report.missing },
        `${report.missing.length} subscriptions were not acknowledged; connecting again`,
      );
      return;
    case 'disconnected': {
      const again = report.retryMs === undefined ? '' : `; trying again in ${Math.round(report.retryMs / 1000)} s`;
      log.warn(
        { line: report.line, closing: report.closing },
        `the connection ended: ${cut(report.closing.reason)}${again}`,
      );
      return;
    }
    case 'server-error':
      log.warn({ line: report.line, text: cut(report.text) }, `the server says: ${cut(report.text)}`);
      return;
    case 'gap':
      log.warn(
        { collector: report.collector, reason: report.reason },
        `no data from ${report.collector}: ${GAP_REASONS[report.reason]}`,
      );
      return;
    case 'heard-again':
      log.info({ collector: report.collector }, `${report.collector} sends again`);
      return;
    case 'clocks-differ': {
      const isRecording = report.behindMs > DAY_MS ? ' A recording is watched with --history.' : '';
      log.warn(
        { behindMs: report.behindMs },
        `the feed is ${durationText(Math.abs(report.behindMs))} ${report.behindMs > 0 ? 'behind' : 'ahead of'} this machine's clock: is the clock right, or the feed late?${isRecording}`,
      );
      return;
    }
    case 'beacon-silent':
      log.warn(
        { silentMs: report.silentMs },
        `no beacon was received for ${Math.round(report.silentMs / 60_000)} min: check that the server serves subscriptions to prefixes`,
      );
      return;
    case 'never-announced-heard':
      log.warn({ peer: report.peer.id }, `${report.peer.id} has a route to a prefix that is never announced`);
      return;
    case 'odd':
      log.warn(
        { what: report.what, count: report.count, sample: cut(report.sample) },
        `${ODDITIES[report.what] ?? report.what}: ${grouped(report.count)} so far`,
      );
      return;
  }
}

/** Logs the answers of RIPEstat. */
export function logRipestat(log: Logger, report: RipestatReport): void {
  switch (report.type) {
    case 'seeded':
      log.info({ elements: report.elements }, `seeded from RIPEstat with ${report.elements} elements`);
      return;
    case 'healed':
      log.info(
        { peers: report.peers, unhealed: report.unhealed },
        `${report.peers} peers are healed from RIPEstat, ${report.unhealed} are not healed yet`,
      );
      return;
    case 'warning':
      log.warn(cut(report.message));
      return;
    case 'failed':
      log.error(cut(report.message));
      return;
  }
}

function cut(text: string): string {
  return text.length > LONGEST_FIELD ? `${text.slice(0, LONGEST_FIELD)}…` : text;
}
