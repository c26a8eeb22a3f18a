import type { UnroutableEvent } from '../../detect/events/event.ts';
import { UnknownEvent } from '../../ports.ts';
import { canBeId, idKey, positionKey, positionOf, type FolderDatabase } from './database.ts';
import { NEXT } from './meta.ts';

/** Events read at a time. Other processes may write and trim between two pages. */
const PAGE = 256;

/** Events removed in one transaction. */
const TRIM_PAGE = 4_096;

/** Within a transaction: stores the events whose ids are not stored yet. */
export function appendEvents(database: FolderDatabase, events: readonly UnroutableEvent[]): void {
  let next = nextPosition(database);
  for (const event of events) {
    const id = idKey(event.id);
    if (database.ids.get(id) !== undefined) continue;
    database.events.putSync(positionKey(next), JSON.stringify(event));
    database.ids.putSync(id, String(next));
    next++;
  }
  if (next > nextPosition(database)) database.meta.putSync(NEXT, String(next));
}

/** The position of a reader: at the event with this id, or before the oldest event. */
export interface LogPlace {
  readonly at: number;
  readonly id: string | undefined;
}

/** @throws UnknownEvent */
export function placeAfter(database: FolderDatabase, id: string | undefined): LogPlace {
  if (id === undefined) return { at: 0, id };
  const at = database.read(() => positionOfId(database, id));
  if (at === undefined) throw new UnknownEvent(id);
  return { at, id };
}

/**
 * The next page of events after a position; empty at the end.
 *
 * @throws UnknownEvent when events after the position were trimmed meanwhile.
 */
export function pageAfter(
  database: FolderDatabase,
  { at, id }: LogPlace,
): readonly { readonly at: number; readonly event: UnroutableEvent }[] {
  return database.read(() => {
    const entries = [...database.events.getRange({ start: positionKey(at + 1), limit: PAGE })];
    const page = entries.map(({ key, value }) => ({
      at: positionOf(key),
      event: JSON.parse(value) as UnroutableEvent,
    }));
    // Positions are consecutive, and only the oldest events are trimmed.
    const next = page[0]?.at ?? nextPosition(database);
    if (id !== undefined && next > at + 1) throw new UnknownEvent(id);
    return page;
  });
}

/** Whether there are events after a position. Followers ask this repeatedly. */
export function hasAfter(database: FolderDatabase, { at, id }: LogPlace): boolean {
  return database.read(() =>
    id === undefined ? database.events.getKeysCount({ limit: 1 }) > 0 : nextPosition(database) > at + 1,
  );
}

/** Id of the newest event. */
export function newestId(database: FolderDatabase): string | undefined {
  return database.read(() => {
    const [newest] = database.events.getRange({ reverse: true, limit: 1 });
    return newest === undefined ? undefined : (JSON.parse(newest.value) as UnroutableEvent).id;
  });
}

/** Number of events: positions are consecutive. */
export function countEvents(database: FolderDatabase): number {
  return database.read(() => {
    const [oldest] = database.events.getKeys({ limit: 1 });
    return oldest === undefined ? 0 : nextPosition(database) - positionOf(oldest);
  });
}

/**
 * Trims the oldest events page by page, down to the newest `most`, but never events that a reader has not read.
 *
 * @param readIds returns the ids of the last events that readers have read; `undefined` for a reader that never read.
 */
export async function trimEvents(
  database: FolderDatabase,
  most: number,
  readIds: () => readonly (string | undefined)[],
): Promise<number> {
  for (let forgotten = 0; ;) {
    const page = await database.write(0, () => {
      const next = nextPosition(database);
      const held = readIds().map((id) => (id === undefined ? 0 : (positionOfId(database, id) ?? 0)));
      return forget(database, Math.min(next - most, ...held));
    });
    forgotten += page;
    if (page < TRIM_PAGE) return forgotten;
  }
}

/** Within a transaction: trims events before this position, at most one page. */
function forget(database: FolderDatabase, before: number): number {
  if (before <= 0) return 0;
  const gone = [...database.events.getRange({ end: positionKey(before), limit: TRIM_PAGE })];
  for (const { key, value } of gone) {
    database.ids.removeSync(idKey((JSON.parse(value) as UnroutableEvent).id));
    database.events.removeSync(key);
  }
  return gone.length;
}

function positionOfId(database: FolderDatabase, id: string): number | undefined {
  const position = canBeId(id) ? database.ids.get(idKey(id)) : undefined;
  return position === undefined ? undefined : Number(position);
}

function nextPosition(database: FolderDatabase): number {
  return Number(database.meta.get(NEXT) ?? 1);
}
