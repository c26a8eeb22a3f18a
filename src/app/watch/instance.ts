import type { Engine } from '../../engine.ts';
import type { Space } from '../../spaces.ts';
import type { Feed } from '../feed/types.ts';
import type { Instance } from '../leadership/instances.ts';
import { packageVersion } from '../package-root.ts';

/** The state of a watch process. */
export interface WatchState {
  /** Its id among the processes that share the store. */
  readonly id: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** `undefined`: another process leads. */
  readonly engine: Engine<Space> | undefined;
  readonly feed: Feed | undefined;
  /** Why the store does not accept decisions; `undefined`: it does. */
  readonly storeFault: string | undefined;
  /** A recording is played. */
  readonly isHistory: boolean;
}

/** The record of a watch process in the store: whether it leads, and whether it is ready. */
export function instanceOf(state: WatchState): Omit<Instance, 'beatAt'> {
  const { id, startedAt, engine, isHistory } = state;
  const reason = unreadyReason(state);
  return {
    id,
    role: engine === undefined ? 'standby' : 'leader',
    ready: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    ...(isHistory ? { history: true } : {}),
    version: packageVersion(),
    host: id.split(':')[0] ?? id,
    pid: process.pid,
    startedAt,
  };
}

function unreadyReason({ engine, feed, storeFault }: WatchState): string | undefined {
  if (storeFault !== undefined) return `the store takes nothing: ${storeFault}`;
  const lines = feed?.live.stats().lines ?? [];
  if (!lines.some(({ state }) => state === 'subscribed')) return 'not subscribed to the feed';
  const isBlind = engine?.status().every(({ visibility }) => visibility.voters === 0) === true;
  return isBlind ? 'no peer has a vote yet' : undefined;
}
