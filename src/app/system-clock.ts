import type { Clock } from '../ports.ts';

/** The longest delay of Node's timers: it treats a longer one as 1 ms. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    let leftMs = ms;
    do {
      await sleepOnce(Math.min(leftMs, LONGEST_DELAY_MS), signal);
      leftMs -= LONGEST_DELAY_MS;
    } while (leftMs > 0 && !signal.aborted);
  },
};

function sleepOnce(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake, { once: true });
  });
}
