import { basename, resolve } from 'node:path';
import type { MrtReport, ProblemCount } from '../../streams/mrt/report.ts';
import { readFileName } from '../../streams/mrt/file-name.ts';
import { utcText } from '../report/clock.ts';
import { grouped } from '../report/printable.ts';
import type { Damage } from '../report/summary.ts';
import type { Reading } from './progress.ts';

/** More damages than this are counted: a file of rubbish has one every few bytes. */
const MOST_DAMAGES = 1000;

/** Keeps what a source said about its files while it read them, in the words of the report. */
export class ReadingLog {
  readonly #named: readonly string[];
  readonly #damage: Damage[] = [];
  readonly #ended = new Set<string>();
  readonly #problems: ProblemCount[] = [];
  #more = 0;
  #files = 0;
  #reading: Reading | undefined;
  #tell: (reading: Reading) => void = () => undefined;

  /** `named`: the paths the user named. What lies in a folder beside the archive is no fault. */
  constructor(named: readonly string[]) {
    this.#named = named;
  }

  get damage(): readonly Damage[] {
    if (this.#more === 0) return this.#damage;
    return [...this.#damage, { file: 'and more', what: `${grouped(this.#more)} more faults` }];
  }

  /** What was framed but not understood, the most common first: of no use, or a gap of one peer. */
  get problems(): readonly ProblemCount[] {
    return this.#problems;
  }

  get records(): number {
    return this.#reading?.records ?? 0;
  }

  onReading(tell: (reading: Reading) => void): void {
    this.#tell = tell;
  }

  take(report: MrtReport): void {
    switch (report.type) {
      case 'plan':
        this.#files = report.files;
        for (const { path, reason } of report.refused) if (isFault(path, this.#named)) this.#add(path, reason);
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
        return;
      case 'missing-file':
        this.#add(report.collector, `no file covers ${utcText(report.from)} to ${utcText(report.to)}`);
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
    this.#tell(this.#reading);
  }

  #add(path: string, what: string): void {
    if (this.#damage.length >= MOST_DAMAGES) this.#more++;
    else this.#damage.push({ file: basename(path), what });
  }
}

/** A file that was named, or that calls itself MRT, should have been one. A README beside them should not. */
export function isFault(path: string, named: readonly string[]): boolean {
  return (
    readFileName(path).kind !== undefined || named.some((name) => name === path || resolve(name) === resolve(path))
  );
}

function damageText({ from, to, reason }: Extract<MrtReport, { type: 'damage' }>): string {
  return to > from
    ? `${reason}, bytes ${grouped(from)} to ${grouped(to)} were not read`
    : `${reason}, at byte ${grouped(from)}`;
}
