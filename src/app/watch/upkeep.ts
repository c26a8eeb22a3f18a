import type { StateStore } from '../../ports.ts';
import type { FeedOptions } from '../feed/types.ts';

/**
 * Events that stay in the store, unless `--keep-events` says otherwise. An event of a feed with hundreds of voters
 * takes 4 to 10 kB of a Redis, so these fit into the 256 MB of docker-compose.yml.
 */
export const KEEP_EVENTS = 20_000;
/** How often old events are trimmed. While a country flaps, some thousands come within an hour. Milliseconds. */
const TRIM_MS = 60_000;
/** The store is checked at every nth trim: every ten minutes. */
const TRIMS_PER_INSPECTION = 10;
/** A warning that still holds is repeated after this. Milliseconds. */
const REPEAT_MS = 3_600_000;
/**
 * A warning is logged when there are this many times more events than wanted: a reader or a consumer group holds them.
 */
const TOO_MANY = 1.5;

/** What upkeep needs. */
export interface UpkeepParts {
  readonly store: StateStore;
  /** @default KEEP_EVENTS */
  readonly keepEvents?: number | undefined;
  /** Checks that the store's settings are still right, and how full it is. */
  readonly inspect?: (() => Promise<readonly string[]>) | undefined;
  /** What the inspection at the start found: it has been logged. */
  readonly warnings?: readonly string[] | undefined;
  readonly feed: Pick<FeedOptions, 'clock' | 'log'>;
}

/** Maintains the store while we lead: trims old events, and checks the store's settings. */
export async function upkeep(parts: UpkeepParts, signal: AbortSignal): Promise<void> {
  const { store, inspect, warnings = [], keepEvents = KEEP_EVENTS, feed } = parts;
  const warn = hourly(parts, warnings);
  for (let round = 0; !signal.aborted; round++) {
    try {
      // It was checked when it was opened.
      const isInspected = round > 0 && round % TRIMS_PER_INSPECTION === 0;
      for (const warning of isInspected ? ((await inspect?.()) ?? []) : []) warn(warning);
      const forgotten = await store.trim(keepEvents);
      if (forgotten > 0) feed.log.info({ forgotten }, `removed ${forgotten} old events that every reader has read`);
      else await warnOfHeld(store, keepEvents, warn);
    } catch {
      // The next time is soon enough: events that stay longer do no harm.
    }
    await feed.clock.sleep(TRIM_MS, signal);
  }
}

async function warnOfHeld(store: StateStore, keepEvents: number, warn: (warning: string) => void): Promise<void> {
  const count = await store.count();
  if (count <= keepEvents * TOO_MANY) return;
  const readers = (await store.read('readers')).map(({ key }) => key);
  const known = readers.length === 0 ? '' : ` (readers: ${readers.join(', ')})`;
  warn(
    `events: ${count} are stored, though --keep-events is ${keepEvents}: a reader or a consumer group has not read the older ones${known}. The store grows until they are read, or the reader is removed`,
  );
}

/**
 * Logs a warning when it is new, and each hour while it holds. The text before the first colon identifies the warning.
 */
function hourly({ store, feed }: UpkeepParts, logged: readonly string[]): (warning: string) => void {
  const { clock, log } = feed;
  const kindOf = (warning: string): string => warning.split(':', 1)[0] ?? '';
  const at = new Map(logged.map((warning) => [kindOf(warning), clock.monotonicMs()]));
  return (warning) => {
    const kind = kindOf(warning);
    const last = at.get(kind);
    if (last !== undefined && clock.monotonicMs() - last < REPEAT_MS) return;
    at.set(kind, clock.monotonicMs());
    log.warn(`${store.name}: ${warning}`);
  };
}
