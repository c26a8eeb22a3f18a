import type { Engine } from '../../engine.ts';
import type { Space } from '../../spaces.ts';
import type { Keeping } from '../../pipeline.ts';
import type { ElementSource } from '../../ports.ts';

/** A replay with a store: the state from which it continues, and the rest of its input. */
export interface StoredReplay {
  readonly engine: Engine<Space>;
  readonly source: ElementSource;
  readonly keeping: Keeping;
  /** Aborts when another process leads. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}
