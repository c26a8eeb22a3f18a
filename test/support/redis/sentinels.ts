import { allOrNone } from './cluster.ts';
import { startRedis, type Config, type RedisServer, type ServerOptions } from './server.ts';
import { until } from './until.ts';

export interface SentinelOptions extends Omit<ServerOptions, 'folder' | 'mode' | 'tls'> {
  /** A server without an answer for this long counts as down, milliseconds. @default 500 */
  readonly downAfterMs?: number;
}

/** Two servers, one the other's replica, and three Sentinels that choose the master. */
export interface Sentinels {
  /** The Sentinels' name for the group. */
  readonly name: string;
  /** The first one is the master at the start. */
  readonly servers: readonly [RedisServer, RedisServer];
  readonly sentinels: readonly RedisServer[];
  /** The options for `new Redis(…)` to find the master. */
  readonly connection: {
    readonly name: string;
    readonly sentinels: { host: string; port: number }[];
    readonly username?: string;
    readonly password?: string;
  };
  /** The master, according to most Sentinels and to itself; waits until there is one. */
  readonly master: () => Promise<RedisServer>;
  /**
   * Waits until another server is the master. Elections can fail repeatedly on a busy machine: after some seconds it
   * asks a Sentinel for a failover, as an operator would.
   */
  readonly deposed: (old: RedisServer) => Promise<void>;
  /** Waits until there is a master with a replica, and all Sentinels know it, so that the next fault can be made. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const NAME = 'unroutable';
const QUORUM = 2;
/**
 * A Sentinel that was not scheduled for two seconds, or that waited so long for its disk, does nothing for thirty pings
 * (TILT mode). A busy machine with a slow disk can keep all three there, so here it takes a minute.
 */
const NEVER_TILT = ['TILT-TRIGGER', 60_000, 'TILT-PERIOD', 1_000] as const;
/** Without a failover for this long, the Sentinels are asked to begin one, milliseconds. */
const FORCE_AFTER_MS = 8_000;
const FAILOVER_WITHIN_MS = 40_000;
/**
 * How often Sentinels ask servers whether they live and how they are, and greet each other, in milliseconds; else 1 s,
 * 10 s and 2 s, and a master that comes back is made a replica after four greetings. Five pings must last longer than a
 * second: a server that was silent for that long is not made master, and during a failover INFO comes once a second.
 */
const OFTEN = ['PING-PERIOD', 300, 'INFO-PERIOD', 100, 'PUBLISH-PERIOD', 200] as const;

/** Starts the group, settled. */
export async function startSentinels(options: SentinelOptions = {}): Promise<Sentinels> {
  const { downAfterMs = 500, ...data } = options;
  const servers = await startPair(data);
  const sentinels = await allOrNone(
    Array.from({ length: 3 }, () =>
      startRedis({ mode: 'sentinel', config: watching(servers[0], downAfterMs, options.as) }),
    ),
  ).catch(async (error: unknown) => {
    await Promise.all(servers.map((server) => server.stop()));
    throw error;
  });

  const group: Sentinels = {
    name: NAME,
    servers,
    sentinels,
    connection: { ...options.as, name: NAME, sentinels: sentinels.map(({ host, port }) => ({ host, port })) },
    async master() {
      let leading: RedisServer | undefined;
      await until('most Sentinels name one master, and it is one', async () => {
        leading = await leader(group);
        return leading !== undefined;
      });
      return leading as unknown as RedisServer;
    },
    deposed: (old) => withLogs(group, () => deposed(group, old)),
    settled: () =>
      withLogs(group, () => until('one server leads, one follows, and every Sentinel knows', () => isSettled(group))),
    async stop() {
      await Promise.all([...sentinels, ...servers].map((server) => server.stop()));
    },
  };
  try {
    await Promise.all(sentinels.map((sentinel) => sentinel.cli('SENTINEL', 'DEBUG', ...OFTEN, ...NEVER_TILT)));
    await group.settled();
  } catch (error) {
    await group.stop();
    throw error;
  }
  return group;
}

async function startPair(options: ServerOptions): Promise<readonly [RedisServer, RedisServer]> {
  const { username, password } = options.as ?? {};
  // Each may become the other's replica.
  const login: Config = {
    ...(username !== undefined && { masteruser: username }),
    ...(password !== undefined && { masterauth: password }),
  };
  const master = await startRedis({ ...options, config: { ...login, ...options.config } });
  try {
    const replicaof = `${master.host} ${master.port}`;
    return [master, await startRedis({ ...options, config: { ...login, ...options.config, replicaof } })];
  } catch (error) {
    await master.stop();
    throw error;
  }
}

function watching(master: RedisServer, downAfterMs: number, as: ServerOptions['as']): Config {
  return {
    sentinel: [
      `monitor ${NAME} ${master.host} ${master.port} ${QUORUM}`,
      `down-after-milliseconds ${NAME} ${downAfterMs}`,
      // Twice this long must pass between two attempts; by default six minutes.
      `failover-timeout ${NAME} 2000`,
      ...(as?.username === undefined ? [] : [`auth-user ${NAME} ${as.username}`]),
      ...(as === undefined ? [] : [`auth-pass ${NAME} ${as.password}`]),
    ],
  };
}

async function leader({ sentinels, servers }: Sentinels): Promise<RedisServer | undefined> {
  const named = await Promise.all(
    sentinels.map(async (sentinel) => {
      const address = await sentinel.cli('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME).catch(() => []);
      return Number((address as string[])[1]);
    }),
  );
  const leading = servers.find(({ port }) => named.filter((name) => name === port).length >= QUORUM);
  if (leading === undefined) return undefined;
  const [role] = (await leading.cli('ROLE')) as [string];
  return role === 'master' ? leading : undefined;
}

async function deposed(group: Sentinels, old: RedisServer): Promise<void> {
  let asked = performance.now();
  await until(
    'another server leads',
    async () => {
      const leading = await leader(group).catch(() => undefined);
      if (leading !== undefined && leading !== old) return true;
      if (performance.now() - asked < FORCE_AFTER_MS) return false;
      asked = performance.now();
      await group.sentinels[0]?.cli('SENTINEL', 'FAILOVER', NAME);
      return false;
    },
    FAILOVER_WITHIN_MS,
  );
}

/** A failure says what the Sentinels logged last. */
async function withLogs(group: Sentinels, wait: () => Promise<void>): Promise<void> {
  await wait().catch((error: unknown) => {
    const logs = group.sentinels.map((sentinel) => sentinel.log().split('\n').slice(-12).join('\n'));
    throw new Error(`${(error as Error).message}; the Sentinels say:\n${logs.join('\n---\n')}`, { cause: error });
  });
}

async function isSettled(group: Sentinels): Promise<boolean> {
  const leading = await leader(group);
  if (leading === undefined) return false;
  const replication = String(await leading.cli('INFO', 'replication'));
  if (!replication.includes('state=online')) return false;

  const views = await Promise.all(group.sentinels.map((sentinel) => viewOf(sentinel)));
  return views.every((view) => view === `${leading.port} master, 2 other sentinels, slave ok`);
}

async function viewOf(sentinel: RedisServer): Promise<string> {
  const master = fields(await sentinel.cli('SENTINEL', 'MASTER', NAME));
  const [first] = (await sentinel.cli('SENTINEL', 'REPLICAS', NAME)) as unknown[];
  const replica = fields(first ?? []);
  const others = `${master.get('num-other-sentinels')} other sentinels`;
  return `${master.get('port')} ${master.get('flags')}, ${others}, ${replica.get('flags')} ${replica.get('master-link-status')}`;
}

/** A reply of names and values in turn. */
function fields(reply: unknown): ReadonlyMap<string, string> {
  const flat = reply as string[];
  return new Map(flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : [])));
}
