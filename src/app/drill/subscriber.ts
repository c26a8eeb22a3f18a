import { channels } from '../../store/keys.ts';
import type { Clock } from '../../ports.ts';
import { clusterOf, redisOf } from '../../store/redis/clients.ts';
import { targetOf } from '../../store/redis/open.ts';
import { parseRedisUrl } from '../../store/redis/url.ts';
import { refusal } from '../../lib/errno.ts';
import { parseJson } from '../../lib/json.ts';
import { inTime } from '../../lib/within.ts';

/** Listens to the pub/sub channel of all events, as a subscriber would. */
export interface Subscriber {
  /** Ids of the events from this source that were received so far. */
  received(): ReadonlySet<string>;
  close(): void;
}

/** A subscriber that receives events, or why it cannot. */
export type Listening =
  | { readonly ok: true; readonly subscriber: Subscriber }
  /** `isForbidden`: this user may not subscribe; other users may still receive events. */
  | { readonly ok: false; readonly reason: string; readonly isForbidden: boolean };

const DEADLINE_MS = 5_000;

/** Subscribes over a connection of its own. @param source of the expected events: `/drills/ID`. */
export async function listenTo(
  url: string,
  source: string,
  { clock, password }: { readonly clock: Clock; readonly password: string | undefined },
): Promise<Listening> {
  const parsed = parseRedisUrl(url);
  if (!parsed.ok) return notListening(parsed.reason);
  const target = await targetOf(parsed.address, password);
  if (typeof target === 'string') return notListening(target);
  const options = { deadlineMs: DEADLINE_MS, random: Math.random };
  const client = target.kind === 'cluster' ? clusterOf(target, options) : redisOf(target, options);
  const received = new Set<string>();
  client.on('error', () => undefined);
  client.on('message', (_channel: string, text: string) => {
    const id = idFrom(text, source);
    if (id !== undefined) received.add(id);
  });
  const close = (): void => client.disconnect();
  try {
    const subscribing = client.connect().then(() => client.subscribe(channels.events));
    const done = await inTime(subscribing, { clock, ms: DEADLINE_MS }, () => 'late' as const);
    if (done !== 'late') return { ok: true, subscriber: { received: () => received, close } };
    close();
    return notListening(`no answer within ${DEADLINE_MS / 1000} s`);
  } catch (error) {
    close();
    const reason = refusal(error);
    return reason.startsWith('NOPERM') ? { ok: false, reason, isForbidden: true } : notListening(reason);
  }
}

function notListening(reason: string): Listening {
  return { ok: false, reason, isForbidden: false };
}

function idFrom(text: string, source: string): string | undefined {
  const event = (parseJson(text) ?? {}) as { readonly source?: unknown; readonly id?: unknown };
  return event.source === source && typeof event.id === 'string' ? event.id : undefined;
}
