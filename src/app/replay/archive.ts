import { basename } from 'node:path';
import { planMrt, type MrtPlan, type MrtPlanOptions } from '../../../streams/mrt/archive/archive.ts';
import type { ProblemCount } from '../../../streams/mrt/play/report.ts';
import type { Scanner } from '../../../streams/mrt/scan/scan-job.ts';
import type { ScanThreads } from '../../../streams/mrt/threads/scan-threads.ts';
import { mrtSource } from '../../../streams/mrt/source.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { Prefix } from '../../bgp/prefix.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { ElementSource } from '../../ports.ts';
import type { InputFile } from '../../report/json.ts';
import type { Damage } from '../../report/summary.ts';
import { lackingIn, type WantedWindow } from '../archive/wanted.ts';
import type { ReplayProgress } from './progress.ts';
import { ReadingLog } from './reading-log.ts';
import { bad, good, type Result } from '../../lib/result.ts';

/** The files of an archive, ready to be read, and what was found while reading them. */
export interface Archive {
  readonly source: ElementSource;
  readonly files: readonly InputFile[];
  readonly paths: readonly string[];
  readonly hasDump: boolean;
  /** Whether it is the recording of a watch: its replay prints exactly the events of that watch. */
  readonly isTape: boolean;
  /** Records read so far. */
  readonly records: number;
  /** What could not be read so far. */
  readonly damage: readonly Damage[];
  /** Records that were delimited but not understood; complete after reading. */
  readonly problems: readonly ProblemCount[];
  /** Calls `show` with the progress. */
  onReading(show: (reading: ReplayProgress) => void): void;
  /** Removes temporary files of this run. */
  close(): Promise<void>;
}

/** What is read of the files, and the cleanup afterwards. */
export interface OpenArchiveOptions {
  readonly collector?: Collector;
  readonly since?: EventTime;
  readonly until?: EventTime;
  /** A window of the archives: what it should contain. */
  readonly wanted?: WantedWindow;
  readonly threads?: number | ScanThreads;
  /** Scanned data that replaces the files. */
  readonly scanned?: Scanner;
  /** Only routes to these blocks are read. */
  readonly watch: readonly Prefix[];
  /** Input that could not be fetched. */
  readonly missing?: readonly Damage[];
  /** Removes temporary files of this run. */
  readonly close?: () => Promise<void>;
}

/** Finds and sorts the files. They are read when the source is read. */
export async function openArchive(paths: readonly string[], options: OpenArchiveOptions): Promise<Result<Archive>> {
  const { collector } = options;
  const planned = await planMrt({ paths, ...planWindow(options), ...(collector !== undefined && { collector }) });
  if (!planned.ok) return bad('files', planned.reason);
  const missing = missingOf(planned.plan, options);
  return good(archiveOf(planned.plan, paths, { ...options, missing }));
}

/** What could not be fetched, and what a window lacks beyond that. */
function missingOf(plan: MrtPlan, { missing = [], wanted }: OpenArchiveOptions): readonly Damage[] {
  const lacking = wanted === undefined ? [] : lackingIn(plan, wanted);
  return [...missing, ...lacking.filter(({ file }) => missing.every((known) => known.file !== file))];
}

/** The options that select files. */
export function planWindow({
  since,
  until,
  wanted,
}: OpenArchiveOptions): Pick<MrtPlanOptions, 'since' | 'until' | 'reach'> {
  return {
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(wanted !== undefined && { reach: wanted.reach }),
  };
}

/** The archive of a plan. `paths`: as the user named them. */
export function archiveOf(plan: MrtPlan, paths: readonly string[], options: OpenArchiveOptions): Archive {
  const { watch, threads, scanned } = options;
  const files = filesOf(plan);
  const log = new ReadingLog(
    paths,
    new Map(files.map(({ path, collector }) => [path, `${collector}/${basename(path)}`])),
  );
  return {
    source: mrtSource(plan, {
      watch,
      report: (said) => log.take(said),
      ...(threads !== undefined && { threads }),
      ...(scanned && { scanned }),
    }),
    files: files.map(({ path, collector, kind, snapshot }) => ({
      name: basename(path),
      collector,
      kind,
      bytes: snapshot.size,
    })),
    paths: files.map(({ path }) => path),
    isTape: false,
    hasDump: files.some(({ kind }) => kind === 'rib'),
    get records() {
      return log.records;
    },
    get damage() {
      return [...(options.missing ?? []), ...log.damage];
    },
    get problems() {
      return log.problems;
    },
    onReading: (show) => log.onReading(show),
    close: options.close ?? (async () => undefined),
  };
}

function filesOf({ collectors }: MrtPlan) {
  return collectors.flatMap(({ ribs, updates }) => [...ribs, ...updates]);
}
