import type { UnroutableEvent } from '../../detect/events/event.ts';
import { backOffMs } from '../../lib/back-off.ts';
import { parseJson } from '../../lib/json.ts';
import { LinkedAbort } from '../../lib/linked-abort.ts';
import { UnknownEvent, type Clock } from '../../ports.ts';
import type { Keys } from '../keys.ts';
import { RedisFailure } from './failure.ts';
import type { RedisLink } from './link.ts';

/** Events per read. Each has some kilobytes. */
const PAGE = 500;

/** A wait on the server ends after this time, to check that the stream is still the same. */
const WAIT_MS = 5_000;

const RETRYING = { firstMs: 200, mostMs: 2_000 };

/** An entry of the stream: its id, and names and values in turn. */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** The events after the given one, or from the oldest, up to the newest. @throws UnknownEvent @throws RedisFailure */
export async function* readEvents(
  link: RedisLink,
  keys: Keys,
  after: string | undefined,
): AsyncGenerator<UnroutableEvent, void, undefined> {
  const reading = new StreamPosition(link, keys, after);
  for (;;) {
    const page = await reading.next();
    if (page.length === 0) return;
    yield* page;
  }
}

/**
 * The same, followed by new events as they come. While the server does not answer, it waits, and then continues after
 * the last event that it returned, without gaps or repeats. It waits for new events on a connection of its own. Ends
 * when `signal` aborts or the store is closed.
 *
 * @throws UnknownEvent also when events not yet returned were trimmed, or lost by the server.
 */
export async function* followEvents(
  link: RedisLink,
  keys: Keys,
  after: string | undefined,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<UnroutableEvent, void, undefined> {
  if (signal.aborted) return;
  const reading = new StreamPosition(link, keys, after);
  const waiter = link.sibling(WAIT_MS);
  const over = new LinkedAbort(signal);
  over.signal.addEventListener('abort', () => link.release(waiter), { once: true });
  const connected = onceOnly(() => waiter.connect());
  let failures = 0;
  try {
    while (!signal.aborted && !link.isClosed) {
      let page: readonly UnroutableEvent[] = [];
      try {
        page = await reading.next();
        if (page.length === 0 && !waiter.isClosed) {
          await connected();
          await reading.wait(waiter);
        }
        failures = 0;
      } catch (error) {
        if (!(error instanceof RedisFailure) || error.kind === 'foreign') throw error;
        failures++;
        // The client already reconnects at random moments, so readers need no random wait of their own.
        await clock.sleep(
          backOffMs(failures, RETRYING, () => 1),
          signal,
        );
      }
      for (const event of page) {
        yield event;
        if (signal.aborted) return;
      }
    }
  } finally {
    over.abort();
  }
}

/** A failed connection is retried automatically. */
function onceOnly(connect: () => Promise<unknown>): () => Promise<void> {
  let isBegun = false;
  return async () => {
    const isFirst = !isBegun;
    isBegun = true;
    if (isFirst) await connect();
  };
}

/** A position in the stream. */
class StreamPosition {
  readonly #link: RedisLink;
  readonly #keys: Keys;
  /** Id of the last returned event, and of its entry. */
  #last: string | undefined;
  #entry: string | undefined;

  constructor(link: RedisLink, keys: Keys, after: string | undefined) {
    this.#link = link;
    this.#keys = keys;
    this.#last = after;
  }

  /** The next events, in order; empty if there are none yet. */
  async next(): Promise<readonly UnroutableEvent[]> {
    const { events } = this.#keys;
    if (this.#last === undefined) return this.#take(await this.#range(events, '-', PAGE));
    this.#entry ??= await this.#find(this.#last);

    // Reads from the last entry on, so that its removal is noticed.
    const entries = await this.#range(events, this.#entry, PAGE + 1);
    if (entries[0]?.[0] === this.#entry) return this.#take(entries.slice(1));

    // Our entry is the newest trimmed one, so nothing after it was trimmed.
    if ((await this.#link.call('hget', [this.#keys.meta, 'forgotten'])) === this.#entry) return this.#take(entries);

    // The server lost the stream, and it was written again: the same events have other entry ids.
    this.#entry = await this.#find(this.#last);
    return this.#take((await this.#range(events, this.#entry, PAGE + 1)).slice(1));
  }

  /** Resolves when there may be more events, or after a while. */
  async wait(waiter: RedisLink): Promise<void> {
    const from = this.#entry ?? '0-0';
    await waiter.call('xread', ['BLOCK', WAIT_MS, 'COUNT', 1, 'STREAMS', this.#keys.events, from]);
  }

  async #range(key: string, from: string, count: number): Promise<readonly StreamEntry[]> {
    return (await this.#link.call('xrange', [key, from, '+', 'COUNT', count])) as readonly StreamEntry[];
  }

  async #find(id: string): Promise<string> {
    const entry = await this.#link.call('hget', [this.#keys.ids, id]);
    if (typeof entry !== 'string') throw new UnknownEvent(id);
    return entry;
  }

  #take(entries: readonly StreamEntry[]): readonly UnroutableEvent[] {
    const events = entries.map((entry) => eventOf(entry, this.#keys.events));
    this.#entry = entries.at(-1)?.[0] ?? this.#entry;
    this.#last = events.at(-1)?.id ?? this.#last;
    return events;
  }
}

/** @throws RedisFailure `foreign` */
export function eventOf([id, fields]: StreamEntry, key: string): UnroutableEvent {
  const at = fields.findIndex((field, i) => i % 2 === 0 && field === 'event');
  const event = parseJson(fields[at + 1] ?? '');
  if (at >= 0 && typeof event === 'object' && event !== null) return event as UnroutableEvent;
  throw new RedisFailure('foreign', `entry ${id} of ${key} is not an event`);
}
