import { Notifier } from './notifier.ts';

/**
 * A queue from several writers to one reader, in order. It never refuses an item: a writer checks `isFull`, and waits
 * for `room` or drops items by its own rule. The reader gets all items before the end, then the end.
 */
export class AsyncQueue<T> {
  readonly #limit: number;
  #items: T[] = [];
  #state: 'open' | 'ended' | { readonly error: unknown } = 'open';
  readonly #changed = new Notifier();

  /** @param limit number of items at which it counts as full. */
  constructor(limit: number = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

  /** Waiting items, oldest first. */
  get items(): readonly T[] {
    return this.#items;
  }

  get isFull(): boolean {
    return this.#items.length >= this.#limit;
  }

  /** Whether it has ended or failed, so that no more items come. */
  get isOver(): boolean {
    return this.#state !== 'open';
  }

  push(item: T): void {
    this.#items.push(item);
    this.#changed.notify();
  }

  /** Ends the queue. Only the first call of `end` or `fail` counts. */
  end(): void {
    if (this.#state === 'open') this.#state = 'ended';
    this.#changed.notify();
  }

  /** Ends the queue with an error for the reader. */
  fail(error: unknown): void {
    if (this.#state === 'open') this.#state = { error };
    this.#changed.notify();
  }

  /** Resolves when an item waits, at the end, or when `signal` aborts. */
  async filled(signal?: AbortSignal): Promise<void> {
    await this.#until(() => this.#items.length > 0, signal);
  }

  /** Resolves when there is room, at the end, or when `signal` aborts. */
  async room(signal?: AbortSignal): Promise<void> {
    await this.#until(() => !this.isFull, signal);
  }

  /**
   * Waits for items and returns all of them; empty at the end, or when `signal` aborts. @throws the error of `fail`.
   */
  async take(signal?: AbortSignal): Promise<readonly T[]> {
    await this.filled(signal);
    return this.takeNow();
  }

  /** Waits for an item and returns the oldest; `undefined` at the end. @throws the error of `fail`. */
  async next(): Promise<T | undefined> {
    await this.filled();
    const [item] = this.drop(1);
    if (item === undefined) this.check();
    return item;
  }

  /** All items that wait now. @throws the error of `fail`, when no item waits. */
  takeNow(): readonly T[] {
    if (this.#items.length === 0) this.check();
    const taken = this.#items;
    this.#items = [];
    if (taken.length >= this.#limit) this.#changed.notify();
    return taken;
  }

  /** Removes and returns the oldest items, up to `count`. */
  drop(count: number): readonly T[] {
    const wasFull = this.isFull;
    const dropped = this.#items.splice(0, count);
    if (wasFull) this.#changed.notify();
    return dropped;
  }

  async #until(isSo: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      if (isSo() || this.isOver || signal?.aborted === true) return;
      await this.#changed.next(signal);
    }
  }

  /** @throws the error of `fail`. */
  check(): void {
    if (typeof this.#state === 'object') throw this.#state.error;
  }
}
