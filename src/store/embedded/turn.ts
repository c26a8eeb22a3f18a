import { readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../ports.ts';
import { codeOf } from '../../lib/errno.ts';
import { isAlive } from '../../lib/process.ts';

/** How long a writer waits for another process before it fails. A transaction takes milliseconds. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 5;

/** To put up a sign at once, where one went just now or was left behind. */
const ATTEMPTS = 3;

/**
 * Whose turn it is to write. LMDB's own lock is what keeps writers apart, but waiting for it stops the whole process, for
 * ever where the other was stopped (SIGSTOP) in the middle of a transaction. So a writer first puts up a sign with its
 * process id, a symbolic link, and takes it down after. Who finds one waits beside its other work, and gives up in time.
 * The sign of a process that is gone counts for nothing; that two may be wrong about that at once does no harm, because
 * LMDB's lock still stands.
 */
export class WriteTurn {
  readonly #sign: string;
  readonly #clock: Clock;
  readonly #never = new AbortController().signal;

  constructor(folder: string, clock: Clock) {
    this.#sign = join(folder, 'writing');
    this.#clock = clock;
  }

  /** @param act must not wait: within one process turns then never meet. */
  async take<T>(act: () => T): Promise<T> {
    const start = this.#clock.monotonicMs();
    for (let holder = this.#raise(); holder !== undefined; holder = this.#raise()) {
      if (this.#clock.monotonicMs() - start > PATIENCE_MS) {
        throw new Error(`process ${holder} has been writing to the same folder for ${String(PATIENCE_MS / 1000)} s`);
      }
      await this.#clock.sleep(PAUSE_MS, this.#never);
    }
    try {
      return act();
    } finally {
      rmSync(this.#sign, { force: true });
    }
  }

  /** The process that writes, when it is not to be us. */
  #raise(): string | undefined {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        symlinkSync(String(process.pid), this.#sign);
        return undefined;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
      const holder = this.#holder();
      if (holder !== undefined && isAnother(Number(holder))) return holder;
      if (holder !== undefined) rmSync(this.#sign, { force: true });
    }
    return 'of another number';
  }

  #holder(): string | undefined {
    try {
      return readlinkSync(this.#sign);
    } catch {
      return undefined;
    }
  }
}

/** Our own sign, found up when it is our turn, is of a process that was killed and had the id that we have now. */
function isAnother(pid: number): boolean {
  return pid !== process.pid && isAlive(pid);
}
