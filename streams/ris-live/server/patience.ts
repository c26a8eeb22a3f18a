import { LinkedAbort } from '../../../src/lib/linked-abort.ts';
import type { Clock } from '../../../src/ports.ts';

/** Waits for `outcome`, at most `ms`, and at most until an abort. Leaves no timer and no listener behind. */
export async function waitFor(outcome: Promise<unknown>, ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const over = new LinkedAbort(signal);
  await Promise.race([outcome, clock.sleep(ms, over.signal)]);
  over.abort();
}
