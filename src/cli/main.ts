#!/usr/bin/env node
import { CommanderError } from 'commander';
import { EXIT, type ExitStatus } from './exit-status.ts';
import { complain, type Io } from '../app/io.ts';
import { createProgram } from './program.ts';
import { refusal } from '../lib/errno.ts';

/** Milliseconds. */
const ORPHAN_ENDS_WITHIN_MS = 2_000;

/** The only code that uses the process directly. It creates the `Io` for commands, and exits with their status. */
async function main(): Promise<void> {
  const stop = new AbortController();
  // SIGHUP: the terminal was closed.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      // A second signal ends the process at once.
      if (stop.signal.aborted) process.exit(EXIT.interrupted);
      stop.abort();
    });
  }
  // The worker that started this process has ended, so another worker has this task by now.
  process.once('disconnect', () => {
    stop.abort();
    setTimeout(() => process.exit(EXIT.interrupted), ORPHAN_ENDS_WITHIN_MS).unref();
  });
  // This listener must not keep the process alive.
  process.channel?.unref();
  const { stdin, stdout, stderr, env } = process;
  const io: Io = { stdin, stdout, stderr, env, signal: stop.signal };
  const end = (status: ExitStatus) => {
    // Incomplete output counts more than the command's own status.
    if (process.exitCode !== EXIT.files) process.exitCode = status;
  };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that closed the pipe (`| head`) is not an error.
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || process.exitCode === EXIT.files) return;
    complain(io, `the output could not be written: ${refusal(error)}`);
    end(EXIT.files);
  });
  // Errors of stderr itself cannot be reported.
  process.stderr.on('error', () => undefined);

  try {
    await createProgram(io, end, process.argv.slice(2)).parseAsync(process.argv);
  } catch (error) {
    end(failed(error));
  }
}

function failed(error: unknown): ExitStatus {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  process.stderr.write(
    `unroutable: this is a bug, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.bug;
}

await main();
