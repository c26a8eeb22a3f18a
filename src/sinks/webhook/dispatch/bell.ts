import { LinkedAbort } from '../../../lib/linked-abort.ts';
import type { Clock } from '../../../ports.ts';

/** The longest wait. Milliseconds. */
const LONGEST_MS = 24 * 3_600_000;

/** Wakes one waiting task. A ring without a waiting task ends the next wait at once. */
export class Bell {
  readonly #clock: Clock;
  #isRung = false;
  #pause: LinkedAbort | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#isRung = true;
    this.#pause?.abort();
  }

  /** Waits until it rings, `signal` aborts, or `ms` milliseconds of monotonic time have passed. */
  async wait(signal: AbortSignal, ms: number = LONGEST_MS): Promise<void> {
    if (!this.#isRung && !signal.aborted) {
      const pause = new LinkedAbort(signal);
      this.#pause = pause;
      await this.#clock.sleep(Math.min(ms, LONGEST_MS), pause.signal);
      pause.release();
      this.#pause = undefined;
    }
    this.#isRung = false;
  }
}
