import { aborted } from './abort.ts';
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

const LATE = Symbol('late');

/**
 * The result of work that cannot be ended; after `ms`, or when `signal` aborts, the result of `late` instead. Leaves no
 * timer and no listener behind. @throws what `work` or `late` throws.
 */
export async function inTime<T, L>(
  work: Promise<T>,
  { clock, ms, signal }: { readonly clock: Sleeping; readonly ms: number; readonly signal?: AbortSignal },
  late: () => L,
): Promise<T | L> {
  const race = (limit: AbortSignal) => Promise.race([work, aborted(limit).then((): typeof LATE => LATE)]);
  const result = await within(clock, ms, signal, race);
  return result === LATE ? late() : result;
}
