import { backOffMs } from '../lib/back-off.ts';
import { messageOf } from '../lib/message-of.ts';
import type { Clock } from '../ports.ts';

const WAITS = { firstMs: 200, mostMs: 5_000 };

/**
 * Waits before a store that did not answer is tried again: longer each time, with jitter, so that processes do not all
 * return at the same moment. `say` is called for the first failure, and when the text of the failure changes.
 */
export function retrying(
  clock: Clock,
  random: () => number,
  signal: AbortSignal,
  say: (error: unknown) => void,
): (error: unknown, attempt: number) => Promise<void> {
  let said: string | undefined;
  return async (error, attempt) => {
    const text = messageOf(error);
    // Texts that differ only in a number, such as the free space, count as the same.
    const kind = text.replaceAll(/\d+/g, '');
    if (attempt === 1 || kind !== said) say(error);
    said = kind;
    await clock.sleep(backOffMs(attempt, WAITS, random), signal);
  };
}
