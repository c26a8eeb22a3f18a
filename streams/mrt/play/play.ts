import type { RoutingElement } from '../../../src/bgp/element.ts';
import type { Collector } from '../../../src/bgp/peer.ts';
import type { Prefix } from '../../../src/bgp/prefix.ts';
import { eventTimeOf, type EventTime } from '../../../src/bgp/time.ts';
import { watching } from '../../../src/territory/territory.ts';
import type { PlannedFile } from '../archive/planned-file.ts';
import type { DecodeProblem, RecordDecoder } from '../decode/decoded.ts';
import type { Dump } from '../dump/dump-counter.ts';
import type { MrtReport } from './report.ts';
import type { ScanMark, ScanBatch } from '../scan/scan-job.ts';
import type { Silence } from './silence.ts';
import { ProblemTally, typeCounts } from './tally.ts';
import type { WatchedBlocks } from '../scan/watched.ts';

/**
 * The items of one stream of files: elements, and ended RIB dumps, which the collector's history turns into elements.
 */
export type Item = RoutingElement | DumpEnded | LossEnded;

/** The first element of a collector after a loss: elements between them may be missing. */
export interface LossEnded {
  readonly type: 'loss-ended';
  readonly at: EventTime;
  readonly collector: Collector;
  readonly reason: 'damaged-file' | 'missing-file';
}

/** A RIB dump ended. */
export interface DumpEnded {
  readonly type: 'dump-ended';
  readonly at: EventTime;
  readonly collector: Collector;
  readonly file: string;
  readonly dump: Dump;
}

/** The position of one stream of files. It is passed from file to file. */
export interface ReplayClock {
  /** Time of the last item. */
  at: EventTime;
  /** Time of the last record of the ended files, including records that were filtered out. */
  reached: EventTime;
  /** The last tick, on a grid of event time. */
  tick: number;
  /** Pauses within files, and whether the pause between two files is too long. */
  readonly silence: Silence;
  /** The last loss, until something is read again. */
  lost: LossEnded['reason'] | undefined;
}

/** What all files of a run need. */
export interface PlayContext {
  readonly watch: WatchedBlocks;
  readonly report: (report: MrtReport) => void;
  /** Called with each batch's packed bytes and records as they are used up. */
  readonly advance: (file: string, bytes: number, records: number) => void;
}

/** Seconds. There is one tick for each cell of this grid, however the records are divided into files. */
const TICK_SECONDS = 10;
/** Most problems per reason and file that are reported individually. */
const MAX_PROBLEMS = 3;

/** Turns the batches of one file into items in order of time. Reports `file-end` at the end. */
// oxlint-disable-next-line max-params -- a file, how it is read, and what its reading has to do with others
export async function* playFile(
  file: PlannedFile,
  batches: AsyncIterable<ScanBatch>,
  decoder: RecordDecoder,
  clock: ReplayClock,
  context: PlayContext,
): AsyncGenerator<readonly Item[], void> {
  const play = new Play(file, decoder, clock, context);
  try {
    for await (const batch of batches) yield play.items(batch);
  } finally {
    decoder.close();
  }
}

class Play {
  readonly #file: PlannedFile;
  readonly #decoder: RecordDecoder;
  readonly #clock: ReplayClock;
  readonly #context: PlayContext;
  readonly #isWatched: (prefix: Prefix) => boolean;
  readonly #problems = new ProblemTally();
  #packed = 0;
  #records = 0;
  #elements = 0;
  #outliers = 0;
  /** Whether a dump ended in this file. */
  #isDumped = false;
  #damages = 0;

  constructor(file: PlannedFile, decoder: RecordDecoder, clock: ReplayClock, context: PlayContext) {
    this.#file = file;
    this.#decoder = decoder;
    this.#clock = clock;
    this.#context = context;
    clock.silence.beginFile();
    const { watch } = context;
    this.#isWatched = watching(watch);
  }

  items(batch: ScanBatch): readonly Item[] {
    const items: Item[] = [];
    this.#start(batch);
    let place = 0;
    for (const mark of batch.marks) {
      this.#decode(batch, place, mark.place, items);
      place = mark.place;
      this.#mark(mark, items);
    }
    this.#decode(batch, place, batch.records.length, items);
    this.#count(batch);
    return items;
  }

  /** If the first record has no plausible time, the stream begins with the first record that has one. */
  #start(batch: ScanBatch): void {
    if (this.#clock.at > 0) return;
    const first = batch.marks.find(({ at }) => at !== undefined)?.at;
    this.#clock.at = this.#atLeast(first === undefined ? 0 : first * 1000);
  }

