import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis';
import type { Clock } from '../../ports.ts';
import { failureOf, RedisFailure } from './failure.ts';
import type { Script } from './scripts.ts';
import type { Node } from './url.ts';

/** Where to connect, with all secrets and certificates read. */
export interface Target {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly nodes: readonly Node[];
  readonly master?: string;
  readonly username?: string;
  readonly password?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly db: number;
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly servername?: string;
  };
}

export interface LinkOptions {
  readonly clock: Clock;
  /** After so many milliseconds without a reply a command has failed. */
  readonly deadlineMs: number;
  /** From 0 to 1, 1 excluded: the jitter of reconnecting. */
  readonly random: () => number;
  /** Called each time the server can be talked to again after it could not, and when it no longer can. */
  readonly onChange?: (trouble: RedisFailure | undefined) => void;
}

export type Arg = string | number;

/** What a connection to one server or to a cluster has in common. */
interface Caller {
  call(command: string, args: Arg[]): Promise<unknown>;
}

const RECONNECT_LEAST_MS = 50;
/** Small: a server that is back is to be found within seconds. Jitter keeps many of us apart. */
const RECONNECT_MOST_MS = 2_000;

/** Slots that moved are found by their redirections; this finds masters that fell silent. */
const SLOTS_REFRESH_MS = 5_000;

/** A megabyte a second, and a little for Redis itself: what a commit may take besides the deadline. */
const BYTES_PER_MS = 1_000;

/**
 * A connection that never sends anything twice, never waits for ever, and is made anew by itself.
 *
 * ioredis by itself would resend what it got no reply for, keep what it cannot send, and leave a promise open for ever
 * when its connection breaks at the wrong moment. Here every command ends within its deadline: with its reply, or with a
 * `RedisFailure`.
 */
export class Link {
  readonly #target: Target;
  readonly #options: LinkOptions;
  readonly #client: Redis | Cluster;
  #trouble: RedisFailure | undefined;
  #isUp = false;
  #isClosed = false;

  constructor(target: Target, options: LinkOptions) {
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
    this.#client.on('close', () => this.#note(this.#trouble ?? new RedisFailure('closed', '')));
  }

  /** Why the server cannot be talked to; `undefined` when it can, as far as is known. */
  get trouble(): RedisFailure | undefined {
    return this.#trouble;
  }

