import type { RoutingElement } from '../../src/bgp/element.ts';
import type { Collector } from '../../src/bgp/peer.ts';
import { eventTimeOf, type EventTime } from '../../src/bgp/time.ts';
import type { ElementSource } from '../../src/ports.ts';
import { mergeByTime } from '../merge.ts';
import type { CollectorPlan, MrtPlan } from './archive/archive.ts';
import type { PlannedFile } from './archive/planned-file.ts';
import { CollectorHistory } from './play/collector-history.ts';
import { recordDecoders } from './decode/decode.ts';
import type { CreateRecordDecoder } from './decode/decoded.ts';
import { playFile, type Item, type PlayContext, type ReplayClock } from './play/play.ts';
import type { MrtReport } from './play/report.ts';
import type { ScanBatch, ScanJob, Scanner } from './scan/scan-job.ts';
import type { ScanThreads } from './threads/scan-threads.ts';
import { createScanner } from './scanner.ts';
import { defaultThreads } from './threads/thread-count.ts';
import { Silence } from './play/silence.ts';
import { RunTotals } from './play/totals.ts';
import type { WatchedBlocks } from './scan/watched.ts';
import type { Hole } from './archive/window.ts';

const START = 0 as EventTime;

/** How planned files are read. */
export interface MrtSourceOptions {
  /** The blocks whose routes are wanted. */
  readonly watch: WatchedBlocks;
  /**
   * Number of reader threads, or threads that were already started; 0: read in the caller's thread. @default one per
   * core
   */
  readonly threads?: number | ScanThreads;
  /** Scanned data that replaces the files. `threads` and `readBytes` are then unused. */
  readonly scanned?: Scanner;
  readonly report?: (report: MrtReport) => void;
  /** Packed bytes per read. @default 256 KiB */
  readonly readBytes?: number;
}

/**
 * The elements of planned MRT files. Each collector's RIB dumps and updates run side by side by event time, and so do
 * the collectors; of equal times a dump comes before an update, and collectors go by name. The same files give the same
 * elements, however they are packed, cut or read.
 *
 * - What could not be read is a `gap` in its place, and a report.
 * - There is a tick at least every ten seconds of event time for which there are records, and at the end.
 * - A whole RIB dump ends with `end-of-rib` for each of its peers and `absent-peer` gaps for those it lacks.
 * - Records whose time is wrong get the time reached before them.
 */
export function mrtSource(plan: MrtPlan, options: MrtSourceOptions): ElementSource {
  return {
    name: plan.files === 1 ? 'mrt (1 file)' : `mrt (${plan.files} files)`,
    elements: (signal) => readPlan(plan, options, signal),
  };
}

async function* readPlan(
  plan: MrtPlan,
  options: MrtSourceOptions,
  signal: AbortSignal,
): AsyncGenerator<RoutingElement, void> {
  const report = options.report ?? ((): void => undefined);
  const totals = new RunTotals(plan, report);
  report({
    type: 'plan',
    files: plan.files,
    bytes: plan.bytes,
    collectors: plan.collectors.map(({ collector }) => collector),
    refused: plan.refused,
  });
  if (signal.aborted) return;

  const streams = plan.collectors.flatMap((collector) => streamsOf(collector));
  const job = jobsOf(plan, options);
  const scanner = options.scanned ?? createScanner(inOrder(streams).map(job), options.threads ?? defaultThreads());
  const close = (): void => void scanner.close();
  signal.addEventListener('abort', close, { once: true });
  const context: PlayContext = { watch: options.watch, report: totals.report, advance: totals.advance };
  const open = (file: PlannedFile): AsyncIterable<ScanBatch> => scanner.open(job(file));
  const read = streams.map((stream) => playStream(stream, { plan, context, open }));
  try {
    yield* explain(mergeByTime(read), plan, totals, signal);
    if (!signal.aborted) totals.end();
  } finally {
    signal.removeEventListener('abort', close);
    await scanner.close();
  }
}

/** Turns ended dumps, and streams that continue after a loss, into elements for the collector's peers. */
async function* explain(
  items: AsyncIterable<readonly Item[]>,
  plan: MrtPlan,
  totals: RunTotals,
  signal: AbortSignal,
): AsyncGenerator<RoutingElement, void> {
  const histories = new Map(plan.collectors.map(({ collector }) => [collector, new CollectorHistory(collector)]));
  for await (const batch of items) {
    for (const item of batch) {
      if (signal.aborted) return;
      totals.at = item.at;
      const history = histories.get('collector' in item ? item.collector : item.peer.collector);
      for (const element of history === undefined ? [] : explained(item, history, totals)) {
        totals.elements++;
        yield element;
      }
    }
  }
}

function explained(item: Item, history: CollectorHistory, totals: RunTotals): readonly RoutingElement[] {
  if (item.type === 'loss-ended') return history.lossEnded(item);
  if (item.type !== 'dump-ended') return history.record(item);
  const outcome = history.dumpEnded(item);
  totals.dump(item, outcome);
  return outcome.elements;
}

