import type { Element } from './bgp/element.ts';
import type { EventTime } from './bgp/time.ts';
import type { UnroutableEvent } from './detect/events/event.ts';
import type { Space, StateChange, StateRecord } from './spaces.ts';

/** Where elements come from: an archive, a socket, a tape. */
export interface ElementSource {
  /** For people, in progress and errors. */
  readonly name: string;
  /**
   * Yields elements in the order of event time. Only late elements of a live feed may be older than the one before; they
   * keep their own time. The source does nothing until it is read. It ends when the input ends or `signal` aborts.
   *
   * @throws only on a bug. Input that cannot be read is reported by the source and yielded as a `gap`.
   */
  elements(signal: AbortSignal): AsyncIterable<Element>;
}

/** What is stored completely or not at all: changes of the state, the cursor, and the events decided with them. */
export interface Batch {
  /** One more than the number of the batch stored before; the first is 1. */
  readonly number: number;
  /** Event time up to which everything is decided. */
  readonly cursor: EventTime;
  /** Elements taken since the state began. A source that always yields the same elements is continued after this many. */
  readonly elements: number;
  /** In the order in which they were decided. Events whose ids are already stored are not stored again. */
  readonly events: readonly UnroutableEvent[];
  readonly changes: readonly StateChange[];
  /**
   * The changes are the complete content of the engine's spaces (`routes`, `visibility-log`, `voters`, `verdicts`,
   * `incidents`, `reachability`, `engine`): other records in them are deleted. The number must not be less than the stored one, so that a
   * late batch sets nothing back.
   */
  readonly whole?: true;
}

/** The content of a store, without its events. */
export interface Kept {
  readonly number: number;
  readonly cursor: EventTime;
  readonly elements: number;
  /** Records of the engine's spaces, in any order. */
  readonly records: readonly StateRecord[];
}

/** The result of a write. */
export type Committed =
  | { readonly ok: true }
  /** Another process leads: its token is newer than ours. Nothing was changed. */
  | { readonly ok: false; readonly reason: 'fenced' }
  /** The store was emptied or set back since our last write. Nothing was changed; `found` is its number. */
  | { readonly ok: false; readonly reason: 'lost'; readonly found: number; readonly cursor: EventTime | undefined };

/**
 * Stores state and events.
 *
 * Each call ends: it is done, or it rejects when the outcome is not known within the store's own deadline. The caller may
 * then repeat it; a repetition changes nothing. The store reconnects on its own; callers never reopen it.
 */
export interface StateStore {
  /** For people; without user names and passwords. */
  readonly name: string;
  /** @returns what was stored last; `undefined` when nothing was stored yet. */
  load(): Promise<Kept | undefined>;
  /**
   * Stores a batch completely or not at all. Repeating the last batch changes nothing and gives `ok`. `fenced` is checked
   * first. The changes may include records of other spaces than the engine's.
   *
   * @param token token of the lease; a token older than the newest one is refused. `undefined` where no other process can
   * write.
   */
  commit(batch: Batch, token?: number): Promise<Committed>;
  /**
   * Records of one space, sorted by key in the order of JavaScript's strings.
   *
   * @param keys only these keys, if they exist; some hundreds at most. @default all records of the space
   */
  read(space: Space, keys?: readonly string[]): Promise<readonly StateRecord[]>;
  /** Stores records outside of the engine's state, all of them or none. `fenced` as for `commit`. */
  write(changes: readonly StateChange[], token?: number): Promise<Committed>;
  /**
   * Events in the order in which they were stored: after the one with this id, or from the oldest one.
   *
   * @throws UnknownEvent when the store has no event with this id: it was never stored, or was trimmed.
   */
  events(after?: string): AsyncIterable<UnroutableEvent>;
  /**
   * The same, and continues with new events of any process until `signal` aborts.
   *
   * @throws UnknownEvent also when the next events were trimmed before they were read.
   */
  follow(after: string | undefined, signal: AbortSignal): AsyncIterable<UnroutableEvent>;
  /** Id of the newest event; `undefined` when there is none. Reads no other event. */
  newest(): Promise<string | undefined>;
  /** Number of stored events. Reads none of them. */
  count(): Promise<number>;
  /**
   * Removes events that are older than the newest `most`. Keeps those that a reader of the space `readers` (or a
   * reader that the store itself knows) has not read yet, and the last one that it has read, from which it continues.
   *
   * @returns the number of removed events.
   */
  trim(most: number): Promise<number>;
  readonly leases: Leases;
  /** Closes connections and files, after calls under way have ended. */
  close(): Promise<void>;
}

/** The right to write, for as long as it is renewed. */
export interface Lease {
  /** The fencing token: greater than the token of any earlier lease or write. */
  readonly token: number;
  readonly holder: string;
}

/** Who may write: at most one process at a time. A holder that was late is refused by its token; its clock does not matter. */
export interface Leases {
  /** Takes the lease if it is free or was not renewed in time. @returns the same lease again to its holder; `undefined` when another one holds it. */
  acquire(holder: string, ttlMs: number): Promise<Lease | undefined>;
  /** @returns `false` when the lease has expired or belongs to another holder. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>;
  /** Releases the lease, so that another process need not wait. */
  release(lease: Lease): Promise<void>;
  /** The present lease, and the milliseconds that it lasts at least without renewal; `undefined` when there is none. */
  holder(): Promise<(Lease & { readonly leftMs: number }) | undefined>;
}

/** The store has no event with this id. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent';
  readonly id: string;

  constructor(id: string) {
    super(`no event with id ${id} is stored: it never was, or it was trimmed`);
    this.id = id;
  }
}

/** Time at the edge: back-off, watchdogs, schedules. The core never sees it; tests pass one that they control. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. May step forward and back. */
  wallMs(): number;
  /** Milliseconds since some start. Never goes back. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds of monotonic time, or at once when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
