import { LinkedAbort } from '../../../lib/linked-abort.ts';
import type { Clock } from '../../../ports.ts';

/** As good as for ever: whoever waits looks again after so long. Milliseconds. */
const LONGEST_MS = 24 * 3_600_000;

/** For one who waits until there is something to do. Rung while nobody waits, it ends the next wait. */
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

  /** Until it rings, `signal` aborts or so many milliseconds of monotonic time went by. */
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
