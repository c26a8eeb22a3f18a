import { noVerdictLines } from '../../report/summary.ts';
import type { Selection } from '../../config/selection.ts';
import type { Engine } from '../../engine.ts';
import type { Space } from '../../spaces.ts';
import type { Clock } from '../../ports.ts';
import { clocksOf, standingsOf } from '../output/formatters.ts';
import type { Logger } from '../log.ts';

/** By then the first seed and the peers of the feed are known. Milliseconds. */
const PATIENCE_MS = 10 * 60_000;

/** Logs which territories have no verdict, and why: once, when they should have one, and again at the end. */
export class NoVerdictLog {
  readonly #engine: Engine<Space>;
  readonly #selection: Selection;
  readonly #log: Logger;

  constructor(engine: Engine<Space>, selection: Selection, log: Logger) {
    this.#engine = engine;
    this.#selection = selection;
    this.#log = log;
  }

  /** Runs until `signal` aborts. */
  async later(clock: Clock, signal: AbortSignal): Promise<void> {
    await clock.sleep(PATIENCE_MS, signal);
    if (!signal.aborted) this.write();
  }

  write(): void {
    const { now: end } = this.#engine;
    // No data was received at all: log lines about the connection say why.
    if (end === undefined) return;
    const standings = standingsOf(this.#engine.status(), this.#selection);
    for (const line of noVerdictLines({ standings, end }, clocksOf(this.#selection))) this.#log.warn(line);
  }
}
