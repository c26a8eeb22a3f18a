import type { Element } from './bgp/element.ts';
import type { UnroutableEvent } from './detect/event.ts';
import type { Commit } from './engine.ts';

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

/** Keeps what was decided. */
export interface StateStore {
  /**
   * Keeps routes, verdicts, cursor and events of one commit together or not at all. Resolves when they are kept.
   * Repeating a commit changes nothing. Rejects when it cannot know; the caller may then repeat it.
   */
  commit(commit: Commit): Promise<void>;
  /** Events in the order in which they were committed, after the event with this id or from the first one. */
  events(after?: string): AsyncIterable<UnroutableEvent>;
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
