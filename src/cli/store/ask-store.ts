import type { Io } from '../../app/io.ts';
import { openExisting, type StoreOptions } from '../../app/open-store.ts';
import { systemClock } from '../../app/system-clock.ts';
import { select, type Selection, type SelectionOptions } from '../../config/selection.ts';
import { Refused } from '../../http/subjects.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import type { StateStore } from '../../ports.ts';

/**
 * Opens the store of a watch for reading, runs a query, and closes it. A refused query is a fault of the command line;
 * any other error is a fault of the store.
 */
export async function askStore<T>(
  options: StoreOptions & SelectionOptions,
  io: Io,
  question: (store: StateStore, selection: Selection) => Promise<T>,
): Promise<Result<T>> {
  const selection = await select(options);
  if (!selection.ok) return selection;
  const ids = selection.value.territories.map(({ territory }) => territory.id);
  const opened = await openExisting({ ...options, access: 'read' }, ids, io, systemClock);
  if (!opened.ok) return opened;
  const { store } = opened.value;
  try {
    return good(await question(store, selection.value));
  } catch (error) {
    return error instanceof Refused ? bad('usage', error.message) : bad('store', `${store.name}: ${refusal(error)}`);
  } finally {
    await store.close();
  }
}
