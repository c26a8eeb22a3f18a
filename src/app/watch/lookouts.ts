import type { HttpServer } from '../../http/server.ts';
import { good, type Result } from '../../lib/result.ts';
import type { Clock, StateStore } from '../../ports.ts';
import type { FeedOptions } from '../feed/types.ts';
import type { HttpPlace } from '../http/http-options.ts';
import { blindness, storeUnready } from '../leadership/readiness.ts';
import type { WatchMeter } from './watch-meter.ts';
import { heartbeat, type HeartbeatUrls } from './heartbeat.ts';
import type { Watch } from './watcher.ts';

/** The services that report on a watch: the page with its API and metrics, and the heartbeat. */
export interface LookoutParts {
  readonly http: HttpPlace | undefined;
  readonly heartbeat: HeartbeatUrls | undefined;
  readonly watcher: Watch;
  readonly store: StateStore;
  /** Whether the store outlives the program. */
  readonly isLasting: boolean;
  readonly feed: Pick<FeedOptions, 'clock' | 'isHistory' | 'log'>;
  readonly meter: WatchMeter | undefined;
}

/** The running services. They run until the signal aborts. */
export interface Lookouts {
  /** Address of the page; `undefined` when nothing is served. */
  readonly url: string | undefined;
  /** Resolves when they have ended. */
  readonly ended: Promise<unknown>;
}

/** Starts the requested services. Fails if the address of the page cannot be used. */
export async function startLookouts(parts: LookoutParts, signal: AbortSignal): Promise<Result<Lookouts>> {
  const { http, heartbeat: urls, watcher, store, isLasting, feed, meter } = parts;
  const { clock, log } = feed;
  const unready = async (): Promise<string | undefined> =>
    isLasting ? storeUnready(store, clock.wallMs()) : (watcher.unready ?? (await blindness(store)));
  const isLeader = (): boolean => watcher.view().engine !== undefined;
  let server: HttpServer | undefined;
  if (http !== undefined && meter !== undefined) {
    const { serveStore } = await import('../http/serve-store.ts');
    meter.ask(() => watcher.view(), clockOfPage(parts), feed.isHistory);
    const served = await serveStore(http, { store, clock: clockOfPage(parts), unready, meter: meter.meter }, signal);
    if (!served.ok) return served;
    server = served.value;
    // Without a store there is no lease: the process that watches is the leader.
    if (!isLasting) meter.meter.add(() => [['unroutable_leaders', isLeader() ? 1 : 0]]);
  }
  const note = (outcome: string): void => meter?.meter.count('unroutable_heartbeats_total', { outcome });
  const beating = urls === undefined ? undefined : heartbeat({ urls, clock, log, isLeader, unready, note }, signal);
  return good({ url: server?.url, ended: Promise.all([server?.closed, beating]) });
}

/** While a recording is played, the present is the recording's time. */
function clockOfPage({ feed: { clock, isHistory }, watcher }: LookoutParts): Clock {
  if (!isHistory) return clock;
  return {
    wallMs: () => watcher.view().engine?.now ?? clock.wallMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}
