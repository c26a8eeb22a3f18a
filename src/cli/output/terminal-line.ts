import type { Clock } from '../../ports.ts';
import { widthOf, type Io } from '../../app/io.ts';

/** How often the line is drawn, milliseconds. */
const REDRAW_MS = 1000;

/** One line at the bottom of a terminal; no output if stderr is not a terminal. */
export class TerminalLine {
  readonly #io: Io;
  #isShown = false;

  constructor(io: Io) {
    this.#io = io;
  }

  clear(): void {
    if (this.#isShown) this.#io.stderr.write('\r\u001b[2K');
    this.#isShown = false;
  }

  async draw(text: () => string, clock: Clock, signal: AbortSignal): Promise<void> {
    if (this.#io.stderr.isTTY !== true) return;
    while (!signal.aborted) {
      this.clear();
      this.#io.stderr.write(text().slice(0, widthOf(this.#io.stderr) - 1));
      this.#isShown = true;
      await clock.sleep(REDRAW_MS, signal);
    }
  }
}
