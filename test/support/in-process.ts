import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { EXIT, type ExitStatus } from '../../src/cli/exit-status.ts';
import type { Ran } from './cli.ts';
import { Text } from './text.ts';

/**
 * Runs a command line inside this process, for many small checks. Throws on a bug. What the program compiled once stays
 * warm: a replay takes a third of the processor time of one in a process of its own.
 */
export async function inProcess(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const [stdout, stderr] = [new Text(), new Text()];
  let status: ExitStatus = EXIT.done;
  const io = { stdout, stderr, env, signal: new AbortController().signal };
  try {
    await createProgram(io, (end) => (status = end)).parseAsync(['node', 'unroutable', ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    status = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
  return { status, stdout: stdout.text, stderr: stderr.text };
}

/** The command within this process, and a folder for the files of a test. */
export interface CommandHere {
  readonly folder: string;
  readonly run: typeof inProcess;
  readonly remove: () => Promise<void>;
}

/**
 * For tests of what a command answers; paths are relative to the folder. What a process does (signals, pipes, exit) needs
 * `buildCli`.
 */
export async function commandHere(): Promise<CommandHere> {
  const folder = await mkdtemp(join(tmpdir(), 'unroutable-here-'));
  const before = process.cwd();
  process.chdir(folder);
  const remove = (): Promise<void> => {
    process.chdir(before);
    return rm(folder, { recursive: true });
  };
  return { folder, run: inProcess, remove };
}
