import { STALE_FEED_MS } from '../../src/policy/fixed.ts';
import type { Report } from './report.ts';

/**
 * Tells when the feed's time and this machine's differ by minutes, once until they agree again. It decides nothing: which of
 * the two is wrong cannot be known from here, and a wall clock may be stepped.
 */
export class ClockDifference {
  readonly #report: Report;
  #isTold = false;

  constructor(report: Report) {
    this.#report = report;
  }

  /** @param lagMs median of what lay between a message's own time and our wall clock, milliseconds */
  note(lagMs: number | undefined): void {
    if (lagMs === undefined) return;
    const isFar = Math.abs(lagMs) > STALE_FEED_MS;
    if (isFar && !this.#isTold) this.#report({ type: 'clocks-differ', behindMs: lagMs });
    this.#isTold = isFar;
  }
}
