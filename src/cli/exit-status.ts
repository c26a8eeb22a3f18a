import { complain, type Io } from '../app/io.ts';
import type { Failure, FaultKind } from '../lib/result.ts';

/** The exit statuses, each with what the user must do. docs/cli.md and `--help` have the same table. */
export const EXIT = {
  /** Nothing: all input was read. */
  done: 0,
  /**
   * `status --ready`: there is no leader, or it is not ready. `drill`, `webhook test`: not everything arrived.
   */
  notReady: 1,
  /** Correct the command line. */
  usage: 2,
  /** Fetch the named files again: the result is valid, but some input could not be read. */
  partial: 3,
  /** Check names, rights and disk space: no input could be read, or the output could not be written. */
  files: 4,
  /** Fetch or make the input again: the same input will fail again. `map` and `reduce` only. */
  data: 65,
  /** Repair the store, or choose another: it could not be used, or contains foreign data. */
  store: 69,
  /** Report a bug. */
  bug: 70,
  /** Try again: a disk or a network failed, or a file changed while it was read. `map` and `reduce` only. */
  again: 75,
  /** Correct the territories file or the webhooks file. */
  configuration: 78,
  /** Nothing: a signal stopped the command; results up to then were printed. */
  interrupted: 130,
} as const satisfies Readonly<Record<FaultKind | 'done' | 'bug', number>>;

/** An exit status of the command. */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** Prints the faults and returns the exit status of their kind. */
export function failed({ kind, faults }: Pick<Failure, 'kind' | 'faults'>, io: Io): ExitStatus {
  for (const fault of faults) complain(io, fault);
  return EXIT[kind];
}

/** The exit statuses, as text for the help. */
export const EXIT_HELP = `Exit status:
  0    done: all input was read
  1    'status --ready': there is no leader, or it is not ready;
       'drill' and 'webhook test': not everything arrived
  2    the command line is wrong
  3    partial: the result is valid, but some input was damaged or is missing
  4    no input could be read, or the output could not be written
  65   of 'map' and 'reduce': some input is bad and will stay so; it is named
  69   the store could not be used: repair it, or choose another one
  70   a bug: please report it
  75   of 'map' and 'reduce': a disk failed or a file changed; try again
  78   the territories file or the webhooks file is wrong
  130  interrupted: the results so far were printed`;
