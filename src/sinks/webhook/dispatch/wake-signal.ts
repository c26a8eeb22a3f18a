import { Notifier } from '../../../lib/notifier.ts';
import { within } from '../../../lib/within.ts';
import type { Clock } from '../../../ports.ts';

/** The longest wait. Milliseconds. */
const LONGEST_MS = 24 * 3_600_000;

/** Wakes one waiting task. A wake-up without a waiting task ends the next wait at once. */
export class WakeSignal {
  readonly #clock: Clock;
  #isWoken = false;
  readonly #woken = new Notifier();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#isWoken = true;
    this.#woken.notify();
  }

  /** Waits until it is woken, `signal` aborts, or `ms` milliseconds of monotonic time have passed. */
  async wait(signal: AbortSignal, ms: number = LONGEST_MS): Promise<void> {
    if (!this.#isWoken) await within(this.#clock, Math.min(ms, LONGEST_MS), signal, (limit) => this.#woken.next(limit));
    this.#isWoken = false;
  }
}
