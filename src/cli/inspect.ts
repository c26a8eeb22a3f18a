import { basename } from 'node:path';
import { planMrt, type MrtPlan } from '../../streams/mrt/archive.ts';
import type { FileEndReport, MrtReport } from '../../streams/mrt/report.ts';
import { mrtSource } from '../../streams/mrt/source.ts';
import { isoTime } from '../bgp/time.ts';
import { utcText } from '../report/clock.ts';
import { counted, grouped, jsonText, percent, printable } from '../report/printable.ts';
import { EXIT, type ExitStatus } from './exit-status.ts';
import { complain, type Io } from './io.ts';
import { createProgress, megabytes } from './progress.ts';
import { ReadingLog } from './reading-log.ts';
import { TableSizes, type PeerTable } from './table-sizes.ts';

interface Inspected {
  readonly file: FileEndReport;
  readonly bytes: number;
  readonly collector: string;
  readonly kind: string;
  /** Peers of a table dump, the largest table first. */
  readonly peers: readonly PeerTable[];
  readonly damage: readonly string[];
}

/** `unroutable inspect`: what is in MRT files. Reads them whole, so that what is said of damage is said of all of it. */
export async function inspect(
  paths: readonly string[],
  { format }: { readonly format: 'text' | 'json' },
  io: Io,
): Promise<ExitStatus> {
  const planned = await planMrt({ paths });
  if (!planned.ok) {
    complain(io, planned.reason);
    return EXIT.files;
  }
  const { plan } = planned;
  const log = new ReadingLog(paths);
  const found: Inspected[] = [];
  const progress = createProgress(io, () => performance.now());
  log.onReading((reading) => progress.show(reading));
  for (const part of singly(plan)) {
    if (io.signal.aborted) break;
    const inspected = await inspectOne(part, log, io.signal);
    if (inspected !== undefined) found.push(inspected);
  }
  progress.clear();

  const refused = plan.refused.filter(({ path }) => log.isFault(path));
  const text = format === 'json' ? json(found) : found.map((file) => lines(file).join('\n')).join('\n\n');
  io.stdout.write(`${text}\n`);
  for (const { path, reason } of refused) complain(io, `${path} ${reason}`);
  if (io.signal.aborted) return EXIT.interrupted;
  return refused.length > 0 || found.some(({ damage }) => damage.length > 0) ? EXIT.partial : EXIT.done;
}

/** Each file by itself: peers of one are not peers of the next. */
function* singly(plan: MrtPlan): Generator<MrtPlan> {
  for (const { collector, ribs, updates } of plan.collectors) {
    for (const file of [...ribs, ...updates]) {
      const isRib = file.kind === 'rib';
      const collectors = [{ collector, ribs: isRib ? [file] : [], updates: isRib ? [] : [file], holes: [] }];
      yield { ...plan, collectors, refused: [], files: 1, bytes: file.snapshot.size };
    }
  }
}

async function inspectOne(plan: MrtPlan, log: ReadingLog, signal: AbortSignal): Promise<Inspected | undefined> {
  const [{ collector, ribs, updates } = { collector: '', ribs: [], updates: [] }] = plan.collectors;
  const [file] = [...ribs, ...updates];
  let end: FileEndReport | undefined;
  const damage: string[] = [];
  const report = (said: MrtReport): void => {
    if (said.type === 'file-end') end = said;
    if (said.type === 'damage') damage.push(`bytes ${grouped(said.from)} to ${grouped(said.to)}: ${said.reason}`);
    if (said.type === 'dump' && said.flaw !== undefined) damage.push(`the table dump: ${said.flaw}`);
    if (said.type === 'progress') log.take(said);
  };
  const tables = new TableSizes();
  // Nothing is watched: table sizes are counted from the bytes, and no route is decoded.
  for await (const element of mrtSource(plan, { watch: [], threads: 0, report }).elements(signal)) tables.note(element);
  if (end === undefined || file === undefined) return undefined;
  return { file: end, bytes: plan.bytes, collector, kind: file.kind, peers: tables.largestFirst, damage };
}

/** More peers than this are counted: a large collector has hundreds. JSON has them all. */
const PEERS_TOLD = 20;

function lines({ file, bytes, collector, kind, peers, damage }: Inspected): readonly string[] {
  const { container, unpacked, records, types, first, last, outliers, problems } = file;
  const packed =
    container === undefined || container === 'plain' ? '' : ` (${container}, ${megabytes(bytes)} MB packed)`;
  const largest = Math.max(1, ...peers.map(({ ipv4 }) => ipv4));
  return [
    `${basename(file.file)}  ${kind === 'rib' ? 'table dump' : 'updates'} of ${collector}`,
    `    size     ${megabytes(unpacked)} MB${packed}`,
    `    time     ${first === undefined ? 'none' : `${utcText(first)} to ${last === undefined ? '' : utcText(last)}`}`,
    `    records  ${grouped(records)}`,
    ...types.map(
      ({ name, count, isKnown }) =>
        `             ${grouped(count).padStart(11)}  ${name}${isKnown ? '' : ' (not known, skipped)'}`,
    ),
    ...(peers.length === 0 ? [] : [`    peers    ${counted(peers.length, 'peer')}, by size of their IPv4 table`]),
    ...peers
      .slice(0, PEERS_TOLD)
      .map(
        ({ asn, address, ipv4, ipv6 }) =>
          `             ${grouped(ipv4).padStart(11)} IPv4 (${percent(ipv4 / largest)}) ${grouped(ipv6).padStart(9)} IPv6  AS${asn} ${address}`,
      ),
    ...(peers.length > PEERS_TOLD ? [`             and ${peers.length - PEERS_TOLD} more`] : []),
    ...problems.map(({ reason, count }) => `    unread   ${grouped(count)}: ${reason}`),
    ...(outliers > 0 ? [`    times    ${counted(outliers, 'record')} with a time that those around it deny`] : []),
    ...(damage.length === 0 ? ['    damage   none'] : damage.map((what) => `    damage   ${what}`)),
  ].map(printable);
}

function json(found: readonly Inspected[]): string {
  const documents = found.map(({ file, bytes, collector, kind, peers, damage }) => {
    const { file: path, first, last, ...rest } = file;
    return {
      name: basename(path),
      collector,
      kind,
      bytes,
      ...rest,
      first: first === undefined ? undefined : isoTime(first),
      last: last === undefined ? undefined : isoTime(last),
      peers,
      damage,
    };
  });
  return jsonText({ format: 'unroutable.inspect/1', files: documents }, 2);
}