  #decode(batch: ScanBatch, from: number, to: number, items: Item[]): void {
    if (to <= from) return;
    const { elements, problems } = this.#decoder.decode(batch.records.subarray(from, to));
    for (const element of elements) {
      if ('prefix' in element && !this.#isWatched(element.prefix)) continue;
      const at = this.#atLeast(element.at);
      this.#endLoss(at, items);
      this.#clock.at = at;
      items.push(at === element.at ? element : { ...element, at });
      this.#elements++;
    }
    for (const problem of problems) this.#report(problem, offsetOf(batch, from + problem.offset));
  }

  #mark(mark: ScanMark, items: Item[]): void {
    const { collector, path, start } = this.#file;
    // Before any record only the file's name gives a time. It is used only if there is nothing better.
    const at = this.#atLeast(mark.at === undefined && this.#clock.at === 0 ? start : (mark.at ?? 0) * 1000);
    if (mark.kind === 'tick') this.#listen(at, items);
    if (mark.kind !== 'damage') this.#endLoss(at, items);
    switch (mark.kind) {
      case 'tick': {
        const tick = Math.floor(at / 1000 / TICK_SECONDS);
        if (tick <= this.#clock.tick) return;
        this.#clock.tick = tick;
        items.push({ type: 'tick', at, collector });
        break;
      }
      case 'damage':
        this.#damages++;
        this.#context.report({ type: 'damage', file: path, ...mark.damage });
        // A loss within a dump loses no updates; after the dump there may be some.
        if (this.#file.kind === 'rib' && !this.#isDumped) break;
        items.push({ type: 'gap', at, collector, reason: 'damaged-file' });
        this.#clock.lost = 'damaged-file';
        break;
      case 'dump':
        this.#isDumped = true;
        items.push({ type: 'dump-ended', at, collector, file: path, dump: mark.dump });
        break;
    }
    this.#clock.at = at;
  }

  /** The gap of records that are missing between the file before and this one, unless something else is known to be. */
  #listen(at: EventTime, items: Item[]): void {
    const { collector, kind } = this.#file;
    const { silence, reached, lost } = this.#clock;
    if (kind !== 'updates' || !silence.tick(at, reached) || lost !== undefined) return;
    this.#context.report({ type: 'missing-file', collector, from: reached, to: at });
    items.push({ type: 'gap', at, collector, reason: 'missing-file' });
    this.#clock.lost = 'missing-file';
  }

  #endLoss(at: EventTime, items: Item[]): void {
    const reason = this.#clock.lost;
    if (reason === undefined) return;
    this.#clock.lost = undefined;
    items.push({ type: 'loss-ended', at, collector: this.#file.collector, reason });
  }

  #atLeast(ms: number): EventTime {
    return ms > this.#clock.at ? (eventTimeOf(ms) ?? this.#clock.at) : this.#clock.at;
  }

  #report(problem: DecodeProblem, offset: number): void {
    if (this.#problems.add(problem) > MAX_PROBLEMS) return;
    this.#context.report({ type: 'problem', file: this.#file.path, ...problem, offset });
  }

  #count(batch: ScanBatch): void {
    this.#records += batch.count;
    this.#outliers += batch.outliers;
    // A batch that was held back was read before the elements that were already sent.
    const packed = Math.max(this.#packed, batch.packed);
    this.#context.advance(this.#file.path, packed - this.#packed, batch.count);
    this.#packed = packed;
    const { end } = batch;
    if (end === undefined) return;

    const { path } = this.#file;
    const last = end.last === undefined ? undefined : eventTimeOf(end.last * 1000);
    if (last !== undefined && last > this.#clock.reached) this.#clock.reached = last;
    if (this.#outliers > 0) this.#context.report({ type: 'outliers', file: path, records: this.#outliers });
    this.#context.report({
      type: 'file-end',
      file: path,
      container: end.container,
      unpacked: end.unpacked,
      records: this.#records,
      elements: this.#elements,
      outliers: this.#outliers,
      damages: this.#damages,
      problems: this.#problems.counts,
      types: typeCounts(end.types),
      first: end.first === undefined ? undefined : eventTimeOf(end.first * 1000),
      last,
    });
  }
}

/** The file's offset of the record that begins at this place of the batch. */
function offsetOf({ places }: ScanBatch, place: number): number {
  let low = 0;
  let high = places.length / 2;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((places[2 * middle] ?? 0) <= place) low = middle;
    else high = middle;
  }
  return places[2 * low + 1] ?? 0;
}
