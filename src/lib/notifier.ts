/**
 * For code that waits until something changes: `while (!condition) await notifier.next(signal)`. A call of `notify`
 * without a waiter has no effect, so check the condition first, and wait without an `await` in between.
 */
export class Notifier {
  readonly #waiting = new Set<() => void>();

  /** Wakes all waiters. */
  notify(): void {
    if (this.#waiting.size === 0) return;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next `notify`, or when `signal` aborts. Leaves no listener behind. */
  next(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}
