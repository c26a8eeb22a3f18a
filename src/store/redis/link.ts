import { Cluster, type ChainableCommander, type Redis } from 'ioredis';
import { inTime } from '../../lib/within.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { Clock } from '../../ports.ts';
import { clusterOf, redisOf, type RedisTarget } from './clients.ts';
import { failureOf, RedisFailure } from './failure.ts';
import type { Script } from './scripts.ts';

/** What a link to Redis needs. */
export interface LinkOptions {
  readonly clock: Clock;
  /** A command fails after this many milliseconds without a reply. */
  readonly deadlineMs: number;
  /** From 0 to 1, 1 excluded: the jitter of reconnecting. */
  readonly random: () => number;
}

/** An argument of a Redis command. */
export type Arg = string | number;

interface Replicated {
  readonly reply: unknown;
  readonly replicas: number;
}

/** What a client of one server and a client of a cluster have in common. */
interface Caller {
  call(command: string, args: Arg[]): Promise<unknown>;
}

/** Milliseconds until a client that gave up is asked to connect again. */
const REVIVE_MS = 200;

/** A large commit gets more time than the deadline: one second per megabyte. */
const BYTES_PER_MS = 1_000;

/**
 * A connection that never waits forever, and reconnects by itself. It sends nothing twice, except in a cluster: there
 * ioredis repeats commands after a broken connection or a moved slot, possibly after the deadline. All our commands can
 * be repeated.
 *
 * Without this, ioredis would resend commands without a reply, queue commands that it cannot send, and leave a promise
 * open forever if its connection breaks at the wrong moment. Here each command ends within its deadline, with its reply
 * or with a `RedisFailure`.
 */
export class RedisLink {
  readonly #target: RedisTarget;
  readonly #options: LinkOptions;
  readonly #client: Redis | Cluster;
  #trouble: RedisFailure | undefined;
  #isUp = false;
  #isClosed = false;
  /** Number of connections that ended so far, and that number when the server last confirmed our database. */
  #ended = 0;
  #placedAfter = -1;
  readonly #siblings = new Set<RedisLink>();
  /** Aborted when this link is closed. */
  readonly #over = new AbortController();

