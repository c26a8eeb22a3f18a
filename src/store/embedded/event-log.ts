import type { UnroutableEvent } from '../../detect/event.ts';
import { UnknownEvent } from '../../ports.ts';
import { canBeId, idKey, positionKey, positionOf, type FolderDatabase } from './database.ts';
import { NEXT } from './meta.ts';

/** Events read at a time. Between two pages others may write, and trim. */
const PAGE = 256;

/** Events forgotten in one transaction. */
const TRIM_PAGE = 4_096;

/** Within a transaction: keeps those whose ids are not kept yet. */
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

/** Position of the event with this id; 0, before all of them, for none. */
export function positionAfter(database: FolderDatabase, id: string | undefined): number {
  if (id === undefined) return 0;
  const position = positionOfId(database, id);
  if (position === undefined) throw new UnknownEvent(id);
  return position;
}

/** The next events after a position, and where the last of them stands: a page, and none when there are none. */
export function pageAfter(
  database: FolderDatabase,
  position: number,
): readonly { readonly at: number; readonly event: UnroutableEvent }[] {
  return database.read(() => {
    const entries = database.events.getRange({ start: positionKey(position + 1), limit: PAGE });
    return [...entries].map(({ key, value }) => ({ at: positionOf(key), event: JSON.parse(value) as UnroutableEvent }));
  });
}

/** Whether there is anything after a position: what a follower asks again and again. */
export function hasAfter(database: FolderDatabase, position: number): boolean {
  return database.read(() => nextPosition(database)) > position + 1;
}

/**
 * Forgets the oldest, page by page: all but the newest `most`, and never from where a reader stands on.
 *
 * @param standing gives the ids at which readers stand; `undefined` for one that never read.
 */
export async function trimEvents(
  database: FolderDatabase,
  most: number,
  standing: () => readonly (string | undefined)[],
): Promise<number> {
  for (let forgotten = 0; ;) {
    const page = await database.write(0, () => {
      const next = nextPosition(database);
      const held = standing().map((id) => (id === undefined ? 0 : (positionOfId(database, id) ?? 0)));
      return forget(database, Math.min(next - most, ...held));
    });
    forgotten += page;
    if (page < TRIM_PAGE) return forgotten;
  }
}

/** Within a transaction: forgets events before this position, a page of them at most. */
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
