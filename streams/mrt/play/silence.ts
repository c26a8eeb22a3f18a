import { SILENCE_FACTOR, SILENCE_MS, SILENCE_TICKS } from '../../../src/policy/fixed.ts';

/**
 * Detects a pause between two update files of a collector that is too long: records are missing, because a file is
 * missing, ends early, or has another file's name. If the interval of the files is not documented, there is no other
 * sign. The pause is compared with the longest pause within the files before. Times are milliseconds of event time, on
 * the grid of ticks.
 */
export class Silence {
  #ticks = 0;
  #longest = 0;
  /** The last tick of the file that is read. */
  #last: number | undefined;

  beginFile(): void {
    this.#last = undefined;
  }

  /**
   * Records a tick.
   *
   * @param reached the last record of the files before; 0 when there are none
   * @returns whether it is the first of its file, and comes too late after them
   */
  tick(at: number, reached: number): boolean {
    const last = this.#last;
    this.#last = at;
    if (last === undefined) return reached > 0 && this.#ticks >= SILENCE_TICKS && at - reached > this.#limit;
    this.#ticks++;
    this.#longest = Math.max(this.#longest, at - last);
    return false;
  }

  get #limit(): number {
    return Math.max(SILENCE_MS, SILENCE_FACTOR * this.#longest);
  }
}
