import { LinkedAbort } from './linked-abort.ts';

/** The part of a clock that a time limit needs. */
interface Sleeping {
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * Runs `work` with a signal that aborts with `outer`, or after `ms` by the clock. The limit ends nothing by itself:
 * `work` must end when its signal aborts. Leaves no timer and no listener behind. @throws what `work` throws.
 */
export async function within<T>(
  clock: Sleeping,
  ms: number,
  outer: AbortSignal | undefined,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new LinkedAbort(outer);
  const timer = clock.sleep(ms, over.signal).then(() => over.abort(new Error(`not done within ${ms / 1000} s`)));
  try {
    return await work(over.signal);
  } finally {
    over.abort();
    await timer;
  }
}
