import type { Element } from './bgp/element.ts';
import type { EventTime } from './bgp/time.ts';
import type { UnroutableEvent } from './detect/events/event.ts';
import type { Space, StateChange, StateRecord } from './state/record.ts';

/** Where elements come from: an archive, a socket, a tape. */
export interface ElementSource {
  /** For people, in progress and errors. */
  readonly name: string;
  /**
   * Yields elements in event-time order, `at` never going back but for late ones of a live feed, which keep their own time.
   * Does nothing until it is read. Ends when the input ends;
   * returns when `signal` aborts. Input that cannot be read is reported by the source and yielded as a `gap`, never
   * thrown; it throws only on a bug.
   */
  elements(signal: AbortSignal): AsyncIterable<Element>;
}

/** What is kept together or not at all: changes of the state, how far it is, and what was decided on the way. */
export interface Batch {
  /** One more than that of the last batch kept; the first is 1. */
  readonly number: number;
  /** Event time up to which all is decided. */
  readonly cursor: EventTime;
  /** Elements taken since the state began: a source that yields the same each time is gone on with after as many. */
  readonly elements: number;
  /** In the order in which they were decided. Events whose ids are kept already are not kept again. */
  readonly events: readonly UnroutableEvent[];
  readonly changes: readonly StateChange[];
  /**
   * These changes are all there is of the engine's spaces (`routes`, `visibility-log`, `voters`, `verdicts`, `incidents`,
   * `engine`): what the store has of them besides goes. The number may be any that is not less than that of the last one:
   * one that comes late, after others were kept, sets nothing back.
   */
  readonly whole?: true;
}

/** What stands in a store, besides its events. */
export interface Kept {
  readonly number: number;
  readonly cursor: EventTime;
  readonly elements: number;
  /** Records of the engine's spaces, in no order that means anything. */
  readonly records: readonly StateRecord[];
}

/** What became of a write. */
export type Committed =
  | { readonly ok: true }
  /** Another one leads: its token is newer than ours. Nothing was changed. */
  | { readonly ok: false; readonly reason: 'fenced' }
  /** The store does not stand where we left it: emptied, or set back. Nothing was changed; `found` is its number. */
  | { readonly ok: false; readonly reason: 'lost'; readonly found: number; readonly cursor: EventTime | undefined };

/**
 * Keeps what was decided, and what it was decided from.
 *
 * Each call ends: it is done, or it rejects when that cannot be known within the store's own deadline. Whoever calls may
 * then repeat it: repeating changes nothing. Until it was opened anew by its owner, a store that was away is found again
 * by itself.
 */
export interface StateStore {
  /** For people: without user names and passwords. */
  readonly name: string;
  /** What was kept last; `undefined` when nothing ever was. */
  load(): Promise<Kept | undefined>;
  /**
   * Keeps a batch whole or not at all. The one kept last, repeated, changes nothing and is `ok`. Whoever is fenced is told
   * so before anything else. Records of other spaces than the engine's may be among the changes.
   *
   * @param token of the lease under which it is written; a token older than any seen is refused. `undefined` where nobody
   * else can write.
   */
  commit(batch: Batch, token?: number): Promise<Committed>;
  /**
   * Records of one space, by key upward, in the order of JavaScript's strings.
   *
   * @param keys these alone, those of them that are there: some hundreds at most. @default all of the space
   */
  read(space: Space, keys?: readonly string[]): Promise<readonly StateRecord[]>;
  /** Keeps records that are no part of the engine's state, all of them or none. `fenced` as for `commit`. */
  write(changes: readonly StateChange[], token?: number): Promise<Committed>;
  /**
   * Events in the order in which they were kept, after the one with this id or from the oldest that is kept.
   *
   * @throws UnknownEvent when no event with this id is kept: it was never, or no longer is.
   */
  events(after?: string): AsyncIterable<UnroutableEvent>;
  /**
   * The same, and goes on as events are kept, by whichever process, until `signal` aborts.
   *
   * @throws UnknownEvent also when events were forgotten that were to be given next.
   */
  follow(after: string | undefined, signal: AbortSignal): AsyncIterable<UnroutableEvent>;
  /** Id of the event that was kept last; `undefined` when none is kept. Reads that one alone. */
  newest(): Promise<string | undefined>;
  /** How many events are kept. Reads none of them. */
  count(): Promise<number>;
  /**
   * Forgets the oldest events beyond the newest `most`, but none that one of the `readers` (or of the store's own kinds of
   * readers, such as Redis consumer groups) has yet to deal with, nor the one that it dealt with last, from which it goes
   * on. Gives the number forgotten.
   */
  trim(most: number): Promise<number>;
  readonly leases: Leases;
  /** Lets go of connections and files. What is under way ends first. */
  close(): Promise<void>;
}

/** The right to write, for as long as it is renewed. */
export interface Lease {
  /** Greater than that of any lease before, and than any that was written with. */
  readonly token: number;
  readonly holder: string;
}

/** Who may write: at most one at a time. A holder that was late finds out by its token, never by its clock. */
export interface Leases {
  /** Takes the lease when nobody has it, or who had it did not renew it in time. Who holds it has it already. */
  acquire(holder: string, ttlMs: number): Promise<Lease | undefined>;
  /** `false`: it is another's by now, or nobody's. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>;
  /** Gives it up so that another need not wait. */
  release(lease: Lease): Promise<void>;
  /** Who leads, and for how many milliseconds at least if it is not renewed. */
  holder(): Promise<(Lease & { readonly leftMs: number }) | undefined>;
}

/** There is no event with this id in the store. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent';
  readonly id: string;

  constructor(id: string) {
    super(`no event with id ${id} is kept: it never was, or it is older than what is kept`);
    this.id = id;
  }
}

/** Time at the edge: back-off, watchdogs, schedules. The core never sees it; tests pass one they turn by hand. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. May step, both ways. */
  wallMs(): number;
  /** Milliseconds since some start. Never goes back. */
  monotonicMs(): number;
  /** Resolves after so many milliseconds of monotonic time, or at once when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
