import type { RedisOptions } from 'bullmq';
import { Redis } from 'ioredis';

/**
 * Locks of the workers of a queue: the worker that holds a lock does some work alone. They are keys in Redis that
 * expire, so that a worker that dies does not hold its lock forever. Without Redis, calls wait until it answers.
 */
export class RedisLocks {
  readonly #client: Redis;
  readonly #prefix: string;

  /** It connects with the first call. @param prefix of the keys */
  constructor(connection: RedisOptions, prefix: string) {
    this.#client = new Redis({ ...connection, lazyConnect: true });
    this.#prefix = prefix;
    // The call that fails reports it.
    this.#client.on('error', () => undefined);
  }

  /** Takes a lock for `ms` milliseconds; `false` when another worker has it. */
  async take(name: string, ms: number): Promise<boolean> {
    return (await this.#client.set(this.#key(name), '1', 'PX', Math.ceil(ms), 'NX')) === 'OK';
  }

  /** Holds the lock for `ms` milliseconds from now. */
  async renew(name: string, ms: number): Promise<void> {
    await this.#client.pexpire(this.#key(name), Math.ceil(ms));
  }

  /** Releases the lock. */
  async release(name: string): Promise<void> {
    await this.#client.del(this.#key(name));
  }

  /** Ends the connection. */
  close(): void {
    this.#client.disconnect();
  }

  #key(name: string): string {
    return `${this.#prefix}:${name}`;
  }
}