  constructor(target: RedisTarget, options: LinkOptions) {
    this.#target = target;
    this.#options = options;
    if (target.kind === 'cluster') {
      this.#client = clusterOf(target, options);
      this.#client.on('+node', (node: Redis) => this.#watchHandshakes(node));
    } else {
      this.#client = redisOf(target, options);
      this.#watchHandshakes(this.#client);
      this.#client.on('end', () => void this.#revive(this.#client));
    }
    const failed = (error: unknown): void => this.#note(failureOf(error));
    this.#client.on('error', failed);
    this.#client.on('node error', failed);
    this.#client.on('ready', () => this.#note(undefined));
    this.#client.on('close', () => {
      this.#ended++;
      this.#note(this.#trouble ?? new RedisFailure('closed', ''));
    });
  }

  /** Closed by us, for good. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Connects; tries once. @throws RedisFailure. Later, lost connections are restored automatically. */
  async connect(): Promise<void> {
    if (this.#isClosed) throw new RedisFailure('closed', 'by us');
    try {
      await this.#within(this.#options.deadlineMs, this.#client.connect());
      await this.#within(this.#options.deadlineMs, this.#placed());
    } catch (error) {
      // ioredis keeps trying Sentinels. The cause of its failures says more than a timeout.
      throw this.#trouble === undefined ? error : this.#located(this.#trouble);
    }
  }

  /** @throws RedisFailure */
  call(command: string, args: readonly Arg[], patienceMs = 0): Promise<unknown> {
    const call = async (): Promise<unknown> => {
      await this.#placed();
      return callerOf(this.#client).call(command, [...args]);
    };
    return this.#within(this.#options.deadlineMs + patienceMs, call());
  }

  /** The reply of each writable server: one, or the masters of a cluster. @throws RedisFailure */
  callEach(command: string, args: readonly Arg[]): Promise<unknown[]> {
    const clients = this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client];
    const call = async (): Promise<unknown[]> => {
      await this.#placed();
      return Promise.all(clients.map((client) => callerOf(client).call(command, [...args])));
    };
    return this.#within(this.#options.deadlineMs, call());
  }

  /** Runs a script by its hash, or sends its text if the server does not know it. @throws RedisFailure */
  async run({ sha, lua }: Script, keys: readonly string[], args: readonly Arg[], moreMs = 0): Promise<unknown> {
    const patienceMs = moreMs + sizeOf(args) / BYTES_PER_MS;
    try {
      return await this.call('evalsha', [sha, keys.length, ...keys, ...args], patienceMs);
    } catch (error) {
      if (!(error instanceof RedisFailure) || error.kind !== 'noscript') throw error;
      return await this.call('eval', [lua, keys.length, ...keys, ...args], patienceMs);
    }
  }

  /**
   * The same, then waits until a replica has its writes. Both use one connection, because WAIT covers only its own.
   *
   * @returns the reply, and how many replicas have it. @throws RedisFailure
   */
  async runAndWait(script: Script, keys: readonly string[], args: readonly Arg[]): Promise<Replicated> {
    const { deadlineMs } = this.#options;
    const waitMs = Math.max(1, Math.floor(deadlineMs / 2));
    const attempt = async (command: string, text: string): Promise<Replicated> => {
      const send = async (): Promise<Awaited<ReturnType<ChainableCommander['exec']>>> => {
        await this.#placed();
        const pipeline = this.#client.pipeline([
          [command, text, keys.length, ...keys, ...args],
          ['wait', 1, waitMs],
        ]);
        return pipeline.exec();
      };
      const patienceMs = waitMs + sizeOf(args) / BYTES_PER_MS;
      const replies = await this.#within(deadlineMs + patienceMs, send());
      const [[error, reply] = [], [waitError, replicas] = []] = replies ?? [];
      if (error !== undefined && error !== null) throw failureOf(error, this.#trouble);
      if (waitError !== undefined && waitError !== null) throw failureOf(waitError, this.#trouble);
      return { reply, replicas: Number(replicas) };
    };
    try {
      return await attempt('evalsha', script.sha);
    } catch (error) {
      if (!(error instanceof RedisFailure) || error.kind !== 'noscript') throw error;
      return await attempt('eval', script.lua);
    }
  }

  /**
   * Another connection to the same server, for commands that block there for up to `waitMs` milliseconds. It ends with
   * this one.
   */
  sibling(waitMs: number): RedisLink {
    const sibling = new RedisLink(this.#target, { ...this.#options, deadlineMs: this.#options.deadlineMs + waitMs });
    this.#siblings.add(sibling);
    return sibling;
  }

  /** Ends a sibling connection at once, with its waiting commands. */
  release(sibling: RedisLink): void {
    this.#siblings.delete(sibling);
    sibling.abort();
  }

  /** Waits for commands under way, up to the deadline. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#over.abort();
    for (const sibling of this.#siblings) this.release(sibling);
    if (this.#isUp) await this.#within(this.#options.deadlineMs, this.#client.quit()).catch(() => undefined);
    this.#client.disconnect();
  }

  /** Ends at once, with all waiting commands. */
  abort(): void {
    this.#isClosed = true;
    this.#over.abort();
    this.#client.disconnect();
  }

  /**
   * ioredis gives up for good when the Sentinels announce a new master at the very moment at which it asks them for one
   * (ioredis 6.0: its failover detector cancels the connection, and no retry follows).
   */
  async #revive(client: Redis | Cluster): Promise<void> {
    await this.#options.clock.sleep(REVIVE_MS, this.#over.signal);
    // If it fails, it ends again, or tries again by itself.
    if (!this.#isClosed && client.status === 'end') await client.connect().catch(() => undefined);
  }

  /**
   * Makes sure that this connection uses the database of the URL. ioredis selects it when it connects, and continues in
   * database 0 if the server refuses. So nothing is sent on a new connection before the server has confirmed the
   * database.
   *
   * @throws RedisFailure `database`
   */
  async #placed(): Promise<void> {
    const { db } = this.#target;
    if (db === 0) return;
    while (this.#placedAfter !== this.#ended) {
      const ended = this.#ended;
      try {
        await callerOf(this.#client).call('select', [db]);
      } catch (error) {
        const failure = failureOf(error, this.#trouble);
        const isRefused = failure.kind === 'noperm' || failure.kind === 'other';
        throw isRefused ? new RedisFailure('database', `SELECT ${db}: ${messageOf(error)}`) : failure;
      }
      this.#placedAfter = ended;
    }
  }

  async #within<T>(ms: number, reply: Promise<T>): Promise<T> {
    const late = (): never => {
      throw new RedisFailure('timeout', `${Math.round(ms)} ms`, true);
    };
    try {
      const answer = await inTime(reply, { clock: this.#options.clock, ms }, late);
      this.#note(undefined);
      return answer;
    } catch (error) {
      const failure = failureOf(error, this.#trouble);
      if (failure.kind === 'timeout') this.#giveUp();
      throw this.#located(failure);
    }
  }

  /** The same, with the names of cluster nodes that cannot be reached: their addresses may not work from here. */
  #located(failure: RedisFailure): RedisFailure {
    const isLost = failure.kind === 'closed' || failure.kind === 'timeout';
    if (!isLost || !(this.#client instanceof Cluster)) return failure;
    const far = this.#client.nodes('master').filter(({ status }) => status !== 'ready' && status !== 'wait');
    const [name] = far.map(({ options: { host, port } }) => `${host}:${port}`);
    if (name === undefined) return failure;
    const hint = `no connection to ${name}, a master: where that address leads nowhere from here, add ?map=ADDRESS=HOST:PORT with the address that CLUSTER SLOTS gives`;
    return new RedisFailure(failure.kind, hint, failure.isUnknown);
  }

  /** A command that missed its deadline may never be answered. A new connection avoids waiting behind it. */
  #giveUp(): void {
    if (!this.#isClosed && this.#client.status === 'ready') this.#client.disconnect(true);
  }

  /** A stopped server accepts connections and never answers AUTH. ioredis would wait forever. */
  #watchHandshakes(client: Redis): void {
    const { clock, deadlineMs } = this.#options;
    client.on('connect', () => {
      const over = new AbortController();
      const end = (): void => over.abort();
      client.once('ready', end).once('close', end);
      void clock.sleep(deadlineMs, over.signal).then(() => {
        client.off('ready', end).off('close', end);
        if (!over.signal.aborted) this.#giveUpHandshake(client);
        return undefined;
      });
    });
  }

  #giveUpHandshake(client: Redis): void {
    this.#note(new RedisFailure('timeout', 'while logging in'));
    client.disconnect(true);
  }

  #note(trouble: RedisFailure | undefined): void {
    this.#trouble = trouble;
    this.#isUp = trouble === undefined;
  }
}

function callerOf(client: Redis | Cluster): Caller {
  return client;
}

function sizeOf(args: readonly Arg[]): number {
  return args.reduce<number>((bytes, arg) => bytes + (typeof arg === 'string' ? arg.length : 8), 0);
}
