/** The rules that keep probing polite. docs/probing.md gives the reasons. */
export const ETIQUETTE = {
  /** One question to a target in this time, unless the operator chose another. Trinocular's rate. */
  everyMs: 11 * 60_000,
  /** Never more often than this, whatever the operator chose, jitter and restarts included. */
  minEveryMs: 5 * 60_000,
  /** Never less often: what was found would be too old to say anything. */
  maxEveryMs: 6 * 3_600_000,
  /** Each round begins up to this share of its interval earlier or later. */
  jitter: 0.1,
  /** How long an answer is waited for. */
  timeoutMs: 5_000,
  /** A result other than the last one is checked once, this much later. */
  againMs: 30_000,
  /** All targets of a watch, controls included: with time-outs a round of these lasts ten minutes. */
  maxTargets: 60,
} as const;
