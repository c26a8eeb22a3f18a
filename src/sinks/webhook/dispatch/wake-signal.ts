import { LinkedAbort } from '../../../lib/linked-abort.ts';
import type { Clock } from '../../../ports.ts';

/** The longest wait. Milliseconds. */
const LONGEST_MS = 24 * 3_600_000;

/** Wakes one waiting task. A wake-up without a waiting task ends the next wait at once. */
export class WakeSignal {
  readonly #clock: Clock;
  #isWoken = false;
  #pause: LinkedAbort | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#isWoken = true;
    this.#pause?.abort();
  }

  /** Waits until it is woken, `signal` aborts, or `ms` milliseconds of monotonic time have passed. */
  async wait(signal: AbortSignal, ms: number = LONGEST_MS): Promise<void> {
    if (!this.#isWoken && !signal.aborted) {
      const pause = new LinkedAbort(signal);
      this.#pause = pause;
      await this.#clock.sleep(Math.min(ms, LONGEST_MS), pause.signal);
      pause.release();
      this.#pause = undefined;
    }
    this.#isWoken = false;
  }
}
