import type { Clock } from '../../../src/ports.ts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that a test turns by hand. Sleeps up to `skipMs` are over at once: the clock jumps. */
export class HandClock implements Clock {
  /** Sleeps that were skipped, in order. Milliseconds. */
  readonly skipped: number[] = [];
  readonly #skipMs: number;
  readonly #start: number;
  #now = 0;
  #sleepers: Sleeper[] = [];

  constructor(start: string, skipMs = 0) {
    this.#start = Date.parse(start);
    this.#skipMs = skipMs;
  }

  wallMs(): number {
    return this.#start + this.#now;
  }

  monotonicMs(): number {
    return this.#now;
  }

  get sleeping(): number {
    return this.#sleepers.length;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (ms <= this.#skipMs) {
      this.skipped.push(ms);
      this.advance(ms);
      return;
    }
    await new Promise<void>((resolve) => {
      const sleeper: Sleeper = {
        due: this.#now + ms,
        wake: () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
          signal.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.push(sleeper);
      signal.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const { due, wake } of [...this.#sleepers]) if (due <= this.#now) wake();
  }
}
