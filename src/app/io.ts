import type { Readable, Writable } from 'node:stream';
import type { Charset } from '../report/chart.ts';
import { colours, noPaint, type Paint } from '../report/paint.ts';
import { printable } from '../report/printable.ts';

/** The parts of the process that a command may use. Only `main.ts` makes the real one. */
export interface Io {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** For commands that read `-`. */
  readonly stdin?: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP, and when the reader of the output has gone. */
  readonly signal: AbortSignal;
}

/** Prints one line for people on stderr. Characters from input cannot act on the terminal. */
export function complain(io: Pick<Io, 'stderr'>, text: string): void {
  io.stderr.write(`unroutable: ${printable(text)}\n`);
}

/** The largest width used: wider text is hard to read, and wider charts show no more. */
const WIDEST = 120;

/** Columns of a terminal; 80 without a terminal. */
export function widthOf({ columns }: { readonly columns?: number }): number {
  return Math.min(WIDEST, Math.max(40, columns ?? 80));
}

/**
 * Whether to use colour. `choice`: --color or --no-color. By default only on terminals, unless NO_COLOR (no-color.org)
 * is set.
 */
export function paintFor(io: Io, choice: boolean | undefined, isTerminal: boolean): Paint {
  const isWanted = choice ?? (isTerminal && (io.env['NO_COLOR'] ?? '') === '' && io.env['TERM'] !== 'dumb');
  return isWanted ? colours : noPaint;
}

/** The locale in the order of POSIX (XBD 8.2): LC_ALL, LC_CTYPE, LANG, the first that is not empty. */
export function charsetOf({ env }: Pick<Io, 'env'>): Charset {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '');
  return locale !== undefined && /utf-?8/i.test(locale) ? 'unicode' : 'ascii';
}
