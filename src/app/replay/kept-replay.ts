import type { Engine } from '../../engine.ts';
import type { Space } from '../../spaces.ts';
import type { Keeping } from '../../pipeline.ts';
import type { ElementSource } from '../../ports.ts';

/** A replay that is kept: what it goes on from, and where it goes on. */
export interface KeptReplay {
  readonly engine: Engine<Space>;
  readonly source: ElementSource;
  readonly keeping: Keeping;
  /** Ends when another one leads. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}
