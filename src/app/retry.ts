import { backOffMs } from '../lib/back-off.ts';
import type { Clock } from '../ports.ts';

const WAITS = { firstMs: 200, mostMs: 5_000 };

/**
 * Waits before a store that did not answer is asked again: longer each time, at random within the wait, so that those who
 * lost it together do not come back together. `say` is told of the first failure, and of each that says something else.
 */
export function retrying(
  clock: Clock,
  random: () => number,
  signal: AbortSignal,
  say: (error: unknown) => void,
): (error: unknown, attempt: number) => Promise<void> {
  let said: string | undefined;
  return async (error, attempt) => {
    const text = error instanceof Error ? error.message : String(error);
    // A figure that changes is nothing else: how much room is left.
    const kind = text.replaceAll(/\d+/g, '');
    if (attempt === 1 || kind !== said) say(error);
    said = kind;
    await clock.sleep(backOffMs(attempt, WAITS, random), signal);
  };
}
