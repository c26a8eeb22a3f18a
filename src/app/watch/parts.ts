import type { ReachPlan } from '../probe/read-probes.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import type { Engine } from '../../engine.ts';
import type { Space } from '../../spaces.ts';
import type { Selection } from '../../config/selection.ts';
import type { Result } from '../../lib/result.ts';
import type { ElementSource, StateStore } from '../../ports.ts';
import type { Feed, FeedOptions } from '../feed/types.ts';
import type { WebhookParts } from './webhooks.ts';

/** The parts of a watch. */
export interface WatchParts {
  readonly selection: Selection;
  readonly feed: FeedOptions;
  readonly store: StateStore;
  /** Whether the store outlives this process, so that other processes may lead on it. */
  readonly isLasting: boolean;
  /**
   * Whether the page reads the store while the watch runs. History is then recorded even in a store that ends with the
   * process.
   */
  readonly isServed?: boolean;
  /** Checks that the store's settings are still right. */
  readonly inspect?: (() => Promise<readonly string[]>) | undefined;
  /** Warnings of the check at the start, already logged. */
  readonly warnings?: readonly string[] | undefined;
  /** Least number of events that stay in the store. @default KEEP_EVENTS */
  readonly keepEvents?: number | undefined;
  /** Records the elements that are read; `undefined`: no recording. */
  readonly record: (source: ElementSource) => ElementSource;
  /** Prints stored events. Returns whether that worked. */
  readonly print: (events: readonly UnroutableEvent[]) => Promise<boolean>;
  readonly webhooks: WebhookParts;
  /** The probes to send; `undefined`: none. */
  readonly probes?: ReachPlan | undefined;
}

/** Why the watch ended. `ok`: it was stopped, or the recording has ended. */
export type WatchEnd = Result<undefined>;

/** The present state, for the status line. */
export interface WatchView {
  /** `undefined` while another one leads. */
  readonly engine: Engine<Space> | undefined;
  readonly feed: Feed | undefined;
  /** The leader, if it is another process. */
  readonly behind: string | undefined;
}
