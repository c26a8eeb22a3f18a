import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../src/ports.ts';

/** A clock that runs `factor` times as fast as this machine's, for schedules of hours. */
export function scaledClock(factor: number): Clock {
  const begun = performance.now();
  const elapsedMs = (): number => (performance.now() - begun) * factor;
  return {
    wallMs: () => Date.UTC(2026, 10, 22) + elapsedMs(),
    monotonicMs: elapsedMs,
    async sleep(ms, signal) {
      await wait(ms / factor, undefined, { signal }).catch(() => undefined);
    },
  };
}
