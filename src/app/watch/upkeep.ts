import type { StateStore } from '../../ports.ts';
import type { FeedOptions } from '../feed/types.ts';

/** Events kept at least, and how often the older ones are looked through. Milliseconds. */
export const KEEP_EVENTS = 100_000;
const TRIM_MS = 600_000;
/** … of which every so manyth also looks whether the store is still set as it should be: once an hour. */
const TRIMS_PER_LOOK = 6;

export interface UpkeepParts {
  readonly store: StateStore;
  /** Looks whether the store is still set as it should be. */
  readonly inspect?: (() => Promise<readonly string[]>) | undefined;
  readonly feed: Pick<FeedOptions, 'clock' | 'log'>;
}

/** Looks after the store while we lead: forgets old events, and sees whether it is still set as it should be. */
export async function upkeep({ store, inspect, feed }: UpkeepParts, signal: AbortSignal): Promise<void> {
  for (let round = 0; !signal.aborted; round++) {
    try {
      // It was looked at when it was opened.
      const warnings = round > 0 && round % TRIMS_PER_LOOK === 0 ? await inspect?.() : undefined;
      for (const warning of warnings ?? []) feed.log.warn(`${store.name}: ${warning}`);
      const forgotten = await store.trim(KEEP_EVENTS);
      if (forgotten > 0)
        feed.log.info({ forgotten }, `forgot ${forgotten} old events that every reader has dealt with`);
    } catch {
      // The next time will do: nothing is lost by events that are kept longer.
    }
    await feed.clock.sleep(TRIM_MS, signal);
  }
}
