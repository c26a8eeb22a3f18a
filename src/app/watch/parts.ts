import type { ReachPlan } from '../probe/read-probes.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import type { Engine } from '../../engine.ts';
import type { Space } from '../../spaces.ts';
import type { Selection } from '../../config/selection.ts';
import type { Result } from '../../lib/result.ts';
import type { ElementSource, StateStore } from '../../ports.ts';
import type { Feed, FeedOptions } from '../feed/types.ts';
import type { WebhookParts } from './webhooks.ts';

/** What a watch is made of. */
export interface WatchParts {
  readonly selection: Selection;
  readonly feed: FeedOptions;
  readonly store: StateStore;
  /** Whether it outlives this program, and others may lead on it. */
  readonly isLasting: boolean;
  /** Whether somebody looks at the store while it runs: history is kept then even where the store ends with the program. */
  readonly isServed?: boolean;
  /** Looks whether the store is still set as it should be. */
  readonly inspect?: (() => Promise<readonly string[]>) | undefined;
  /** What the inspection at the start found: it has been logged. */
  readonly warnings?: readonly string[] | undefined;
  /** Events that stay in the store at least. @default KEEP_EVENTS */
  readonly keepEvents?: number | undefined;
  /** Writes down what is read, if anybody wants that. */
  readonly record: (source: ElementSource) => ElementSource;
  /** Prints what was stored. Gives whether that worked. */
  readonly tell: (events: readonly UnroutableEvent[]) => Promise<boolean>;
  readonly webhooks: WebhookParts;
  /** What is asked inside the territories; `undefined`: nothing. */
  readonly probes?: ReachPlan | undefined;
}

/** Why it is over. `ok`: it was stopped, or the recording has ended. */
export type WatchEnd = Result<undefined>;

/** How it stands, for a line on a terminal. */
export interface WatchView {
  /** `undefined` while another one leads. */
  readonly engine: Engine<Space> | undefined;
  readonly feed: Feed | undefined;
  /** Who leads, while it is another one. */
  readonly behind: string | undefined;
}
