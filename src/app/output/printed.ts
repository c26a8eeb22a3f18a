import type { UnroutableEvent } from '../../detect/events/event.ts';
import { UnknownEvent, type StateStore } from '../../ports.ts';
import { readerChange, readerPosition, type StateChange } from '../../spaces.ts';

/** Name of the reader that records which events the leader has printed. */
export const PRINTED = 'printed';

/**
 * Events that were stored and not printed: the leader was killed in between, or its output ended. The position is
 * stored as that of a reader, so events that were not printed are not trimmed. Where nobody printed yet, nothing is
 * owed.
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
    // The store was emptied, or set back: it is not known what is owed.
    await store.write([printedUpTo(await store.newest())], token);
    return [];
  }
}

/** What to write when this event was printed; `undefined` when none ever was. */
export function printedUpTo(id: string | undefined): StateChange {
  return readerChange(PRINTED, id);
}

async function all(events: AsyncIterable<UnroutableEvent>): Promise<readonly UnroutableEvent[]> {
  const found: UnroutableEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}
