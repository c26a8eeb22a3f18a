import type { AdjRibIn } from './adj-rib-in.ts';

/**
 * How many routes a view stores. A session beyond its limit sends a flood, and loses its vote.
 *
 * One session: twice the units leaves room for every /24 and as many more specifics; a small territory may have all its
 * addresses routed one by one. All sessions together: some 760 full-feed sessions of RIS carry North Korea in 2026, and
 * a thousand with two routes for each unit stay below the limit.
 */
export class RouteLimit {
  /** The most routes of one session. */
  readonly ofSession: number;
  /** The most routes of all sessions together. */
  readonly ofAll: number;
  /** Routes of all sessions, with withdrawn ones that are still stored. */
  stored = 0;

  constructor(units: number) {
    this.ofSession = Math.max(4096, 2 * units);
    this.ofAll = Math.max(250_000, 2_000 * units);
  }

  hasRoom({ routes }: AdjRibIn): boolean {
    return routes.size < this.ofSession && this.stored < this.ofAll;
  }
}
