import { freePort } from './ports.ts';
import { startRedis, type RedisServer, type ServerOptions } from './server.ts';
import { until } from './until.ts';

/** Three masters that share the slots, without replicas. */
export interface RedisCluster {
  readonly masters: readonly RedisServer[];
  /** The nodes for `new Cluster(…)`. */
  readonly startupNodes: readonly { readonly host: string; readonly port: number }[];
  /** Waits until every running master accepts writes to any slot. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const SLOTS = 16_384;
const MASTERS = 3;
const CONFIG = { 'cluster-enabled': 'yes', 'cluster-node-timeout': 1_000 };

/**
 * Starts a cluster that accepts writes. It takes two seconds, because a Redis master waits that long after each start.
 */
export async function startCluster(options: Omit<ServerOptions, 'folder' | 'mode'> = {}): Promise<RedisCluster> {
  const tls = options.tls === undefined ? {} : { 'tls-cluster': 'yes' };
  const numbers = Array.from({ length: MASTERS }, (_, number) => number);
  const buses = await Promise.all(numbers.map(() => freePort()));
  const masters = await allOrNone(
    buses.map((bus) =>
      startRedis({ ...options, config: { ...CONFIG, ...tls, 'cluster-port': bus, ...options.config } }),
    ),
  );

  const stop = async () => {
    await Promise.all(masters.map((master) => master.stop()));
  };
  const settled = () => until('every master of the cluster accepts writes', () => areSettled(masters));
  try {
    await Promise.all(masters.map((master, number) => shareOf(master, number)));
    await introduce(masters, buses);
    await settled();
  } catch (error) {
    await stop();
    throw error;
  }
  return { masters, startupNodes: masters.map(({ host, port }) => ({ host, port })), settled, stop };
}

/** When one does not start, the others end. */
export async function allOrNone(starting: readonly Promise<RedisServer>[]): Promise<readonly RedisServer[]> {
  const outcomes = await Promise.allSettled(starting);
  const started = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return started;
  await Promise.all(started.map((server) => server.stop()));
  throw failed.reason;
}

async function shareOf(master: RedisServer, number: number): Promise<void> {
  const bound = (share: number) => Math.round((share * SLOTS) / MASTERS);
  await master.cli('CLUSTER', 'ADDSLOTSRANGE', bound(number), bound(number + 1) - 1);
  await master.cli('CLUSTER', 'SET-CONFIG-EPOCH', number + 1);
}

async function introduce(masters: readonly RedisServer[], buses: readonly number[]): Promise<void> {
  const [first, ...others] = masters;
  for (const [index, { host, port }] of others.entries()) {
    await first?.cli('CLUSTER', 'MEET', host, port, buses[index + 1] ?? 0);
  }
}

async function areSettled(masters: readonly RedisServer[]): Promise<boolean> {
  const running = masters.filter((master) => master.pid() !== undefined);
  const infos = await Promise.all(running.map(async (master) => String(await master.cli('CLUSTER', 'INFO'))));
  const signs = ['cluster_state:ok', `cluster_slots_ok:${SLOTS}`, `cluster_known_nodes:${MASTERS}`];
  return infos.every((info) => signs.every((sign) => info.includes(sign)));
}
