import type { ScanThreads } from '../../../streams/mrt/threads/scan-threads.ts';
import type { InputOptions } from '../archive/inputs.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { StoreOptions } from '../open-store.ts';
import type { Limits, Selection, SelectionOptions } from '../../config/selection.ts';
import type { Format } from '../output/formatters.ts';
import type { KeptReplay } from './kept-replay.ts';

/** The parsed options of `replay`: every value has its type and is in its range. */
export interface ReplayOptions extends SelectionOptions, StoreOptions, Limits, Omit<InputOptions, 'broker'> {
  /** Base URL; `true`: the public one. */
  readonly broker?: string | true;
  readonly collector?: Collector;
  readonly since?: EventTime;
  readonly format?: Format;
  /** Path of the file to write; else stdout. */
  readonly out?: string;
  /** Threads that read, or those that were started already; 0 for none. */
  readonly threads?: number | ScanThreads;
  /** Where it is kept instead of `store`: a history in memory, that questions are asked of. */
  readonly keep?: (selection: Selection, source: KeptReplay['source']) => Promise<KeptReplay>;
  readonly quiet?: boolean;
  readonly chart?: boolean;
  readonly color?: boolean;
}
