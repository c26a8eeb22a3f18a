import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis';
import { backOffMs } from '../../lib/back-off.ts';
import type { NatMap, Node } from './url.ts';

/** Where to connect, with all secrets and certificates read. */
export interface RedisTarget {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly nodes: readonly Node[];
  /** Path of a Unix socket, instead of a node. */
  readonly socket?: string;
  readonly master?: string;
  readonly natMap?: NatMap;
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

/** How a client of Redis connects. */
export interface ClientOptions {
  /** A server that does not answer for this many milliseconds during connecting counts as unreachable. */
  readonly deadlineMs: number;
  /** From 0 to 1, 1 excluded: the jitter of reconnecting. */
  readonly random: () => number;
}

/** Short waits, so that a server that is back is found within seconds. */
const RECONNECTING = { leastMs: 50, firstMs: 100, mostMs: 2_000 };

/** Redirections reveal slots that moved; this refresh finds masters that stopped answering. */
const SLOTS_REFRESH_MS = 5_000;

function backOff(random: () => number): (times: number) => number {
  return (times) => backOffMs(times, RECONNECTING, random);
}

type Options = RedisOptions & { replyMapping: 'legacy' };

function commonOptions({ username, password, tls }: RedisTarget, { deadlineMs }: ClientOptions): Options {
  return {
    replyMapping: 'legacy',
    // Both protocols give the same replies here; with 2, a connection starts with AUTH alone.
    protocol: 2,
    ...(password !== undefined && { username: username ?? 'default', password }),
    ...(tls && { tls: { ...tls } }),
    // If a connection breaks before a reply, only the caller knows whether the command may be repeated.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // A server that is loading its data says so in reply to each command.
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: deadlineMs,
    disconnectTimeout: 50,
    keepAlive: 10_000,
    // READONLY: we are on a replica. The name, or Sentinel, may point at the new master by now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/** A client of one server, or of the master that Sentinels name. Does not connect yet. */
export function redisOf(target: RedisTarget, options: ClientOptions): Redis {
  const [node] = target.nodes;
  const settings: Options = {
    ...commonOptions(target, options),
    ...(target.kind === 'single'
      ? target.socket === undefined
        ? { host: node?.host ?? '', port: node?.port ?? 0 }
        : { path: target.socket }
      : sentinelOptions(target, options)),
    db: target.db,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: backOff(options.random),
  };
  return new Redis(settings);
}

function sentinelOptions(
  target: RedisTarget,
  { random, deadlineMs }: ClientOptions,
): Omit<RedisOptions, 'replyMapping'> {
  const { nodes, master = '', tls, sentinelUsername, sentinelPassword } = target;
  return {
    sentinels: nodes.map(({ host, port }) => ({ host, port })),
    name: master,
    role: 'master',
    ...(sentinelPassword !== undefined && { sentinelUsername: sentinelUsername ?? 'default', sentinelPassword }),
    ...(tls && { sentinelTLS: { ...tls }, enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: deadlineMs,
    sentinelRetryStrategy: backOff(random),
    // Follows the Sentinels' messages: leaves a master that they have replaced, even if it still answers.
    failoverDetector: true,
    sentinelReconnectStrategy: backOff(random),
  };
}

/** A client of a cluster. It sends commands only to masters. Does not connect yet. */
export function clusterOf(target: RedisTarget, options: ClientOptions): Cluster {
  const settings: ClusterOptions = {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    clusterRetryStrategy: backOff(options.random),
    slotsRefreshTimeout: options.deadlineMs,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    // Certificates are issued for names, so nodes keep the names that the cluster uses.
    ...(target.natMap !== undefined && { natMap: target.natMap }),
    dnsLookup: (address, callback) => callback(null, address),
  };
  return new Cluster(
    target.nodes.map(({ host, port }) => ({ host, port })),
    { ...settings, redisOptions: commonOptions(target, options) },
  );
}
