import { setMaxListeners } from 'node:events';

/**
 * An `AbortController` that also aborts when one of its parents does. Call `release` when its work is over: nothing then
 * refers to it any more. `AbortSignal.any` cannot be released, and on Node.js 20 each call stays with a parent that lives
 * for days. It is fine where a command calls it once, for all of its work; `test/architecture.test.ts` names the places.
 */
export class LinkedAbort {
  readonly #own = new AbortController();
  readonly #parents: readonly AbortSignal[];
  readonly #abort = (): void => this.abort(this.#parents.find(({ aborted }) => aborted)?.reason);

  constructor(...parents: readonly (AbortSignal | undefined)[]) {
    this.#parents = parents.filter((parent) => parent !== undefined);
    for (const parent of this.#parents) {
      // Each link is released, so more than ten of one parent are not a leak.
      setMaxListeners(0, parent);
      parent.addEventListener('abort', this.#abort, { once: true });
    }
    if (this.#parents.some(({ aborted }) => aborted)) this.#abort();
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  /** Aborts only this signal, not the parents. */
  abort(reason?: unknown): void {
    this.#own.abort(reason);
    this.release();
  }

  /** The parents' aborts no longer have an effect. */
  release(): void {
    for (const parent of this.#parents) parent.removeEventListener('abort', this.#abort);
  }
}

/** Runs `work` with a signal that aborts when either signal does, and releases both. @throws what `work` throws. */
export async function withEither<T>(
  signal: AbortSignal,
  other: AbortSignal | undefined,
  work: (either: AbortSignal) => Promise<T>,
): Promise<T> {
  const either = new LinkedAbort(signal, other);
  try {
    return await work(either.signal);
  } finally {
    either.release();
  }
}
