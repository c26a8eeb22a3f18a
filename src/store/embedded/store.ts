import { Notifier } from '../../lib/notifier.ts';
import { within } from '../../lib/within.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import type { Batch, Clock, Committed, Kept, Leases, StateStore } from '../../ports.ts';
import { isEngineSpace } from '../../state/record.ts';
import type { Space, StateChange, StateRecord } from '../../spaces.ts';
import { readerPosition } from '../../spaces.ts';
import { byKey } from '../record-order.ts';
import { recordOf, stateKey, stateRange, weigh, type FolderDatabase } from './database.ts';
import {
  appendEvents,
  countEvents,
  hasAfter,
  newestId,
  pageAfter,
  placeAfter,
  trimEvents,
  type LogPlace,
} from './event-log.ts';
import { folderLeases } from './leases.ts';
import { KEPT, lastOf, raiseFence } from './meta.ts';
import type { Presence } from './namesake.ts';

const OK: Committed = { ok: true };
const FENCED: Committed = { ok: false, reason: 'fenced' };

/** How often a follower looks for events of other processes. It gets events of its own process at once. */
const POLL_MS = 100;

/** State and events in a folder, with LMDB. `openEmbedded` makes it. */
export class EmbeddedStore implements StateStore {
  readonly name: string;
  readonly leases: Leases;
  readonly #database: FolderDatabase;
  readonly #clock: Clock;
  readonly #presence: Presence;
  /** For followers that wait for more. */
  readonly #changed = new Notifier();
  #closed: Promise<void> | undefined;

  constructor(database: FolderDatabase, clock: Clock, presence: Presence) {
    this.name = `folder ${database.path}`;
    this.#database = database;
    this.#clock = clock;
    this.#presence = presence;
    this.leases = folderLeases(database, clock);
  }

  async load(): Promise<Kept | undefined> {
    return this.#database.read(() => {
      const last = lastOf(this.#database.meta);
      return last && { ...last, records: this.#records().filter(({ space }) => isEngineSpace(space)) };
    });
  }

  async read(space: Space, keys?: readonly string[]): Promise<readonly StateRecord[]> {
    const records = this.#database.read(() => (keys === undefined ? this.#records(space) : this.#some(space, keys)));
    return records.sort(byKey);
  }

  async commit(batch: Batch, token?: number): Promise<Committed> {
    const { number, cursor, elements, events, changes, whole } = batch;
    const weight = weigh([...changes.map(({ value }) => value), ...events.map((event) => JSON.stringify(event))]);
    const committed = await this.#database.write(weight, (): Committed => {
      const { meta } = this.#database;
      if (!raiseFence(meta, token)) return FENCED;
      const last = lastOf(meta);
      const found = last?.number ?? 0;
      if (whole !== true && number === found) return OK;
      if (whole === true ? number < found : number !== found + 1)
        return { ok: false, reason: 'lost', found, cursor: last?.cursor };
      if (whole === true) this.#clear();
      this.#change(changes);
      appendEvents(this.#database, events);
      meta.putSync(KEPT, JSON.stringify({ number, cursor, elements }));
      return OK;
    });
    this.#changed.notify();
    return committed;
  }

  write(changes: readonly StateChange[], token?: number): Promise<Committed> {
    const weight = weigh(changes.map(({ value }) => value));
    return this.#database.write(weight, () => {
      if (!raiseFence(this.#database.meta, token)) return FENCED;
      this.#change(changes);
      return OK;
    });
  }

  async *events(after?: string): AsyncGenerator<UnroutableEvent> {
    yield* this.#pagesAfter(placeAfter(this.#database, after));
  }

  async *follow(after: string | undefined, signal: AbortSignal): AsyncGenerator<UnroutableEvent> {
    let place = placeAfter(this.#database, after);
    const isOver = (): boolean => signal.aborted || this.#closed !== undefined;
    while (!isOver()) {
      place = yield* this.#pagesAfter(place, isOver);
      while (!isOver() && !hasAfter(this.#database, place)) await this.#pause(signal);
    }
  }

  async newest(): Promise<string | undefined> {
    return newestId(this.#database);
  }

  async count(): Promise<number> {
    return countEvents(this.#database);
  }

  trim(most: number): Promise<number> {
    const standing = (): (string | undefined)[] => this.#records('readers').map(({ value }) => readerPosition(value));
    return trimEvents(this.#database, most, standing);
  }

  close(): Promise<void> {
    this.#closed ??= this.#database.close().finally(() => this.#presence.end());
    this.#changed.notify();
    return this.#closed;
  }

  /** Page by page; returns the position of the last event. */
  async *#pagesAfter(start: LogPlace, isOver = (): boolean => false): AsyncGenerator<UnroutableEvent, LogPlace> {
    let place = start;
    for (;;) {
      const page = pageAfter(this.#database, place);
      if (page.length === 0) return place;
      for (const { at, event } of page) {
        if (isOver()) return place;
        yield event;
        place = { at, id: event.id };
      }
    }
  }

  #records(space?: Space): StateRecord[] {
    const entries = this.#database.state.getRange(space === undefined ? {} : stateRange(space));
    return [...entries].map(({ key, value }) => recordOf(key, value));
  }

  #some(space: Space, keys: readonly string[]): StateRecord[] {
    return [...new Set(keys)].flatMap((key) => {
      const value = this.#database.state.get(stateKey(space, key));
      return value === undefined ? [] : [{ space, key, value }];
    });
  }

  /** Within a transaction. */
  #change(changes: readonly StateChange[]): void {
    for (const { space, key, value } of changes) {
      if (value === undefined) this.#database.state.removeSync(stateKey(space, key));
      else this.#database.state.putSync(stateKey(space, key), value);
    }
  }

  /** Within a transaction: removes all records of the engine. */
  #clear(): void {
    for (const { space, key } of this.#records()) {
      if (isEngineSpace(space)) this.#database.state.removeSync(stateKey(space, key));
    }
  }

  /**
   * Waits until this handle stores something, until it is time to look for writes of other processes, or until `signal`
   * aborts.
   */
  #pause(signal: AbortSignal): Promise<void> {
    return within(this.#clock, POLL_MS, signal, (limit) => this.#changed.next(limit));
  }
}