/** One collector's RIB dumps or its updates. */
interface Stream {
  readonly collector: Collector;
  readonly createDecoder: CreateRecordDecoder;
  readonly files: readonly PlannedFile[];
  /** Before the file of this index, or at the end. */
  readonly holes: readonly Hole[];
  /** Whether data is missing before the first file, as another stream reported. */
  readonly beginsLate?: boolean;
}

/**
 * The gap between a RIB dump and the first updates comes after the dump, because it makes the dump's tables uncertain.
 */
function streamsOf({ collector, ribs, updates, holes }: CollectorPlan): readonly Stream[] {
  const first =
    updates.length === 0 ? holes : holes.filter(({ before }) => before === 0).map((hole) => ({ ...hole, before: 1 }));
  // Dumps and updates share one `SessionBook`, because a dump's sessions help to read the updates.
  const createDecoder = recordDecoders();
  const streams: Stream[] = [
    { collector, createDecoder, files: ribs, holes: first },
    {
      collector,
      createDecoder,
      files: updates,
      holes: holes.filter(({ before }) => before > 0),
      beginsLate: first.length > 0,
    },
  ];
  return streams.filter(({ files }) => files.length > 0);
}

interface ReadContext {
  readonly plan: MrtPlan;
  readonly context: PlayContext;
  readonly open: (file: PlannedFile) => AsyncIterable<ScanBatch>;
}

function jobsOf({ limits }: MrtPlan, { watch, readBytes }: MrtSourceOptions): (file: PlannedFile) => ScanJob {
  return ({ path, snapshot, container, start, isStartNamed }) => {
    const more = { ...(readBytes !== undefined && { readBytes }), ...(isStartNamed && { begin: start / 1000 }) };
    return { path, snapshot, container, watch, limits, ...more };
  };
}

/** The first files of all streams, which are wanted at once, and the others by their time. */
function inOrder(streams: readonly Stream[]): readonly PlannedFile[] {
  const first = streams.flatMap(({ files }) => files.slice(0, 1));
  const others = streams.flatMap(({ files }) => files.slice(1));
  return [...first, ...others.sort((a, b) => a.start - b.start)];
}

async function* playStream(stream: Stream, read: ReadContext): AsyncGenerator<readonly Item[], void> {
  const { files, collector, createDecoder } = stream;
  const lost = stream.beginsLate === true ? 'missing-file' : undefined;
  const clock: ReplayClock = { at: START, reached: START, tick: -1, lost, silence: new Silence() };
  for (const [i, file] of files.entries()) {
    yield missing(stream, i, clock, read);
    const before = clock.reached;
    for await (const items of playFile(file, read.open(file), createDecoder(collector), clock, read.context)) {
      const [wanted, isOver] = upTo(items, read.plan.until, collector);
      yield wanted;
      if (isOver) return;
    }
    const other = misplaced(stream, i, before, clock);
    if (other !== undefined) yield lose(other, collector, clock, read.context);
  }
  const atEnd = missing(stream, files.length, clock, read);
  yield atEnd;
  const last = clock.at > clock.reached ? clock.at : clock.reached;
  // The window goes on after its last file: what the gap means is decided within it.
  const { reach } = read.plan;
  yield [{ type: 'tick', at: atEnd.length > 0 && reach !== undefined && reach > last ? reach : last, collector }];
}

/** The gap before the file of this index, unless the files before it reached into it: rotation is irregular at times. */
function missing(
  { collector, holes }: Stream,
  index: number,
  clock: ReplayClock,
  { context }: ReadContext,
): readonly Item[] {
  const hole = holes.find(({ before }) => before === index);
  if (hole === undefined || clock.reached > (hole.from + hole.to) / 2) return [];
  return lose(hole, collector, clock, context);
}

/**
 * The gap of a file of updates that has no time beyond the files before it, although it begins later by its name: its
 * content is another file's. Where names are in local time, each file still continues from the one before.
 */
function misplaced(stream: Stream, index: number, before: EventTime, clock: ReplayClock): Hole | undefined {
  const file = stream.files[index];
  if (file?.kind !== 'updates' || !file.isStartNamed || before === START) return undefined;
  if (clock.reached > before || before >= file.start) return undefined;
  return { from: file.start, to: stream.files[index + 1]?.start ?? file.start, before: index };
}

function lose(
  hole: Omit<Hole, 'before'>,
  collector: Collector,
  clock: ReplayClock,
  { report }: PlayContext,
): readonly Item[] {
  const from = eventTimeOf(hole.from) ?? clock.at;
  const to = eventTimeOf(hole.to) ?? clock.at;
  report({ type: 'missing-file', collector, from, to });
  clock.at = from > clock.at ? from : clock.at;
  clock.lost = 'missing-file';
  return [{ type: 'gap', at: clock.at, collector, reason: 'missing-file' }];
}

/** The elements up to `until`, with a tick if later elements follow. The second value says whether they do. */
function upTo(items: readonly Item[], until: EventTime | undefined, collector: Collector): [readonly Item[], boolean] {
  const end = until === undefined ? -1 : items.findIndex(({ at }) => at > until);
  if (until === undefined || end < 0) return [items, false];
  return [[...items.slice(0, end), { type: 'tick', at: until, collector }], true];
}
