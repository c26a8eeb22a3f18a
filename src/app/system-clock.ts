import type { Clock } from '../ports.ts';

/** The longest delay of Node's timers: it treats a longer one as 1 ms. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(ms, LONGEST_DELAY_MS));
      signal.addEventListener('abort', wake, { once: true });
    }),
};
