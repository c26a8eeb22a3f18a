import { readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../ports.ts';
import { codeOf } from '../../lib/errno.ts';
import { isAlive } from '../../lib/process.ts';

/** How long a writer waits for another process before it fails. A transaction takes milliseconds. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 5;

/** Tries to create the sign without a pause: the old one may have just been removed, or its process may be gone. */
const ATTEMPTS = 3;

/**
 * Lets one process write at a time. LMDB's own lock keeps writers apart, but waiting for it blocks the whole process,
 * and forever if the other process was stopped (SIGSTOP) inside a transaction. So a writer first creates a sign, a
 * symbolic link with its process id, and removes it afterwards. A process that finds a sign waits without blocking, and
 * gives up after a while. The sign of a process that has ended is ignored. If two processes ignore it at the same
 * moment, LMDB's lock still keeps them apart.
 */
export class WriteLock {
  readonly #sign: string;
  readonly #clock: Clock;
  readonly #never = new AbortController().signal;

  constructor(folder: string, clock: Clock) {
    this.#sign = join(folder, 'writing');
    this.#clock = clock;
  }

  /** @param act must be synchronous, so that writers within one process never overlap. */
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

  /** The process that holds the lock; `undefined`: we hold it now. */
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

/** A sign with our own id at this point is left from a killed process that had the same id. */
function isAnother(pid: number): boolean {
  return pid !== process.pid && isAlive(pid);
}
