import { Cluster, type ChainableCommander, type Redis } from 'ioredis';
import type { Clock } from '../../ports.ts';
import { clusterOf, redisOf, type RedisTarget } from './clients.ts';
import { failureOf, RedisFailure } from './failure.ts';
import type { Script } from './scripts.ts';

/** What a link to Redis needs. */
export interface LinkOptions {
  readonly clock: Clock;
  /** After so many milliseconds without a reply a command has failed. */
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

/** What a connection to one server or to a cluster has in common. */
interface Caller {
  call(command: string, args: Arg[]): Promise<unknown>;
}

/** A megabyte a second, and a little for Redis itself: what a commit may take besides the deadline. */
const BYTES_PER_MS = 1_000;

/**
 * A connection that never waits for ever, and is made anew by itself. It sends nothing twice but in a cluster, where ioredis
 * sends again, within the deadline or later, what a broken connection or a moved slot left open: all that we send bears that.
 *
 * ioredis by itself would resend what it got no reply for, keep what it cannot send, and leave a promise open for ever
 * when its connection breaks at the wrong moment. Here every command ends within its deadline: with its reply, or with a
 * `RedisFailure`.
 */
export class RedisLink {
  readonly #target: RedisTarget;
  readonly #options: LinkOptions;
  readonly #client: Redis | Cluster;
  #trouble: RedisFailure | undefined;
  #isUp = false;
  #isClosed = false;
  /** Connections that ended so far, and how many had when the server last confirmed our database. */
  #ended = 0;
  #placedAfter = -1;
  readonly #siblings = new Set<RedisLink>();

  constructor(target: RedisTarget, options: LinkOptions) {
    this.#target = target;
    this.#options = options;
    if (target.kind === 'cluster') {
      this.#client = clusterOf(target, options);
      this.#client.on('+node', (node: Redis) => this.#watchHandshakes(node));
    } else {
      this.#client = redisOf(target, options);
      this.#watchHandshakes(this.#client);
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

  /** By us, for good. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Tries once. @throws RedisFailure. After it, what is lost is connected again by itself. */
  async connect(): Promise<void> {
    if (this.#isClosed) throw new RedisFailure('closed', 'by us');
    try {
      await this.#within(this.#options.deadlineMs, this.#client.connect());
      await this.#within(this.#options.deadlineMs, this.#placed());
    } catch (error) {
      // ioredis goes on trying Sentinels: what went wrong says more than that it took too long.
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

  /** The reply of each server that may be written to: one, or the masters of a cluster. @throws RedisFailure */
  callEach(command: string, args: readonly Arg[]): Promise<unknown[]> {
    const clients = this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client];
    const call = async (): Promise<unknown[]> => {
      await this.#placed();
      return Promise.all(clients.map((client) => callerOf(client).call(command, [...args])));
    };
    return this.#within(this.#options.deadlineMs, call());
  }

  /** Runs a script by its name, and sends it whole where it is not known. @throws RedisFailure */
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
   * The same, and then waits until a replica has what it wrote. Both go over one connection, of which alone WAIT speaks.
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
   * Another connection to the same place, for commands that wait on the server up to so many milliseconds. Ends when this
   * one does.
   */
  sibling(waitMs: number): RedisLink {
    const sibling = new RedisLink(this.#target, { ...this.#options, deadlineMs: this.#options.deadlineMs + waitMs });
    this.#siblings.add(sibling);
    return sibling;
  }

  /** Ends a sibling at once, and with it what waits. */
  release(sibling: RedisLink): void {
    this.#siblings.delete(sibling);
    sibling.abort();
  }

  /** What is under way ends first, if it does in time. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const sibling of this.#siblings) this.release(sibling);
    if (this.#isUp) await this.#within(this.#options.deadlineMs, this.#client.quit()).catch(() => undefined);
    this.#client.disconnect();
  }

  /** Ends at once, and with it what waits. */
  abort(): void {
    this.#isClosed = true;
    this.#client.disconnect();
  }

  /**
   * Sees to it that this connection is in the database of the URL. ioredis asks for it when it connects, and goes on in
   * database 0 when the server refuses. So nothing is sent on a new connection before the server has confirmed it to us.
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
    const answered = new AbortController();
    const late = this.#options.clock.sleep(ms, answered.signal).then(() => {
      throw new RedisFailure('timeout', `${Math.round(ms)} ms`, true);
    });
    try {
      const answer = await Promise.race([reply, late]);
      this.#note(undefined);
      return answer;
    } catch (error) {
      const failure = failureOf(error, this.#trouble);
      if (failure.kind === 'timeout') this.#giveUp();
      throw this.#located(failure);
    } finally {
      answered.abort();
    }
  }

  /** The same, naming the nodes of a cluster that are not reached: their addresses may lead nowhere from here. */
  #located(failure: RedisFailure): RedisFailure {
    const isLost = failure.kind === 'closed' || failure.kind === 'timeout';
    if (!isLost || !(this.#client instanceof Cluster)) return failure;
    const far = this.#client.nodes('master').filter(({ status }) => status !== 'ready' && status !== 'wait');
    const [name] = far.map(({ options: { host, port } }) => `${host}:${port}`);
    if (name === undefined) return failure;
    const hint = `no connection to ${name}, a master: where that address leads nowhere from here, add ?map=ADDRESS=HOST:PORT with the address that CLUSTER SLOTS gives`;
    return new RedisFailure(failure.kind, hint, failure.isUnknown);
  }

  /** What has not answered in time may never: a new connection is better than to wait behind what is stuck in this one. */
  #giveUp(): void {
    if (!this.#isClosed && this.#client.status === 'ready') this.#client.disconnect(true);
  }

  /** A server that was stopped takes connections, and never answers AUTH. ioredis would wait for ever. */
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function callerOf(client: Redis | Cluster): Caller {
  return client;
}

function sizeOf(args: readonly Arg[]): number {
  return args.reduce<number>((bytes, arg) => bytes + (typeof arg === 'string' ? arg.length : 8), 0);
}
