/** Something went wrong for the 1st, 10th, 100th time and so on: `what` says how, `sample` shows it. */
export interface Oddity {
  readonly what: string;
  readonly count: number;
  /** A part of what was received, or empty. */
  readonly sample: string;
}

/** Counts oddities by kind, and reports each kind less and less often. */
export class Oddities {
  readonly #counts = new Map<string, number>();
  readonly #report: (oddity: Oddity) => void;

  constructor(report: (oddity: Oddity) => void) {
    this.#report = report;
  }

  /** `what` comes from a closed list in this program, never from what was received; that is the `sample`. */
  count(what: string, sample = ''): void {
    const count = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, count);
    if (isPowerOfTen(count)) this.#report({ what, count, sample: sample.slice(0, MAX_SAMPLE) });
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}

/** Characters of what was received that are shown. */
const MAX_SAMPLE = 200;

/** Whether a count is 1, 10, 100 and so on. */
export function isPowerOfTen(count: number): boolean {
  return count === 10 ** Math.floor(Math.log10(count) + 1e-9);
}
