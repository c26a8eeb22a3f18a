import type { Clock } from '../../src/ports.ts';

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

/** Turns of the event loop given to sockets and promises after each step: loopback needs a few. */
const TURNS = 8;

/**
 * A clock that stands still until it is turned. Time passes in steps, from one sleeper's waking to the next, and after
 * each step the event loop gets its turns, so that what a waking sets going is done before the next one.
 */
export class HandClock implements Clock {
  #monotonicMs = 0;
  #wallMs: number;
  readonly #sleepers = new Set<Sleeper>();
  readonly #turns: number;

  /** @param turns of the event loop after each step; fewer where nothing of interest travels by itself. */
  constructor(wall: string | number = '2026-09-10T04:00:00Z', turns: number = TURNS) {
    this.#turns = turns;
    this.#wallMs = typeof wall === 'number' ? wall : Date.parse(wall);
  }

  wallMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** How many sleep: a leak shows here. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { wakeMs: this.#monotonicMs + Math.max(0, ms), wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** The wall clock alone steps; monotonic time knows nothing of it. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  /** Time passes while nobody can be woken, as when the event loop is blocked: all wake late. */
  hold(ms: number): void {
    this.#moveTo(this.#monotonicMs + ms);
  }

  async turn(ms: number): Promise<void> {
    const until = this.#monotonicMs + ms;
    await settled(this.#turns);
    for (;;) {
      const next = [...this.#sleepers].sort((a, b) => a.wakeMs - b.wakeMs)[0];
      if (next === undefined || next.wakeMs > until) break;
      this.#moveTo(Math.max(next.wakeMs, this.#monotonicMs));
      next.wake();
      await settled(this.#turns);
    }
    this.#moveTo(until);
  }

  #moveTo(ms: number): void {
    this.#wallMs += ms - this.#monotonicMs;
    this.#monotonicMs = ms;
  }
}

/** Some turns of the event loop. */
export async function settled(turns: number = TURNS): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Turns alone are over in a fifth of a second; other processes and threads of a busy machine need longer. */
const PATIENCE_TURNS = 200_000;
const PATIENCE_MS = 30_000;

/** Waits for something that sockets bring about. Fails when it was in vain for many turns of the event loop and for long. */
export async function until(isSo: () => boolean, what = 'it to happen'): Promise<void> {
  const start = performance.now();
  for (let i = 0; i < PATIENCE_TURNS || performance.now() - start < PATIENCE_MS; i++) {
    if (isSo()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`waited in vain for ${what}`);
}
