import type { Element } from './bgp/element.ts';
import type { Commit } from './engine.ts';

/** Where elements come from: an archive, a socket, a tape. */
export interface ElementSource {
  /** For people, in progress and errors. */
  readonly name: string;
  /**
   * Yields elements in event-time order, `at` never going back. Does nothing until it is read. Ends when the input ends;
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
  events(after?: string): AsyncIterable<import('./detect/event.ts').UnroutableEvent>;
}
