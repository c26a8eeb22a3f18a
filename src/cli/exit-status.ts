import { complain, type Io } from '../app/io.ts';
import type { Failure, FaultKind } from '../lib/result.ts';

/** How the command ends, named by what the user must do. docs/cli.md and `--help` have the same table. */
export const EXIT = {
  /** Nothing: all input was read. */
  done: 0,
  /**
   * Wait, or look at what it says: nobody watches, or who does is not ready, of `status --ready`; not all arrived, of
   * `drill` and `webhook test`.
   */
  notReady: 1,
  /** Mend the command line. */
  usage: 2,
  /** The result stands, but not all of the input could be read: fetch the files named again. */
  partial: 3,
  /** No input could be read, or the output not be written: look at names, rights and space. */
  files: 4,
  /** Fetch or make the input again: trying again with the same input is useless. Of `map` and `reduce`. */
  data: 65,
  /** Mend the store, or choose another: it could not be used, or holds what is not ours. */
  store: 69,
  /** Report a bug. */
  bug: 70,
  /** Try again: a disk or a network failed, or a file changed while it was read. Of `map` and `reduce`. */
  again: 75,
  /** Mend the territories file, or that of webhooks. */
  configuration: 78,
  /** Nothing: it was stopped by a signal, what was found until then was printed. */
  interrupted: 130,
} as const satisfies Readonly<Record<FaultKind | 'done' | 'bug', number>>;

/** An exit status of the command. */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** Prints the faults and gives the exit status that stands for their kind. */
export function failed({ kind, faults }: Pick<Failure, 'kind' | 'faults'>, io: Io): ExitStatus {
  for (const fault of faults) complain(io, fault);
  return EXIT[kind];
}

/** The exit statuses, as the help texts list them. */
export const EXIT_HELP = `Exit status:
  0    done: all input was read
  1    of 'status --ready': nobody watches, or who does is not ready;
       of 'drill' and 'webhook test': not all of it arrived
  2    mend the command line
  3    partial: the result stands, but some input was damaged; it is named
  4    no input could be read, or the output not be written
  65   of 'map' and 'reduce': some input is bad and will stay so; it is named
  69   the store could not be used: mend it, or choose another
  70   a bug: please report it
  75   of 'map' and 'reduce': a disk failed or a file changed; try again
  78   mend the territories file, or that of webhooks
  130  interrupted: what was found until then was printed`;
