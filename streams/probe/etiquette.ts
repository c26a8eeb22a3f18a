/** The rules that keep probing polite. docs/probing.md gives the reasons. */
export const ETIQUETTE = {
  /** Milliseconds between two queries to a target, unless the operator sets another value. Trinocular's rate. */
  everyMs: 11 * 60_000,
  /** The shortest interval, whatever the operator sets, including jitter and restarts. */
  minEveryMs: 5 * 60_000,
  /** The longest interval: older results would say nothing. */
  maxEveryMs: 6 * 3_600_000,
  /** Each round begins up to this share of its interval earlier or later. */
  jitter: 0.1,
  /** How long to wait for an answer. Milliseconds. */
  timeoutMs: 5_000,
  /** A result other than the last one is checked once, this much later. */
  againMs: 30_000,
  /** Most targets of a watch, including controls: if all time out, a round lasts ten minutes. */
  maxTargets: 60,
} as const;