  /** Tries once. @throws RedisFailure. After it, what is lost is connected again by itself. */
  async connect(): Promise<void> {
    if (this.#isClosed) throw new RedisFailure('closed', 'by us');
    try {
      await this.#within(this.#options.deadlineMs, this.#client.connect());
    } catch (error) {
      // ioredis goes on trying Sentinels: what went wrong says more than that it took too long.
      throw this.#trouble ?? error;
    }
    this.#note(undefined);
  }

  /** @throws RedisFailure */
  call(command: string, args: readonly Arg[], patienceMs = 0): Promise<unknown> {
    return this.#within(this.#options.deadlineMs + patienceMs, callerOf(this.#client).call(command, [...args]));
  }

  /** The reply of each server that may be written to: one, or the masters of a cluster. @throws RedisFailure */
  callEach(command: string, args: readonly Arg[]): Promise<unknown[]> {
    const clients = this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client];
    const replies = clients.map((client) => callerOf(client).call(command, [...args]));
    return this.#within(this.#options.deadlineMs, Promise.all(replies));
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
   * @throws RedisFailure `unconfirmed` when none has it in time.
   */
  async runAndWait(script: Script, keys: readonly string[], args: readonly Arg[]): Promise<unknown> {
    const { deadlineMs } = this.#options;
    const waitMs = Math.max(1, Math.floor(deadlineMs / 2));
    const attempt = async (command: string, text: string): Promise<unknown> => {
      const pipeline = this.#client.pipeline([
        [command, text, keys.length, ...keys, ...args],
        ['wait', 1, waitMs],
      ]);
      const replies = await this.#within(deadlineMs + sizeOf(args) / BYTES_PER_MS, pipeline.exec());
      const [[error, reply] = [], [waitError, replicas] = []] = replies ?? [];
      if (error !== undefined && error !== null) throw failureOf(error, this.#trouble);
      if (waitError !== undefined && waitError !== null) throw failureOf(waitError, this.#trouble);
      if (typeof replicas !== 'number' || replicas < 1) throw new RedisFailure('unconfirmed', '', true);
      return reply;
    };
    try {
      return await attempt('evalsha', script.sha);
    } catch (error) {
      if (!(error instanceof RedisFailure) || error.kind !== 'noscript') throw error;
      return await attempt('eval', script.lua);
    }
  }

  /** Another connection to the same place, for commands that wait on the server up to so many milliseconds. */
  sibling(waitMs: number): Link {
    const { onChange: _, ...options } = this.#options;
    return new Link(this.#target, { ...options, deadlineMs: options.deadlineMs + waitMs });
  }

  /** What is under way ends first, if it does in time. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isUp) await this.#within(this.#options.deadlineMs, this.#client.quit()).catch(() => undefined);
    this.#client.disconnect();
  }

  /** Ends at once, and with it what waits. */
  abort(): void {
    this.#isClosed = true;
    this.#client.disconnect();
  }

  async #within<T>(ms: number, reply: Promise<T>): Promise<T> {
    const answered = new AbortController();
    const late = this.#options.clock.sleep(ms, answered.signal).then(() => {
      throw new RedisFailure('timeout', `${Math.round(ms)} ms`, true);
    });
    try {
      return await Promise.race([reply, late]);
    } catch (error) {
      const failure = failureOf(error, this.#trouble);
      if (failure.kind === 'timeout') this.#giveUp();
      throw failure;
    } finally {
      answered.abort();
    }
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
    const wasUp = this.#isUp;
    this.#trouble = trouble;
    this.#isUp = trouble === undefined;
    if (this.#isUp !== wasUp && !this.#isClosed) this.#options.onChange?.(trouble);
  }
}

function callerOf(client: Redis | Cluster): Caller {
  return client;
}

function sizeOf(args: readonly Arg[]): number {
  return args.reduce<number>((bytes, arg) => bytes + (typeof arg === 'string' ? arg.length : 8), 0);
}

/** Full jitter: those who were cut off together do not come back together. */
function backOff(random: () => number): (times: number) => number {
  return (times) => {
    const bound = Math.min(RECONNECT_MOST_MS, RECONNECT_LEAST_MS * 2 ** Math.min(times, 20));
    return Math.round(RECONNECT_LEAST_MS + random() * (bound - RECONNECT_LEAST_MS));
  };
}

type Options = RedisOptions & { replyMapping: 'legacy' };

function commonOptions({ username, password, tls }: Target, { deadlineMs }: LinkOptions): Options {
  return {
    replyMapping: 'legacy',
    // Replies are the same in both; with 2, AUTH is all that a connection begins with.
    protocol: 2,
    ...(password !== undefined && { username: username ?? 'default', password }),
    ...(tls && { tls: { ...tls } }),
    // Reset where a reply is owed: nobody but the caller knows whether repeating is right.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // A server that is loading says so, in reply to each command.
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: deadlineMs,
    disconnectTimeout: 50,
    keepAlive: 10_000,
    // The name, or Sentinel, may point at the new master by now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

function redisOf(target: Target, options: LinkOptions): Redis {
  const [node] = target.nodes;
  const settings: Options = {
    ...commonOptions(target, options),
    ...(target.kind === 'single'
      ? { host: node?.host ?? '', port: node?.port ?? 0 }
      : sentinelOptions(target, options)),
    db: target.db,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: backOff(options.random),
  };
  return new Redis(settings);
}

function sentinelOptions(target: Target, { random, deadlineMs }: LinkOptions): Omit<RedisOptions, 'replyMapping'> {
  const { nodes, master = '', tls, sentinelUsername, sentinelPassword } = target;
  return {
    sentinels: nodes.map(({ host, port }) => ({ host, port })),
    name: master,
    role: 'master',
    ...(sentinelPassword !== undefined && { sentinelUsername: sentinelUsername ?? 'default', sentinelPassword }),
    ...(tls && { sentinelTLS: { ...tls }, enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: deadlineMs,
    sentinelRetryStrategy: backOff(random),
    // Listens to the Sentinels: leaves a master that they have deposed, though it still answers.
    failoverDetector: true,
    sentinelReconnectStrategy: backOff(random),
  };
}

function clusterOf(target: Target, options: LinkOptions): Cluster {
  const settings: ClusterOptions = {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    clusterRetryStrategy: backOff(options.random),
    slotsRefreshTimeout: options.deadlineMs,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    // Certificates are of names: nodes are called what the cluster calls them.
    dnsLookup: (address, callback) => callback(null, address),
  };
  return new Cluster(
    target.nodes.map(({ host, port }) => ({ host, port })),
    { ...settings, redisOptions: commonOptions(target, options) },
  );
}
