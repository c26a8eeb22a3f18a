import { STALE_FEED_MS } from '../../src/policy/fixed.ts';
import type { Report } from './report.ts';

/**
 * Reports once when the feed's time and this machine's clock differ by minutes, until they agree again. It decides
 * nothing, because either of them may be wrong.
 */
export class ClockDifference {
  readonly #report: Report;
  #isReported = false;

  constructor(report: Report) {
    this.#report = report;
  }

  /** @param lagMs median difference between a message's own time and our wall clock, milliseconds */
  note(lagMs: number | undefined): void {
    if (lagMs === undefined) return;
    const isFar = Math.abs(lagMs) > STALE_FEED_MS;
    if (isFar && !this.#isReported) this.#report({ type: 'clocks-differ', behindMs: lagMs });
    this.#isReported = isFar;
  }
}
