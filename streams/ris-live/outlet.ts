import type { Element } from '../../src/bgp/element.ts';
import { Notifier } from '../../src/lib/notifier.ts';

/** Elements waiting for the reader. Beyond this, lines stop reading their sockets. */
const MAX_WAITING = 20_000;

/** Where all lines put elements and one reader takes them. */
export class Outlet {
  #waiting: Element[] = [];
  #state: 'open' | 'ended' | { readonly error: unknown } = 'open';
  /** For who waits for elements, or for room. */
  readonly #changed = new Notifier();

  /** The reader is behind, and lines wait for it. */
  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING;
  }

  put(element: Element): void {
    this.#waiting.push(element);
  }

  /** Tells the reader that there is something to take. */
  ring(): void {
    this.#changed.notify();
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended';
    this.ring();
  }

  fail(error: unknown): void {
    if (this.#state === 'open') this.#state = { error };
    this.ring();
  }

  /** Resolves when the reader has caught up. */
  async room(): Promise<void> {
    while (this.isFull && this.#state === 'open') await this.#changed.next();
  }

  /** All that waits; empty at the end. Throws what `fail` was told. */
  async take(): Promise<readonly Element[]> {
    while (this.#waiting.length === 0 && this.#state === 'open') await this.#changed.next();
    if (typeof this.#state === 'object') throw this.#state.error;
    const taken = this.#waiting;
    this.#waiting = [];
    if (taken.length >= MAX_WAITING) this.ring();
    return taken;
  }
}
