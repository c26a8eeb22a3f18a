import { eventTimeOf, type EventTime } from '../../../src/bgp/time.ts';
import type { MrtPlan } from '../archive/archive.ts';
import type { DumpEnded } from './play.ts';
import type { MrtReport } from './report.ts';
import { ProblemTally } from './tally.ts';

/** The totals of a run. Passes reports on, and adds progress, dumps and the summary. */
export class RunTotals {
  readonly #plan: MrtPlan;
  readonly #report: (report: MrtReport) => void;
  readonly #problems = new ProblemTally();
  #files = 0;
  #bytes = 0;
  #records = 0;
  #outliers = 0;
  #damages = 0;
  #missingFiles = 0;
  #shortDumps = 0;
  elements = 0;
  /** Event time of the last element. */
  at: EventTime | undefined;

  constructor(plan: MrtPlan, report: (report: MrtReport) => void) {
    this.#plan = plan;
    this.#report = report;
  }

  readonly report = (report: MrtReport): void => {
    if (report.type === 'missing-file') this.#missingFiles++;
    if (report.type === 'file-end') {
      this.#files++;
      this.#outliers += report.outliers;
      this.#damages += report.damages;
      for (const problem of report.problems) this.#problems.add(problem, problem.count);
    }
    this.#report(report);
  };

  readonly advance = (file: string, bytes: number, records: number): void => {
    this.#bytes += bytes;
    this.#records += records;
    const { at } = this;
    this.#report({
      type: 'progress',
      file,
      bytes: this.#bytes,
      totalBytes: this.#plan.bytes,
      records: this.#records,
      at,
    });
  };

  dump(
    { at, collector, file, dump }: DumpEnded,
    { flaw, nameless }: { readonly flaw: string | undefined; readonly nameless: number },
  ): void {
    if (flaw !== undefined) this.#shortDumps++;
    const from = eventTimeOf(dump.from * 1000) ?? at;
    const { length: peers } = dump.peers;
    this.#report({ type: 'dump', file, collector, from, peers, records: dump.records, flaw, nameless });
  }

  end(): void {
    this.#report({
      type: 'summary',
      files: this.#files,
      bytes: this.#bytes,
      records: this.#records,
      elements: this.elements,
      outliers: this.#outliers,
      damages: this.#damages,
      missingFiles: this.#missingFiles,
      shortDumps: this.#shortDumps,
      problems: this.#problems.counts,
    });
  }
}
