import type { Element } from './bgp/element.ts';
import type { EventTime } from './bgp/time.ts';
import type { UnroutableEvent } from './detect/event.ts';

/** What one step of event time changed. */
export interface Commit {
  readonly cursor: EventTime;
  readonly events: readonly UnroutableEvent[];
}

export interface Engine {
  apply(element: Element): Commit | undefined;
}
