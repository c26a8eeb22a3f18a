import { basename, resolve } from 'node:path';
import type { Refusal } from '../../../streams/mrt/archive/archive.ts';
import type { MrtReport, ProblemCount } from '../../../streams/mrt/play/report.ts';
import { readFileName } from '../../../streams/mrt/archive/file-name.ts';
import { grouped } from '../../report/printable.ts';
import type { Damage } from '../../report/summary.ts';
import { uncovered } from '../archive/wanted.ts';
import type { ReplayProgress } from './progress.ts';
import { compareTexts } from '../../lib/compare-texts.ts';

/** More damages than this are only counted: a file of garbage has one every few bytes. */
const MOST_DAMAGES = 1000;

/** Collects what a source reported about its files, for the report. */
export class ReadingLog {
  readonly #named: readonly string[];
  readonly #names: ReadonlyMap<string, string>;
  readonly #damage: Damage[] = [];
  readonly #ended = new Set<string>();
  readonly #problems: ProblemCount[] = [];
  #more = 0;
  #files = 0;
  #reading: ReplayProgress | undefined;
  #show: (reading: ReplayProgress) => void = () => undefined;

  /**
   * `named`: the paths that the user named; other files in a folder are not a fault. `names`: the name to print for
   * each path, without the folders of this machine.
   */
  constructor(named: readonly string[], names: ReadonlyMap<string, string> = new Map()) {
    this.#named = named;
    this.#names = names;
  }

  /** Sorted by file, because files are read in parallel and their order of reports is random. */
  get damage(): readonly Damage[] {
    const sorted = this.#damage.toSorted((a, b) => compareTexts(a.file, b.file));
    if (this.#more === 0) return sorted;
    return [...sorted, { file: 'and more', what: `${grouped(this.#more)} more faults` }];
  }

  /** Records that were delimited but not understood, most common first: not needed, or a gap of one peer. */
  get problems(): readonly ProblemCount[] {
    return this.#problems.toSorted((a, b) => b.count - a.count || compareTexts(a.reason, b.reason));
  }

  get records(): number {
    return this.#reading?.records ?? 0;
  }

  onReading(show: (reading: ReplayProgress) => void): void {
    this.#show = show;
  }

  take(report: MrtReport): void {
    switch (report.type) {
      case 'plan':
        this.#files = report.files;
        for (const refusal of report.refused)
          if (isFault(refusal, this.#named)) this.#add(refusal.path, refusal.reason);
        return;
      case 'progress':
        this.#progress(report);
        return;
      case 'damage':
        this.#add(report.file, damageText(report));
        return;
      case 'dump':
        if (report.flaw !== undefined)
          this.#add(report.file, `the table dump proves nothing by what it lacks: ${report.flaw}`);
        if (report.nameless > 0) this.#add(report.file, namelessText(report));
        return;
      case 'missing-file':
        this.#add(report.collector, uncovered(report.from, report.to));
        return;
      case 'file-end':
        this.#ended.add(report.file);
        return;
      case 'summary':
        this.#problems.push(...report.problems);
        return;
      case 'problem':
      case 'outliers':
        return;
    }
  }

  #progress(report: Extract<MrtReport, { type: 'progress' }>): void {
    const { bytes, totalBytes, records, at } = report;
    this.#reading = {
      bytesRead: bytes,
      bytesTotal: totalBytes,
      records,
      at,
      filesRead: this.#ended.size,
      filesTotal: this.#files,
    };
    this.#show(this.#reading);
  }

  #add(path: string, what: string): void {
    if (this.#damage.length >= MOST_DAMAGES) this.#more++;
    else this.#damage.push({ file: this.#names.get(path) ?? basename(path), what });
  }
}

/**
 * A file that the user named, or whose name looks like MRT, must be readable; a README beside it need not be. A folder
 * without access may contain any of them, so it counts as a fault.
 */
export function isFault({ path, isFolder }: Refusal, named: readonly string[]): boolean {
  return (
    isFolder === true ||
    readFileName(path).kind !== undefined ||
    named.some((name) => name === path || resolve(name) === resolve(path))
  );
}

function namelessText({ nameless, peers }: Extract<MrtReport, { type: 'dump' }>): string {
  return (
    `${nameless} of ${peers} peers are listed with AS 0, as GoBGP wrote from late 2025 to 2026-09, and no route or ` +
    'update before names their AS: they have no vote; write the dump again with a GoBGP that includes it'
  );
}

function damageText({ from, to, reason }: Extract<MrtReport, { type: 'damage' }>): string {
  return to > from
    ? `${reason}, bytes ${grouped(from)} to ${grouped(to)} were not read`
    : `${reason}, at byte ${grouped(from)}`;
}
