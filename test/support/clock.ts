import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../src/ports.ts';

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

/** Turns of the event loop after each step, for sockets and promises: loopback needs a few. */
const TURNS = 8;

/**
 * A clock that only advances on request. Time passes in steps, from one sleeper's wake-up to the next. After each step
 * the event loop runs some turns, so that the work of one wake-up is done before the next.
 */
export class HandClock implements Clock {
  #monotonicMs = 0;
  #wallMs: number;
  readonly #sleepers = new Set<Sleeper>();
  readonly #turns: number;

  /** @param turns of the event loop after each step; fewer if no sockets are involved. */
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

  /** Number of sleepers, which shows leaks. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Milliseconds until the next sleeper wakes; `Infinity`: none sleeps. */
  get nextWakeMs(): number {
    return Math.min(...[...this.#sleepers].map(({ wakeMs }) => wakeMs)) - this.#monotonicMs;
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

  /** Only the wall clock steps; monotonic time does not. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  /** Time passes without wake-ups, as when the event loop is blocked: all sleepers wake late. */
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

/** Sockets on loopback need some dozens. A longer wait is for time to pass, and pauses so that the processor is free. */
const BUSY_TURNS = 2000;
const PAUSE_MS = 2;
/** A pause can be long on a starved machine, so both limits must be over. */
const PATIENCE_TURNS = 4000;
const PATIENCE_MS = 30_000;

/** Waits for an effect of sockets. Fails after many turns of the event loop and a long time. */
export async function until(isSo: () => boolean, what = 'it to happen'): Promise<void> {
  const start = performance.now();
  for (let i = 0; i < PATIENCE_TURNS || performance.now() - start < PATIENCE_MS; i++) {
    if (isSo()) return;
    if (i < BUSY_TURNS) await new Promise((resolve) => setImmediate(resolve));
    else await pause(PAUSE_MS);
  }
  throw new Error(`waited in vain for ${what}`);
}
