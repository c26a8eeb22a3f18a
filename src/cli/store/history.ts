import { eventTime, type EventTime } from '../../bgp/time.ts';
import type { Family } from '../../bgp/prefix.ts';
import type { StoreOptions } from '../../app/open-store.ts';
import { paintFor, widthOf, type Io } from '../../app/io.ts';
import { systemClock } from '../../app/system-clock.ts';
import type { SelectionOptions } from '../../config/selection.ts';
import type { Answers } from '../../http/answers.ts';
import { explainView } from '../../http/sight-views.ts';
import { uptimeView } from '../../http/views.ts';
import { durationText, utcText } from '../../report/clock.ts';
import { counted, listed, percent, printable } from '../../report/printable.ts';
import { wrapped } from '../../report/wrap.ts';
import { askStore } from './ask-store.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';

/** The territory and family. The territory may be left out if the store has only one. */
export interface HistoryOptions extends StoreOptions, SelectionOptions {
  readonly family?: Family;
  /** @default text */
  readonly format?: 'text' | 'csv' | 'json';
}

/** The options of `uptime`. Times are event time. */
export interface UptimeOptions extends HistoryOptions {
  readonly from?: EventTime;
  readonly until?: EventTime;
  readonly by?: 'month' | 'year';
}

/** `unroutable uptime`: prints the time under each verdict per month or year, with blind time separate. */
export async function printUptime(options: UptimeOptions, io: Io): Promise<ExitStatus> {
  const { from, until, by, family } = options;
  const asked = { ...whose(options), family, from, until, by };
  const found = await askStore(options, io, (store) => uptimeView(store, asked));
  if (!found.ok) return failed(found, io);
  const texts = { json: jsonOf, csv: uptimeCsv, text: uptimeText };
  const { rows } = found.value;
  // Without `--from`, months before the first watched one are left out.
  const watched = rows.findIndex((row) => row.share !== null || row.unknownMs > 0);
  const shown = from === undefined ? rows.slice(Math.max(0, watched)) : rows;
  io.stdout.write(texts[options.format ?? 'text']({ ...found.value, rows: shown }));
  return EXIT.done;
}

/** The options of `explain`. */
export interface ExplainOptions extends HistoryOptions {
  readonly at?: EventTime;
}

/** `unroutable explain`: prints the verdict of one moment, and the last message of each peer behind it. */
export async function printExplanation(options: ExplainOptions, io: Io): Promise<ExitStatus> {
  const { at, family } = options;
  const found = await askStore(options, io, (store) =>
    explainView(store, { ...whose(options), family, at }, systemClock.wallMs()),
  );
  if (!found.ok) return failed(found, io);
  io.stdout.write(options.format === 'json' ? jsonOf(found.value) : explanationText(found.value, io));
  return EXIT.done;
}

const whose = ({ territory }: HistoryOptions) => ({ territory: territory?.[0]?.toUpperCase() });

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

type Uptime = Answers['uptime'];

const COLUMNS = ['from', 'until', 'routable_ms', 'degraded_ms', 'unroutable_ms', 'unknown_ms', 'off_ms', 'share'];

function uptimeCsv({ territory, family, rows }: Uptime): string {
  const lines = rows.map(({ from, until, share, ...ms }) =>
    [from, until, ms.routableMs, ms.degradedMs, ms.unroutableMs, ms.unknownMs, ms.offMs, share ?? ''].join(','),
  );
  const named = lines.map((line) => `${territory},${family},${line}`);
  return [`territory,family,${COLUMNS.join(',')}`, ...named, ''].join('\r\n');
}

/** The time under each verdict, one line per month or year. */
export function uptimeText({ territory, family, by, rows }: Uptime): string {
  const lines = rows.map((row) => {
    const name = row.from.slice(0, by === 'year' ? 4 : 7);
    const parts = [
      row.unroutableMs > 0 ? `unroutable for ${durationText(row.unroutableMs)}` : '',
      row.degradedMs > 0 ? `degraded for ${durationText(row.degradedMs)}` : '',
      row.unknownMs > 0 ? `not seen for ${durationText(row.unknownMs)}` : '',
      row.offMs > 0 ? `not watched for ${durationText(row.offMs)}` : '',
    ].filter((part) => part !== '');
    const share = row.share === null ? 'nothing is known' : `routable ${percent(row.share)} of the known time`;
    return `${name.padEnd(9)}${[share, ...parts].join('; ')}`;
  });
  return [`${territory}/${family}`, ...lines].map((line) => `${printable(line)}\n`).join('');
}

/**
 * The last message that changed what a peer sees: `withdrawal of 175.45.178.0/24 at …, path before: 64512 3356 4837
 * 131279`.
 */
function lastText(last: Answers['explain']['peers'][number]['last']): string {
  if (last === null) return 'no change in the day before';
  const at = utcText(eventTime(last.at));
  if (last.message === null) return `since ${at}`;
  const { type, prefix, before, after } = last.message;
  const path = after ?? before;
  const which = after === null ? 'path before' : 'path';
  return `${type} of ${prefix} at ${at}${path === null ? '' : `, ${which}: ${path}`}`;
}

/** More peers than this with the same message are counted, not listed. */
const MOST_PEERS = 40;

function explanationText(view: Answers['explain'], io: Io): string {
  const width = widthOf(io.stdout);
  const paint = paintFor(io, undefined, io.stdout.isTTY === true);
  const peers = view.peers.slice(0, MOST_PEERS).flatMap((peer) => {
    const sees = peer.networks.length === 0 ? 'sees none' : `sees ${listed(peer.networks)}`;
    return wrapped(`${peer.collector} ${peer.address} AS${peer.asn} ${sees}; ${lastText(peer.last)}`, width - 2).map(
      (line, i) => `${i === 0 ? '  ' : '    '}${line}`,
    );
  });
  const rest = view.peers.length - MOST_PEERS;
  return [
    ...wrapped(view.sentence, width).map((line) => paint('strong', line)),
    `At ${utcText(eventTime(view.at))}, ${view.territory}/${view.family}, by ${counted(view.peers.length, 'peer')}:`,
    ...(view.recorded ? [] : ['  what each peer saw is not stored for this time']),
    ...peers,
    ...(rest > 0 ? [`  and ${rest} more; --format json has them all`] : []),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}
