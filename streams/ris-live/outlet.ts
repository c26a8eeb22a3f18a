import type { Element } from '../../src/bgp/element.ts';

/** Elements waiting for the reader. Beyond this, lines stop reading their sockets. */
const MAX_WAITING = 20_000;

/** Where all lines put elements and one reader takes them. */
export class Outlet {
  #waiting: Element[] = [];
  #state: 'open' | 'ended' | { readonly error: unknown } = 'open';
  /** Wakes who waits for elements, or for room. */
  #bells: (() => void)[] = [];

  /** The reader is behind, and lines wait for it. */
  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING;
  }

  put(element: Element): void {
    this.#waiting.push(element);
  }

  /** Tells the reader that there is something to take. */
  ring(): void {
    const bells = this.#bells;
    this.#bells = [];
    for (const bell of bells) bell();
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
    while (this.isFull && this.#state === 'open') await this.#bell();
  }

  /** All that waits; empty at the end. Throws what `fail` was told. */
  async take(): Promise<readonly Element[]> {
    while (this.#waiting.length === 0 && this.#state === 'open') await this.#bell();
    if (typeof this.#state === 'object') throw this.#state.error;
    const taken = this.#waiting;
    this.#waiting = [];
    if (taken.length >= MAX_WAITING) this.ring();
    return taken;
  }

  #bell(): Promise<void> {
    return new Promise((resolve) => this.#bells.push(resolve));
  }
}
