import type { UnroutableEvent } from '../../detect/events/event.ts';
import { UnknownEvent, type StateStore } from '../../ports.ts';
import { readerChange, readerPosition, type StateChange } from '../../spaces.ts';

/** Name of the reader that records which events the leader has printed. */
export const PRINTED = 'printed';

/**
 * Events that were stored and not printed, because the leader was killed in between, or its output ended. The position
 * is that of a reader, so events that were not printed are not trimmed. Before the first print, the list is empty.
 *
 * @throws what the store throws when it is away.
 */
export async function unprinted(store: StateStore, token: number | undefined): Promise<readonly UnroutableEvent[]> {
  const [record] = await store.read('readers', [PRINTED]);
  if (record === undefined) {
    await store.write([printedUpTo(await store.newest())], token);
    return [];
  }
  try {
    return await all(store.events(readerPosition(record.value)));
  } catch (error) {
    if (!(error instanceof UnknownEvent)) throw error;
    // The store was emptied or set back, so the missing events are not known.
    await store.write([printedUpTo(await store.newest())], token);
    return [];
  }
}

/** The change to store after this event was printed; `undefined`: none was printed yet. */
export function printedUpTo(id: string | undefined): StateChange {
  return readerChange(PRINTED, id);
}

async function all(events: AsyncIterable<UnroutableEvent>): Promise<readonly UnroutableEvent[]> {
  const found: UnroutableEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}
