import type { Space, StateChange, StateRecord } from '../../../spaces.ts';
import { keyParts } from '../endpoints/records.ts';
import { decodeDead, decodeLog, decodeQueued, type Decoded, type Unreadable } from '../endpoints/read-records.ts';
import type { EndpointQueue } from './endpoint-queue.ts';

/** The spaces with records of endpoints. */
export const SPACES = ['webhooks/queue', 'webhooks/asked', 'webhooks/log', 'webhooks/dead'] as const;

/** What is needed to continue the deliveries of a store. */
export interface Restoration {
  readonly unreadable: readonly Unreadable[];
  /** The changes that remove records of endpoints that no longer exist. */
  readonly orphans: readonly StateChange[];
}

/**
 * Restores each queue from its records: the places of all waiting events, the bodies of a few.
 *
 * @param names of all endpoints, including unreadable ones, whose records stay.
 */
export async function restore(
  queues: ReadonlyMap<string, EndpointQueue>,
  names: ReadonlySet<string>,
  read: (space: Space) => Promise<readonly StateRecord[]>,
): Promise<Restoration> {
  const unreadable: Unreadable[] = [];
  const orphans: StateChange[] = [];
  const each = async <T>(
    space: (typeof SPACES)[number],
    decode: (record: StateRecord) => Decoded<T>,
    take: (queue: EndpointQueue | undefined, value: T) => void,
  ): Promise<void> => {
    for (const record of await read(space)) {
      const { name } = keyParts(record.key);
      const decoded = decode(record);
      if (!names.has(name)) orphans.push({ space, key: record.key, value: undefined });
      else if (decoded.ok) take(queues.get(name), decoded.value);
      else unreadable.push(decoded.unreadable);
    }
  };
  const dead: { readonly queue: EndpointQueue | undefined; readonly id: string; readonly diedAtMs: number }[] = [];
  await each('webhooks/queue', decodeQueued, (queue, queued) => queue?.restore({ queued }));
  await each('webhooks/log', decodeLog, (queue, log) => queue?.restore({ log }));
  await each('webhooks/dead', decodeDead, (queue, { event, diedAtMs }) => dead.push({ queue, id: event.id, diedAtMs }));
  for (const { queue, id } of dead.sort((a, b) => a.diedAtMs - b.diedAtMs)) queue?.restore({ dead: id });
  return { unreadable, orphans };
}
