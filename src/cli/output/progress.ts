import { durationText, utcText } from '../../report/clock.ts';
import { counted, grouped, printable } from '../../report/printable.ts';
import { widthOf, type Io } from '../../app/io.ts';
import type { Clock } from '../../ports.ts';
import type { Progress, ReplayProgress } from '../../app/replay/progress.ts';

const REDRAW_MS = 100;
const PLAIN_MS = 10_000;

/** A line that is redrawn on a terminal; elsewhere a plain line every ten seconds. */
export interface ProgressLine {
  /** Calls `text` only when the line is drawn. */
  show(text: () => string): void;
  clear(): void;
}

/** @param now monotonic or wall clock, milliseconds. */
export function createProgressLine(io: Io, now: () => number): ProgressLine {
  const isTerminal = io.stderr.isTTY === true;
  let shownAt = isTerminal ? -Infinity : now();
  let isShown = false;
  const clear = (): void => {
    if (isShown) io.stderr.write('\r\u001b[2K');
    isShown = false;
  };
  return {
    clear,
    show(text) {
      const at = now();
      if (at - shownAt < (isTerminal ? REDRAW_MS : PLAIN_MS)) return;
      shownAt = at;
      if (!isTerminal) {
        io.stderr.write(`${text()}\n`);
        return;
      }
      clear();
      io.stderr.write(text().slice(0, widthOf(io.stderr) - 1));
      isShown = true;
    },
  };
}

/** Shows the present text each second until `signal` aborts. No output if stderr is not a terminal. */
export async function showEachSecond(
  line: ProgressLine,
  text: () => string,
  { io, clock, signal }: { readonly io: Io; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  while (io.stderr.isTTY === true && !signal.aborted) {
    line.show(text);
    await clock.sleep(1000, signal);
  }
}

/** The progress of a replay. `now` is a clock in milliseconds. */
export function createProgress(io: Io, now: () => number): Progress {
  const begun = now();
  const line = createProgressLine(io, now);
  return {
    clear: () => line.clear(),
    show: (reading) => line.show(() => progressText(reading, now() - begun)),
  };
}

/**
 * `45 % 1 min 5 s left 12.1 of 27.0 MB 3 of 12 files 310,000 records/s at 2014-12-22 16:04:55 UTC`: the most important
 * part comes first, because a narrow terminal cuts the end.
 */
export function progressText(reading: ReplayProgress, elapsedMs: number): string {
  const { bytesRead, bytesTotal, records, at, filesRead, filesTotal } = reading;
  const share = bytesTotal === 0 ? 1 : Math.min(1, bytesRead / bytesTotal);
  const parts = [
    `${Math.floor(share * 100)} %`.padStart(5),
    // An estimate from less than a second, or from the first percent, misleads.
    elapsedMs >= 1000 && share >= 0.01 && share < 1 ? `${durationText((elapsedMs / share) * (1 - share))} left` : '',
    `${megabytes(bytesRead)} of ${megabytes(bytesTotal)} MB`,
    filesTotal > 1 ? `${grouped(filesRead)} of ${counted(filesTotal, 'file')}` : '',
    elapsedMs >= 1000 ? `${grouped(Math.round((records / elapsedMs) * 1000))} records/s` : '',
    at === undefined ? '' : `at ${utcText(at)}`,
  ];
  return printable(parts.filter((part) => part !== '').join('  '));
}

/** A number of bytes in megabytes, for people. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
