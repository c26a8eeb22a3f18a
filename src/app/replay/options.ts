import type { ScanThreads } from '../../../streams/mrt/threads/scan-threads.ts';
import type { InputOptions } from '../archive/inputs.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { StoreOptions } from '../open-store.ts';
import type { Limits, Selection, SelectionOptions } from '../../config/selection.ts';
import type { Format } from '../output/formatters.ts';
import type { StoredReplay } from './stored-replay.ts';

/** The parsed options of `replay`: every value has its type and is in its range. */
export interface ReplayOptions extends SelectionOptions, StoreOptions, Limits, Omit<InputOptions, 'broker'> {
  /** Base URL; `true`: the public one. */
  readonly broker?: string | true;
  readonly collector?: Collector;
  readonly since?: EventTime;
  readonly format?: Format;
  /** Path of the file to write; else stdout. */
  readonly out?: string;
  /** Number of reader threads, or threads that were already started; 0: read in the main thread. */
  readonly threads?: number | ScanThreads;
  /** A store that replaces `store`: a history in memory for questions. */
  readonly keep?: (selection: Selection, source: StoredReplay['source']) => Promise<StoredReplay>;
  readonly quiet?: boolean;
  readonly chart?: boolean;
  readonly color?: boolean;
}
