import type { UnroutableEvent } from '../../detect/events/event.ts';
import type { StateStore } from '../../ports.ts';
import { listed } from '../../report/printable.ts';
import { unwatchedOf } from '../../sinks/webhook/filter.ts';
import { listEndpoints, putEndpoint } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import { DrillCalls } from '../drill/requests.ts';
import type { Selection } from '../../config/selection.ts';
import type { FeedOptions } from '../feed/types.ts';
import { deliverWebhooks, type WebhookParts } from './webhooks.ts';

/** Tasks of the leader beside the pipeline: drills and webhooks. */
export interface SideTasks {
  /** Injected events, to be stored with the next batch. */
  take(): readonly UnroutableEvent[];
  /** Call after these events were stored. */
  noteStored(events: readonly UnroutableEvent[]): void;
  /** Call when a recording has ended: waits for webhooks to be sent. */
  drained(signal: AbortSignal): Promise<void>;
  /** Call before the lease is released. */
  end(): Promise<void>;
}

/** What the tasks beside the pipeline need. */
export interface SideTasksParts {
  readonly store: StateStore;
  readonly isLasting: boolean;
  readonly selection: Selection;
  readonly feed: Pick<FeedOptions, 'clock' | 'log'>;
  readonly webhooks: WebhookParts;
}

/**
 * Starts the tasks, before the first decision. With a store in memory there are no drills, and only the webhooks of
 * the file.
 */
export async function startSideTasks(parts: SideTasksParts, token: () => number | undefined): Promise<SideTasks> {
  const { store, isLasting, selection, feed, webhooks } = parts;
  const { clock, log } = feed;
  await enter(parts);
  const ended = new AbortController();
  const calls = isLasting ? new DrillCalls({ store, selection, clock, log, token }) : undefined;
  const calling = calls?.run(ended.signal);
  const isSending = isLasting || webhooks.endpoints.length > 0;
  const delivering = isSending ? deliverWebhooks({ ...webhooks, store, selection, clock, log, token }) : undefined;
  return {
    take: () => calls?.take() ?? [],
    noteStored: (events) => calls?.noteStored(events),
    drained: async (signal) => delivering?.drained(signal),
    async end() {
      ended.abort();
      await Promise.all([calling, delivering?.end()]);
    },
  };
}

/**
 * New endpoints of the file must get the very first event. If the store does not answer, the dispatcher tries again.
 */
async function enter({
  store,
  selection,
  webhooks: { endpoints },
  feed: { clock, log },
}: SideTasksParts): Promise<void> {
  try {
    const { found } = await listEndpoints(store);
    const known = new Set(found.map(({ endpoint }) => endpoint.name));
    for (const endpoint of endpoints) {
      if (!known.has(endpoint.name)) await putEndpoint(store, endpoint, { from: 'file', nowMs: clock.wallMs() });
    }
    const watched = selection.territories.map(({ territory }) => territory.id);
    const byCommand = found.flatMap(({ from, endpoint }) => (from === 'file' ? [] : [endpoint]));
    for (const { name, filter } of [...endpoints, ...byCommand]) {
      const unwatched = unwatchedOf(filter, watched);
      if (unwatched.length > 0)
        log.warn(
          { webhook: name, unwatched },
          `webhook ${name} is for ${listed(unwatched)}, which this watch does not watch`,
        );
    }
  } catch {
    // They then get the events that are decided from then on.
  }
}
