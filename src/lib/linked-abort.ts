/**
 * An `AbortController` that also aborts when `parent` does. Call `release` when its work is over: nothing then refers to
 * it any more. `AbortSignal.any` cannot be released, and on Node.js 20 each call stays with a parent that lives for days.
 */
export class LinkedAbort {
  readonly #own = new AbortController();
  readonly #parent: AbortSignal;
  readonly #abort = (): void => this.#own.abort(this.#reason ?? this.#parent.reason);
  readonly #reason: unknown;

  /** @param reason of this signal, when the parent aborts. @default the parent's */
  constructor(parent: AbortSignal, reason?: unknown) {
    this.#parent = parent;
    this.#reason = reason;
    if (parent.aborted) this.#abort();
    else parent.addEventListener('abort', this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  /** Aborts only this signal, not the parent. */
  abort(reason?: unknown): void {
    this.#own.abort(reason);
    this.release();
  }

  /** The parent's abort no longer has an effect. */
  release(): void {
    this.#parent.removeEventListener('abort', this.#abort);
  }
}

/**
 * Runs `work` with a signal that aborts when either signal does, and releases both afterwards. @throws what `work`
 * throws.
 */
export async function withEither<T>(
  signal: AbortSignal,
  other: AbortSignal | undefined,
  work: (either: AbortSignal) => Promise<T>,
): Promise<T> {
  const first = new LinkedAbort(signal);
  const second = other === undefined ? undefined : new LinkedAbort(other);
  const abort = (): void => first.abort();
  if (second?.signal.aborted === true) abort();
  second?.signal.addEventListener('abort', abort, { once: true });
  try {
    return await work(first.signal);
  } finally {
    second?.release();
    first.release();
  }
}
