import { Notifier } from './notifier.ts';

/**
 * Items on their way from writers to one reader, in order. The queue does not refuse an item: a writer looks at `isFull`,
 * and waits for `room`, or drops what its own rule says. The reader gets all that came before the end, then the end.
 */
export class AsyncQueue<T> {
  readonly #limit: number;
  #items: T[] = [];
  #state: 'open' | 'ended' | { readonly error: unknown } = 'open';
  readonly #changed = new Notifier();

  /** @param limit items from which on it is full. */
  constructor(limit: number = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

  /** What waits, oldest first. */
  get items(): readonly T[] {
    return this.#items;
  }

  get isFull(): boolean {
    return this.#items.length >= this.#limit;
  }

  /** Ended or failed: nothing comes any more. */
  get isOver(): boolean {
    return this.#state !== 'open';
  }

  push(item: T): void {
    this.#items.push(item);
    this.#changed.notify();
  }

  /** Nothing will come any more. Only the first of `end` and `fail` counts. */
  end(): void {
    if (this.#state === 'open') this.#state = 'ended';
    this.#changed.notify();
  }

  /** Nothing will come any more, because of this error: the reader gets it. */
  fail(error: unknown): void {
    if (this.#state === 'open') this.#state = { error };
    this.#changed.notify();
  }

  /** Resolves when something waits, when nothing will come any more, or when `signal` aborts. */
  async filled(signal?: AbortSignal): Promise<void> {
    await this.#until(() => this.#items.length > 0, signal);
  }

  /** Resolves when there is room, when nothing may come any more, or when `signal` aborts. */
  async room(signal?: AbortSignal): Promise<void> {
    await this.#until(() => !this.isFull, signal);
  }

  /** All that waits, when there is something; empty at the end, or when `signal` aborts. @throws what `fail` was told. */
  async take(signal?: AbortSignal): Promise<readonly T[]> {
    await this.filled(signal);
    return this.takeNow();
  }

  /** The oldest, when there is one; `undefined` at the end. @throws what `fail` was told. */
  async next(): Promise<T | undefined> {
    await this.filled();
    const [item] = this.drop(1);
    if (item === undefined) this.check();
    return item;
  }

  /** All that waits now. @throws what `fail` was told, once nothing waits. */
  takeNow(): readonly T[] {
    if (this.#items.length === 0) this.check();
    const taken = this.#items;
    this.#items = [];
    if (taken.length >= this.#limit) this.#changed.notify();
    return taken;
  }

  /** Takes out the oldest, so many. */
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

  /** @throws what `fail` was told. */
  check(): void {
    if (typeof this.#state === 'object') throw this.#state.error;
  }
}
