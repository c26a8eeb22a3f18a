import { openStore } from '../../../src/app/open-store.ts';
import type { Io } from '../../../src/app/io.ts';
import { systemClock } from '../../../src/app/system-clock.ts';
import type { StateStore } from '../../../src/ports.ts';
import { Text } from '../../support/text.ts';

/** The output of a command, in memory. */
export class TestIo implements Io {
  readonly stdout = new Text();
  readonly stderr = new Text();
  readonly env = {};
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal = new AbortController().signal) {
    this.signal = signal;
  }
}

/** The output of a command, and its status. */
export interface Output {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command. */
export async function outputOf(command: (io: Io) => Promise<number>): Promise<Output> {
  const io = new TestIo();
  const status = await command(io);
  return { status, out: io.stdout.text, err: io.stderr.text };
}

/** The store of a place. */
export async function opened(place: string): Promise<StateStore> {
  const one = await openStore({ store: place }, ['KP'], new TestIo(), systemClock);
  if (!one.ok) throw new Error(one.faults.join());
  return one.value.store;
}
