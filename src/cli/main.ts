#!/usr/bin/env node
import { CommanderError } from 'commander';
import { EXIT, type ExitStatus } from './exit-status.ts';
import type { Io } from './io.ts';
import { createProgram } from './program.ts';

/** The only place that touches the process: it makes what commands need, and ends with their status. */
async function main(): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // The second signal does not wait for anything.
      if (stop.signal.aborted) process.exit(EXIT.interrupted);
      stop.abort();
    });
  }
  // A reader that went away (`| head`) is no error, of help and lists neither.
  process.stdout.on('error', quietly);
  process.stderr.on('error', quietly);

  const io: Io = { stdout: process.stdout, stderr: process.stderr, env: process.env, signal: stop.signal };
  const end = (status: ExitStatus) => {
    process.exitCode = status;
  };
  try {
    await createProgram(io, end).parseAsync(process.argv);
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

function quietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
}

await main();
